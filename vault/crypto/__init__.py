"""Sealing, wrapping, blind tags, signing keys and their providers: bytes and keys, never what the bytes mean."""
