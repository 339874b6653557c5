"""Imports: what was given, how far it got, what became of each row."""
