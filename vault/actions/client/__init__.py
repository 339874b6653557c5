"""Clients: what they may, how they prove it, and the tokens they carry."""
