"""What rows and known customers carry that can join them: ids of records, addresses and numbers with names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from vault.imports.identity.joining import ADDRESS_AND_NAME, NUMBER_AND_NAME
from vault.imports.identity.names import first_name, name
from vault.imports.identity.resolution import Known
from vault.imports.layout import ADDRESS, NUMBER
from vault.imports.row import Row

Key = tuple[str, str]
"""A source and the id of a record; or one of the sources of our own, and an address or number with names."""
Names = tuple[str | None, str | None]

_PARTS: Final[Mapping[str, int]] = {ADDRESS_AND_NAME: 2, NUMBER_AND_NAME: 3}
"""Of how many parts an id of our own is. A date of birth may follow, where that alone tells father and son apart."""


def own_record(row: Row) -> Key | None:
    """Return the record that a row of a person is."""
    return (row.source, row.reference.reveal()) if row.role == "person" and row.reference is not None else None


def addresses(row: Row) -> list[str]:
    """Return the addresses of a row."""
    return [point.index.reveal() for point in row.points if point.kind == ADDRESS]


def by_names(row: Row, names: Names) -> Iterator[Key]:
    """Yield a row's addresses and numbers with the names they stand under."""
    for point in row.points:
        key = _named(point.kind, point.index.reveal(), names=names)
        if key is not None:
            yield key


def with_date(key: Key, born: object) -> Key:
    """Return a key of our own that only who was born on this day has."""
    return key[0], f"{key[1]}\n{born}"


class Held:
    """A known customer as it is compared. What it is remembered by goes before what its points and names would make."""

    def __init__(self, parts: Sequence[Known]) -> None:
        self.customer = parts[0].customer
        born = {part.birth_date for part in parts if part.birth_date is not None}
        self.born = next(iter(born)) if len(born) == 1 else None
        references = [(one.source, one.id.reveal()) for part in parts for one in part.references]
        self.records = {key for key in references if key[0] not in _PARTS}
        self.remembered = {_compared(key) for key in references if key[0] in _PARTS}
        self.addresses = {index.reveal() for part in parts for kind, index in part.points if kind == ADDRESS}
        self.names = [_names(part) for part in parts]
        keys = [
            _named(kind, index.reveal(), names=names)
            for part, names in zip(parts, self.names, strict=True)
            for kind, index in part.points
        ]
        self.by_names = {key for key in keys if key is not None}
        self.first_names = {id_.split("\n")[1] for _, id_ in self.remembered}
        self.first_names.update(first for first, _ in self.names if first is not None)


def _names(known: Known) -> Names:
    first = None if known.first_name is None else first_name(known.first_name.reveal())
    return first, None if known.last_name is None else name(known.last_name.reveal())


def _named(kind: str, index: str, *, names: Names) -> Key | None:
    first, last = names
    if kind == ADDRESS and first is not None:
        return ADDRESS_AND_NAME, f"{index}\n{first}"
    if kind == NUMBER and first is not None and last is not None:
        return NUMBER_AND_NAME, f"{index}\n{first}\n{last}"
    return None


def _compared(key: Key) -> Key:
    source, id_ = key
    return source, "\n".join(id_.split("\n")[: _PARTS[source]])
