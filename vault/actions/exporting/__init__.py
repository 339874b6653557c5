"""Export and restore: everything of an organization goes out, and comes back where nothing is yet. Operators alone."""
