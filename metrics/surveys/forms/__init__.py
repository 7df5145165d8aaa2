"""What the pages that build a survey ask for."""
