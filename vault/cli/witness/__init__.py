"""`consent-vault witness`: its command and its application."""

from __future__ import annotations

from vault.cli.witness.command import add

__all__ = ["add"]
