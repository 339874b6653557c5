"""Leaving without signing in: links in messages, what a press on one does, and how to be sent one."""
