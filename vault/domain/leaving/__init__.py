"""Leaving: what a withdrawal link says, and what it stops. Pure."""
