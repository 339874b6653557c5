"""What comes out of a foreign file: rows that could be read, rows put aside, and cells set aside.

Personal values travel as `Personal`; what names a row outside is the record number, which counts from 1 after the
header.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

import msgspec

from vault.base.errors import Invalid
from vault.base.personal import Personal

Verdict = Literal["granted", "refused", "withdrawn", "objected"]
DealingKind = Literal["purchased", "inquired"]
Shape = Literal["table", "statuses", "numbers"]
Role = Literal["person", "point", "consent", "list"]
"""What a row is about: a person (a customer comes of it); a contact point or a word of a person that another row is;
an address or number of whoever has it."""


class FileRefused(Invalid):
    """A file that cannot be read as a whole: nothing of it is applied. The detail quotes nothing of the file."""


class Aside(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was not applied, or a cell of a row that was: which record, and why."""

    record: int
    reason: str


class Spelled(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point that could be read. `index` is what it is compared by."""

    kind: str
    value: Personal
    index: Personal


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a row says for one purpose and channel. `at` is aware; a date that is missing is that of the export.

    `until` is the row's own end of a yes.
    """

    verdict: Verdict
    purpose: str
    channel: str
    at: datetime
    evidence: Mapping[str, Personal] = {}
    until: datetime | None = None


class Suppressing(msgspec.Struct, frozen=True, kw_only=True):
    """A hard stop on a contact point of the row."""

    kind: str
    point: Spelled
    at: datetime


class Dealing(msgspec.Struct, frozen=True, kw_only=True):
    """The person bought or inquired. `refusal_offered`: they could have refused offers then and there."""

    kind: DealingKind
    at: datetime
    refusal_offered: bool


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The row is the same person's as a record of a source. `unless_named`: but not where first names differ."""

    source: str
    id: Personal
    unless_named: bool = False


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row that could be read: whom it is about, what it tells of them, what it says for them.

    `name` and `last_name` are the names as they are compared, none where the row has none. `about_point` is the record
    of the one contact point that it speaks of. `restricted` and `requests` are what the person asked of the company
    that wrote the file. `cells` are those that were set aside.
    """

    source: str
    file: str
    record: int
    points: tuple[Spelled, ...]
    attributes: Mapping[str, Personal]
    said: tuple[Saying, ...]
    reference: Personal | None = None
    about_point: Personal | None = None
    name: str | None = None
    last_name: str | None = None
    birth_date: date | None = None
    role: Role = "person"
    links: tuple[Link, ...] = ()
    suppressed: tuple[Suppressing, ...] = ()
    dealings: tuple[Dealing, ...] = ()
    restricted: bool = False
    requests: tuple[str, ...] = ()
    cells: tuple[Aside, ...] = ()

    def point(self, kind: str) -> Spelled | None:
        """Return the row's first contact point of a kind."""
        return next((point for point in self.points if point.kind == kind), None)


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was read. `count` rows in all: those of `rows`, and those put aside."""

    count: int
    rows: tuple[Row, ...]
    aside: tuple[Aside, ...]
    cells: tuple[Aside, ...]
