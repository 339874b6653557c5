"""What rows change about people and addresses, beside what the vault holds of them: planned, not yet written."""
