"""Joining: how a yes that needs a message is asked for and confirmed, and how prompts are answered. Pure."""
