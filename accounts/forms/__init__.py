"""What pages accept. Forms read text; the rules are the actions'."""
