"""Merging over HTTP: two customers become one person, or two again."""
