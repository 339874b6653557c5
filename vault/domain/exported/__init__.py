"""Exports: the lines in which everything of an organization goes out, and comes back. Pure."""
