"""Imports under way: opened, staged, joined, settled, told; every step can be killed and goes on where it was."""
