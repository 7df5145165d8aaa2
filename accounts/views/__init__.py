"""Pages that write accounts, contracts and settings."""
