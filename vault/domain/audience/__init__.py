"""Audiences: many customers screened at once for a purpose and channel, in the background."""
