"""A customer's own rows: what they typed and have not yet shown to be theirs, and where they are known from."""
