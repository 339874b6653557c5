"""Settling a batch of rows: what is known of whom they are about, what comes to each, and carrying it out."""

from vault.actions.importing.settling.settling import declared, settle

__all__ = ["declared", "settle"]
