"""What the documents read, out of several apps."""
