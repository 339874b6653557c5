"""`consent-vault client`: secrets of clients, and whether they may do anything at all."""

from __future__ import annotations

from vault.cli.client.command import add

__all__ = ["add"]
