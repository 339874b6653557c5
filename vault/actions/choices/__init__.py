"""Choices: what a customer says of themselves on our pages, in person."""
