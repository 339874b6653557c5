"""`consent-vault import`: files of other systems brought in, looked at first, corrected, and shown."""

from __future__ import annotations

from vault.cli.importing.command import add

__all__ = ["add"]
