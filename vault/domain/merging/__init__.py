"""Merging: several customers that are one person."""
