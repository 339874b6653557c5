"""Consent receipts: what a customer takes home of a yes or a no, in the words of two published formats."""
