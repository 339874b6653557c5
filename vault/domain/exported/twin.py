"""Twins: an export once more in sheets, a thing to a row, with what a person at a spreadsheet looks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from vault.domain.exported.line import FactLine, PersonLine
from vault.domain.exported.sheet import Cell, rows, titles
from vault.domain.receipt.told import Told

PERSONS: Final = "customers.csv"
POINTS: Final = "contact_points.csv"
REFERENCES: Final = "references.csv"
SAID: Final = "facts.csv"
RECORDS: Final = "consents.csv"

_ROW: Final = (
    "id", "registered_at", "locale", "time_zone", "country", "minor_until", "restricted_since", "paused_until",
)  # fmt: skip
_FACT: Final = (
    "id", "kind", "purpose", "channel", "at", "recorded_at", "source", "method", "client", "contact_point", "notice",
    "locale", "words", "until", "proven", "guardian", "dealing",
)  # fmt: skip
_TITLES: Final[Mapping[str, tuple[str, ...]]] = {
    POINTS: ("customer", "id", "kind", "value", "primary", "state", "verified_at", "recorded_at", "stopped_by"),
    REFERENCES: ("customer", "source", "id", "recorded_at"),
    SAID: ("customer", "about", *_FACT, "evidence"),
    RECORDS: (
        "customer", "fact", "what", "purpose", "over", "at", "recorded_at", "until", "counts", "notice", "published",
        "locale", "words", "method",
    ),
}  # fmt: skip


class Twin:
    """The sheets of one export. `fields` are the attributes that have a column, whether anybody has them or not."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = tuple(fields)

    def begun(self) -> Iterator[tuple[str, bytes]]:
        """Yield the first row of each sheet."""
        yield PERSONS, titles(*_ROW, *self._fields)
        for name, words in _TITLES.items():
            yield name, titles(*words)

    def person(self, person: PersonLine, said: Sequence[FactLine]) -> Iterator[tuple[str, bytes, int]]:
        """Yield the rows of a customer, and how many they are."""
        yield PERSONS, rows([self._row(person)]), 1
        for name, cells in (
            (POINTS, [*_points(person)]),
            (REFERENCES, [(person.id, one.source, one.value, one.recorded_at) for one in person.external]),
            (SAID, [*_said(person, said)]),
        ):
            if cells:
                yield name, rows(cells), len(cells)

    def _row(self, person: PersonLine) -> Sequence[Cell]:
        wished = person.preferences
        paused = None if wished is None else wished.wishes.paused_until
        plain = [getattr(person, name) for name in _ROW[:-1]]
        return (*plain, paused, *(person.attributes.get(name) for name in self._fields))


def record(told: Told) -> bytes:
    """Return the row of a consent record."""
    fact, notice = told.fact, told.said.notice
    last = next((one for one in told.events if one.said is not None and one.said.fact.id == fact.id), None)
    state = fact.kind if last is None else last.state
    until = None if last is None else last.until
    channels = " ".join(dict.fromkeys(channel for one in told.covered for channel in one.channels))
    published = None if notice is None else notice.published
    cells: Sequence[Cell] = (
        told.customer, fact.id, state, fact.purpose, channels, fact.at, fact.recorded_at, until, told.said.worth.why,
        fact.notice, published, fact.locale, fact.words, fact.method,
    )  # fmt: skip
    return rows([cells])


def _points(person: PersonLine) -> Iterator[Sequence[Cell]]:
    for one in person.contact_points:
        stops = " ".join(stop.kind for stop in one.stops)
        plain = (one.kind, one.value, one.primary, one.state, one.verified_at, one.recorded_at)
        yield person.id, one.id, *plain, stops


def _said(person: PersonLine, said: Sequence[FactLine]) -> Iterator[Sequence[Cell]]:
    for fact in said:
        yield person.id, "customer", *_fact(fact)
    for point in person.contact_points:
        yield from ((person.id, point.id, *_fact(fact)) for fact in point.said)


def _fact(fact: FactLine) -> Iterator[Cell]:
    yield from (getattr(fact, name) for name in _FACT)
    shown = {name: value.reveal() for name, value in fact.evidence.items()}
    yield msgspec.json.encode(shown).decode() if shown else None
