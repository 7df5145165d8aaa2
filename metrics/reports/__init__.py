"""Who gets which report when, and what was sent."""
