"""A customer's own details: what they find, what they may change, which of their addresses are theirs."""
