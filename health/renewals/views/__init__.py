"""Pages of the renewals."""
