"""What rows are joined by, as tags of the blind index: a row that was put aside is found by them at an erasure."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from vault.imports.identity.joining import joins
from vault.imports.layout import ADDRESS, NUMBER
from vault.imports.row import Row
from vault.store.keys import REFERENCE, Safe

_FIELDS: Final = {"reference": REFERENCE, "address": ADDRESS, "number": NUMBER}


class Tags:
    """Tells the tags of a row."""

    def __init__(self, safe: Safe) -> None:
        self._safe = safe

    def __call__(self, row: Row) -> list[UUID]:
        """Return a tag for each thing the row is joined by."""
        return [
            self._safe.index(_FIELDS[join.kind], *(part.reveal().encode() for part in join.parts))
            for join in joins(row)
        ]
