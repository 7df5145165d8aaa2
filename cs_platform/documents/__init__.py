"""Documents that combine apps: the review sheet and the monthly report; no models."""
