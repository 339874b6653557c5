"""`consent-vault policy`: policies checked, tested, explained, and replayed over the log."""

from __future__ import annotations

from vault.cli.policy.command import add

__all__ = ["add"]
