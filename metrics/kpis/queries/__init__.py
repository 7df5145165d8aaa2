"""Reads of stored figures: nothing is computed for a page."""
