"""Renewals: what is due, its steps, and the three forecasts."""
