"""Signing in: how long what lasts, what a code is, and who of several it is. No keys, no "now"."""
