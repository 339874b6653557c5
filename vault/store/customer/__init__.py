"""What is kept of a customer: sealed values, facts, stops, and their end."""
