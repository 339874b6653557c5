"""What comes out of a foreign file: rows that could be read, rows put aside, and cells set aside.

Personal values travel as `Personal`; what names a row outside is the record number, which counts from 1 after the
header.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from vault.base.errors import Invalid
from vault.base.personal import Personal

Verdict = Literal["granted", "refused", "withdrawn"]


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
    """One thing a row says for one purpose and channel. `at` is aware; a date that is missing is that of the export."""

    verdict: Verdict
    purpose: str
    channel: str
    at: datetime
    evidence: Mapping[str, Personal] = {}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row that could be read: whom it is about, what it tells of them, what it says for them.

    `name` is the first name as it is compared, none where the row has no first name.
    """

    source: str
    file: str
    record: int
    points: tuple[Spelled, ...]
    attributes: Mapping[str, Personal]
    said: tuple[Saying, ...]
    reference: Personal | None = None
    name: str | None = None

    def point(self, kind: str) -> Spelled | None:
        """Return the row's contact point of a kind."""
        return next((point for point in self.points if point.kind == kind), None)


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was read. `count` rows in all: those of `rows`, and those put aside."""

    count: int
    rows: tuple[Row, ...]
    aside: tuple[Aside, ...]
    cells: tuple[Aside, ...]
