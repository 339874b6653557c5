"""The access log put in order, watched, and shown to those who check it."""
