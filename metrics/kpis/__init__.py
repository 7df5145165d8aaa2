"""Churn, retention, revenue and lifetime value from the contract ledger."""
