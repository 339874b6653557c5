"""Rows to people, by the rules of references, addresses with first names, and numbers with full names."""

from __future__ import annotations

from collections.abc import Sequence

from vault.imports.identity.resolution import Known, Resolution
from vault.imports.row import Row


def resolve(rows: Sequence[Row], known: Sequence[Known] = ()) -> Resolution:
    """Return who is who among rows that are connected by joins, or among all: the order of rows changes nothing."""
    raise NotImplementedError
