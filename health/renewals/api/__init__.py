"""Renewals for other systems."""
