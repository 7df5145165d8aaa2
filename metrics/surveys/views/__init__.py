"""Pages of the surveys: built and watched by members, answered by customers."""
