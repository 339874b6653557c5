"""The record of a customer, pure: what each thing they said is worth today, and what was asked about them."""
