"""A customer identity and consent vault: without the yes, the address does not leave."""
