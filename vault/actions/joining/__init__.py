"""Joining: a yes that begins with a message and counts once it is confirmed, and prompts that others show for us."""
