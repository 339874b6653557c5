"""`consent-vault log`: the access log shown, taken home, followed, pruned, and begun anew."""

from __future__ import annotations

from vault.cli.log.command import add

__all__ = ["add"]
