"""`consent-vault export`: everything of an organization, in files, and back from them."""

from __future__ import annotations

from vault.cli.exporting.command import add

__all__ = ["add"]
