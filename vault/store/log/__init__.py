"""The access log: its intake, which every action writes to, and the order that the sequencer gives it."""

from __future__ import annotations

from vault.store.log.intake import Entry, add, adding, count, read

__all__ = ["Entry", "add", "adding", "count", "read"]
