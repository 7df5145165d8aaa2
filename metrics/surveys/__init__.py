"""Surveys: NPS, CSAT, CES and hearing surveys, from the invitation to the result."""
