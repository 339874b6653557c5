"""Imports over HTTP: files brought in, what became of their rows, and how all of it is taken back."""
