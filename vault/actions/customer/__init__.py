"""Customers: who they are, how they are reached, what they said, what stops, and how they are erased."""
