"""A customer reads their own record: what they said, with the words shown then, and who asked about them."""
