"""Speaking to a vault. Written once, awaiting; `python -m consent_vault._generate` writes the other half from it."""
