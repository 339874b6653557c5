"""Audiences: asked for, screened in the background, read."""
