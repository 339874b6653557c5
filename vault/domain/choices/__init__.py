"""Choices: what a customer finds on the page of what they allow, and what may be said there. Pure."""
