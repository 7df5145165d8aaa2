"""How sure a figure is: intervals, differences and sample sizes. Pure functions, no database."""
