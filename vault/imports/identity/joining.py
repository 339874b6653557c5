"""By what a row can belong to others, and by what a person is found again.

Rows that share a join are not one person's for that; but rows that share none, not even from row to row, have nothing
to do with each other: whoever decides about rows needs those that are connected by joins, and no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from vault.base.personal import Personal
from vault.imports.layout import ADDRESS, NUMBER
from vault.imports.row import Row

JoinKind = Literal["reference", "address", "number"]

ADDRESS_AND_NAME: Final = "address_and_first_name"
NUMBER_AND_NAME: Final = "number_and_full_name"
"""Sources of the references by which a person without a record id is found again."""


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """Something that several rows can have: (source, id) of a record, an address, a number.

    Addresses and numbers are those they are compared by (`Spelled.index`).
    """

    kind: JoinKind
    parts: tuple[Personal, ...]


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer is found again by: the id of a record of a source, or an address or number with names."""

    source: str
    id: Personal


def joins(row: Row) -> tuple[Join, ...]:
    """Return by what a row belongs with others, each once.

    A list knows addresses and numbers and nobody's record; it makes nobody one, but what it says lies beside what it
    outweighs. A number makes nobody one without names either, but which names a contact point has another row says.
    """
    return tuple(dict.fromkeys(_joins(row)))


def _joins(row: Row) -> Iterator[Join]:
    if row.role != "list":
        yield from _records(row)
    for point in row.points:
        if point.kind == ADDRESS:
            yield Join(kind="address", parts=(point.index,))
        elif point.kind == NUMBER:
            yield Join(kind="number", parts=(point.index,))


def _records(row: Row) -> Iterator[Join]:
    source = Personal(row.source)
    for own in filter(None, (row.reference, row.about_point)):
        yield Join(kind="reference", parts=(source, own))
    for link in row.links:
        yield Join(kind="reference", parts=(Personal(link.source), link.id))
