"""The record of a customer, as they read it: who asked about them, and what they said."""
