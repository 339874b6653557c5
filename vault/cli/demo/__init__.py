"""`consent-vault demo`: the vault at work on a sample company, from nothing to its answers."""

from __future__ import annotations

from vault.cli.demo.command import add

__all__ = ["add"]
