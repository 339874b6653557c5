"""What rows are joined by, as tags of the blind index: a row that was put aside is found by them at an erasure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from vault.base.personal import Personal
from vault.imports.files.table import Record
from vault.imports.files.text import is_broken
from vault.imports.identity.joining import joins
from vault.imports.layout import ADDRESS, NUMBER, REFERENCE
from vault.imports.reading import Reading
from vault.imports.row import Row
from vault.store.keys import REFERENCE as INDEX
from vault.store.keys import Safe

_FIELDS: Final = {"reference": INDEX, "address": ADDRESS, "number": NUMBER}


class Tags:
    """Tells the tags of the records of one file, which has these headers."""

    def __init__(self, safe: Safe, how: Reading, *, header: tuple[str, ...]) -> None:
        self._safe = safe
        self._how = how
        names = how.layout.columns.get(REFERENCE, ())
        self._own = frozenset(place for place, name in enumerate(header) if name in names)

    def of(self, row: Row) -> list[UUID]:
        """Return a tag for each thing that a row is joined by."""
        return [
            self._safe.index(_FIELDS[join.kind], *(part.reveal().encode() for part in join.parts))
            for join in joins(row)
        ]

    def unread(self, record: Record) -> list[UUID]:
        """Return by what somebody is found in a record that could not be read: each cell that is anybody's."""
        return list(dict.fromkeys(self._unread(record)))

    def _unread(self, record: Record) -> Iterator[UUID]:
        for place, cell in enumerate(record.cells):
            if is_broken(cell):
                continue
            if place in self._own and cell:
                yield self._safe.index(INDEX, self._how.layout.source.encode(), cell.encode())
            for kind in _kinds(cell):
                if (point := self._how.spell(kind, Personal(cell), country=self._how.layout.region)) is not None:
                    yield self._safe.index(kind, point.index.reveal().encode())


def _kinds(cell: str) -> tuple[str, ...]:
    if "@" in cell:
        return (ADDRESS,)
    return (NUMBER,) if any(map(str.isdigit, cell)) else ()
