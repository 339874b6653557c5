"""Whose rows are whose, among rows loaded together.

Two rows are one person's when they have the same record id of the same source, or the same address and the same first
name. Names are compared without case, accents, spaces and punctuation. Nothing else joins: when in doubt, two people.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from vault.base.personal import Personal
from vault.imports.identity.joining import ADDRESS_AND_NAME
from vault.imports.layout import ADDRESS
from vault.imports.row import Row


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one person."""

    rows: tuple[Row, ...]

    @property
    def named(self) -> bool:
        """Whether a row tells the first name."""
        return any(row.name is not None for row in self.rows)

    @property
    def references(self) -> dict[tuple[str, str], Personal]:
        """What the person is found again by, each once."""
        return {key: value for row in self.rows for key, value in _references(row).items()}


def people(rows: Iterable[Row]) -> list[Person]:
    """Return the people of these rows, in the order of their first rows."""
    whose: dict[tuple[str, str], list[Row]] = {}
    groups: dict[int, list[Row]] = {}
    for row in rows:
        known = {id(group): group for key in _references(row) if (group := whose.get(key)) is not None}
        group = [one for joined in known for one in groups.pop(joined)]
        group.append(row)
        groups[id(group)] = group
        for one in group:
            whose.update(dict.fromkeys(_references(one), group))
    return sorted((Person(rows=tuple(sorted(group, key=_place))) for group in groups.values()), key=_first)


def _references(row: Row) -> dict[tuple[str, str], Personal]:
    found: dict[tuple[str, str], Personal] = {}
    if row.reference is not None:
        found[row.source, row.reference.reveal()] = row.reference
    address = row.point(ADDRESS)
    if address is not None and row.name is not None:
        own = f"{address.index.reveal()}\n{row.name}"
        found[ADDRESS_AND_NAME, own] = Personal(own)
    return found


def _first(person: Person) -> tuple[str, int]:
    return _place(person.rows[0])


def _place(row: Row) -> tuple[str, int]:
    return row.file, row.record
