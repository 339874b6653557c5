"""What a decision reads, and what it hands out."""
