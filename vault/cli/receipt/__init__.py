"""`consent-vault receipt`: consent receipts checked, by field and by signature, without a vault."""

from __future__ import annotations

from vault.cli.receipt.command import add

__all__ = ["add"]
