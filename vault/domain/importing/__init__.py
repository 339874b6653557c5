"""Imports as they are told of: how far each is, and what became of its rows. Never a value."""
