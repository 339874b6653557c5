"""Joining over HTTP."""
