"""Policies as texts: what others would have answered, before they are put in force."""
