"""One record being read: its cells by header, its dates, and what has to be set aside.

A no counts even when its date cannot be read: it is then dated at the export. A yes has to be complete.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from vault.base.personal import Personal
from vault.imports.files.table import Record, folded
from vault.imports.files.when import Form, instant, unix
from vault.imports.layout import Layout
from vault.imports.row import Aside, Spelled
from vault.imports.salesforce.catalogue import Catalogue
from vault.imports.statement import Vocabulary


class Spell(Protocol):
    """Reads contact points."""

    def __call__(self, kind: str, text: Personal, *, country: str | None) -> Spelled | None:
        """Return a contact point of a kind, in a country if the row tells one; none when it cannot be read."""
        ...


def _no_words(_: Personal) -> bool:
    return False


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How to read, and the instant the file speaks for.

    `stops` tells whether a message is a stop; `catalogue` what the ids of other files stand for, where they were
    gathered.
    """

    layout: Layout
    vocabulary: Vocabulary
    spell: Spell
    exported_at: datetime
    stops: Callable[[Personal], bool] = _no_words
    catalogue: Catalogue | None = None


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Where things stand in a record: what is known of a person, by key, and what statements name, by header.

    `forms_by` is the place of what tells the form of dates, `day_first` what dates with slashes begin with.
    """

    known: Mapping[str, tuple[int, ...]]
    named: Mapping[str, int]
    forms_by: int | None = None
    day_first: bool | None = None


class Wrong(Exception):
    """A row that has to be put aside."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Cells:
    """The cells of one record."""

    def __init__(self, record: Record, columns: Columns, *, how: Reading) -> None:
        self.number = record.number
        self.aside: list[Aside] = []
        self._cells = record.cells
        self._columns = columns
        self._how = how

    def known(self, key: str) -> str:
        """Return what the record tells of the person; nothing where no column does."""
        return next(iter(self.all_known(key)), "")

    def all_known(self, key: str) -> list[str]:
        """Return the cells of every column of a thing."""
        return [self._cells[place] for place in self._columns.known.get(key, ())]

    def named(self, column: str) -> str:
        """Return the cell under a header; nothing where there is none."""
        place = self._columns.named.get(column)
        return "" if place is None else self._cells[place]

    def set_aside(self, reason: str) -> None:
        """Note a cell that the row can do without."""
        self.aside.append(Aside(record=self.number, reason=reason))

    def date(self, column: str | None) -> datetime | None:
        """Return the date of a column, none for an empty cell; `Wrong` when nobody can have meant it."""
        at = self.instant(column)
        if at is not None and at > self._how.exported_at:
            raise Wrong("date_in_future")
        return at

    def instant(self, column: str | None) -> datetime | None:
        """Return the instant of a column, which may lie ahead; none for an empty cell."""
        text = "" if column is None else self.named(column)
        if not text:
            return None
        layout = self._how.layout
        if layout.unix:
            at = unix(text)
        elif layout.forms:
            form = self._form()
            at = None if form is None else form.instant(text)
        else:
            at = instant(text, layout.zone, day_first=self._columns.day_first)
        if at is None:
            raise Wrong("unreadable_date")
        return at

    def no_at(self, column: str | None, wrong: set[str]) -> datetime:
        """Return when a no was said, the export where nobody can tell; the reason is added to `wrong`."""
        try:
            at = self.date(column)
        except Wrong as unreadable:
            wrong.add(unreadable.reason)
            at = None
        return at or self._how.exported_at

    def _form(self) -> Form | None:
        place = self._columns.forms_by
        return None if place is None else self._how.layout.forms.get(folded(self._cells[place]))
