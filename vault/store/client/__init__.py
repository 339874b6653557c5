"""What is kept of clients and their tokens."""
