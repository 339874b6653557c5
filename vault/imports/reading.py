"""A file to rows, by its layout: every row is read or put aside with a reason, and the two add up to all of them.

A no counts even when its date cannot be read: it is then dated at the export. A yes has to be complete. No value
leaves but as `Personal`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from vault.base.personal import Personal
from vault.imports.layout import ADDRESS, COUNTRY, FIRST_NAME, REFERENCE, Layout, Statement, Vocabulary
from vault.imports.people import first_name
from vault.imports.row import Aside, FileRefused, Read, Row, Saying, Spelled, Verdict
from vault.imports.table import Record, folded, table
from vault.imports.text import decode
from vault.imports.when import instant


class Spell(Protocol):
    """Reads contact points."""

    def __call__(self, kind: str, text: Personal, *, country: str | None) -> Spelled | None:
        """Return a contact point of a kind, in a country if the row tells one; none when it cannot be read."""
        ...


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How to read, and the instant the file speaks for."""

    layout: Layout
    vocabulary: Vocabulary
    spell: Spell
    exported_at: datetime


def read(file: str, data: bytes, *, how: Reading) -> Read:
    """Return what a file says; `FileRefused` when it cannot be read as a whole. `file` is its name."""
    whole = table(decode(data))
    if not whole.header:
        return Read(count=0, rows=(), aside=(), cells=())
    columns = _columns(whole.header, how.layout)
    found = [_Row(file, record, columns=columns, how=how) for record in whole.records]
    return Read(
        count=len(found),
        rows=tuple(one.row for one in found if one.row is not None),
        aside=tuple(Aside(record=one.record, reason=one.wrong) for one in found if one.wrong is not None),
        cells=tuple(cell for one in found if one.wrong is None for cell in one.cells),
    )


class _Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Where things stand in a record: what is known of a person, by key, and what statements name, by header."""

    known: Mapping[str, int]
    named: Mapping[str, int]


def _columns(header: tuple[str, ...], layout: Layout) -> _Columns:
    """Return where each thing stands. What tells who it is and what was said must be there, and once."""
    known: dict[str, int] = {}
    for key, names in layout.columns.items():
        found = [place for place, name in enumerate(header) if name in names]
        if len(found) > 1:
            raise FileRefused("ambiguous_column", f"several columns are {key}: leave one of them in the file")
        if found:
            known[key] = found[0]
    if ADDRESS not in known and REFERENCE not in known:
        raise FileRefused("missing_column", _missing(layout, ADDRESS if ADDRESS in layout.columns else REFERENCE))
    named: dict[str, int] = {}
    for name in _named(layout.statements):
        if header.count(name) != 1:
            raise FileRefused("missing_column", f"there must be one column {name}, and there is none or several")
        named[name] = header.index(name)
    return _Columns(known=known, named=named)


def _missing(layout: Layout, key: str) -> str:
    names = " or ".join(layout.columns.get(key, (key,)))
    return f"no column tells who a row is about: name one {names}, or list its header in the organization file"


def _named(statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        yield from (name for name in (statement.word, statement.at, *statement.evidence.values()) if name is not None)


class _Wrong(Exception):
    """A row that has to be put aside."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Row:
    """One record being read: `row` when it could be, else `wrong` says why not."""

    def __init__(self, file: str, record: Record, *, columns: _Columns, how: Reading) -> None:
        self.record = record.number
        self.cells: list[Aside] = []
        self.row: Row | None = None
        self.wrong = record.wrong
        self._columns = columns
        self._record = record
        self._how = how
        if self.wrong is None:
            try:
                self.row = self._read(file)
            except _Wrong as wrong:
                self.wrong = wrong.reason

    def _read(self, file: str) -> Row:
        attributes = self._attributes()
        country = attributes.get(COUNTRY)
        points = tuple(self._points(None if country is None else country.reveal()))
        reference = self._known(REFERENCE)
        if not reference and all(point.kind != ADDRESS for point in points):
            raise _Wrong("no_identifier")
        declared = self._how.vocabulary.attributes
        return Row(
            source=self._how.layout.source,
            file=file,
            record=self.record,
            points=points,
            attributes={key: value for key, value in attributes.items() if key in declared},
            said=tuple(self._said()),
            reference=Personal(reference) if reference else None,
            name=first_name(self._known(FIRST_NAME)),
        )

    def _known(self, key: str) -> str:
        """Return what the record tells of the person; nothing where no column does."""
        place = self._columns.known.get(key)
        return "" if place is None else self._record.cells[place]

    def _named(self, column: str) -> str:
        return self._record.cells[self._columns.named[column]]

    def _set_aside(self, reason: str) -> None:
        self.cells.append(Aside(record=self.record, reason=reason))

    def _attributes(self) -> dict[str, Personal]:
        found: dict[str, Personal] = {}
        for key in self._how.layout.columns:
            text = self._known(key)
            if not text or key == REFERENCE or key in self._how.vocabulary.kinds:
                continue
            if key == COUNTRY:
                code = self._country(text)
                if code is None:
                    self._set_aside("unknown_country")
                    continue
                text = code
            found[key] = Personal(text)
        return found

    def _country(self, text: str) -> str | None:
        word = folded(text)
        return next((code for code, words in self._how.vocabulary.countries.items() if word in words), None)

    def _points(self, country: str | None) -> Iterator[Spelled]:
        for key in self._how.layout.columns:
            text = self._known(key)
            if not text or key not in self._how.vocabulary.kinds:
                continue
            point = self._how.spell(key, Personal(text), country=country)
            if point is not None:
                yield point
            elif key == ADDRESS:
                raise _Wrong(f"unreadable_{key}")
            else:
                self._set_aside(f"unreadable_{key}")

    def _said(self) -> Iterator[Saying]:
        wrong_dates: set[str] = set()
        for statement in self._how.layout.statements:
            verdict = self._verdict(statement)
            if verdict is None:
                continue
            at = self._yes_at(statement) if verdict == "granted" else self._no_at(statement, wrong_dates)
            evidence = dict(self._evidence(statement)) if verdict == "granted" else {}
            for purpose in statement.purposes:
                for channel in statement.channels:
                    yield Saying(verdict=verdict, purpose=purpose, channel=channel, at=at, evidence=evidence)
        for reason in sorted(wrong_dates):
            self._set_aside(reason)

    def _verdict(self, statement: Statement) -> Verdict | None:
        if statement.word is None:
            return statement.verdict
        word = folded(self._named(statement.word))
        if not word:
            return None
        if word in self._how.vocabulary.granted:
            return "granted"
        if word in self._how.vocabulary.withdrawn:
            return "refused"
        raise _Wrong("unreadable_value")

    def _yes_at(self, statement: Statement) -> datetime:
        at = self._date(statement.at)
        return self._how.exported_at if at is None else at

    def _no_at(self, statement: Statement, wrong: set[str]) -> datetime:
        try:
            at = self._date(statement.at)
        except _Wrong as unreadable:
            wrong.add(unreadable.reason)
            at = None
        return self._how.exported_at if at is None else at

    def _evidence(self, statement: Statement) -> Iterator[tuple[str, Personal]]:
        for field, column in statement.evidence.items():
            text = self._named(column)
            if field.endswith("_at"):
                at = self._date(column)
                text = "" if at is None else at.isoformat()
            if text:
                yield field, Personal(text)

    def _date(self, column: str | None) -> datetime | None:
        text = "" if column is None else self._named(column)
        if not text:
            return None
        at = instant(text, self._how.layout.zone)
        if at is None:
            raise _Wrong("unreadable_date")
        if at > self._how.exported_at:
            raise _Wrong("date_in_future")
        return at
