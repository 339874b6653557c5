"""Imports: files of other systems brought in, and what became of each row."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from consent_vault.answers import Instant


class ImportRows(Struct, frozen=True, kw_only=True):
    """How many rows were `read`, and became what. Of those `quarantined`, and of cells set aside, for which reason."""

    read: int
    verdicts: Mapping[str, int]
    quarantined: int
    quarantined_by_reason: Mapping[str, int]
    cells_set_aside: Mapping[str, int]


class ImportFile(Struct, frozen=True, kw_only=True):
    """How a file was read, and what became of its rows. `path` is told to whoever sent it."""

    source: str
    pattern: str
    encoding: str
    separator: str
    digest: str
    rows: ImportRows
    path: str | None = None
    dates: str | None = None
    code: str | None = None


class ImportProgress(Struct, frozen=True, kw_only=True):
    """How many rows have their verdict, of how many."""

    settled: int
    of: int


class Import(Struct, frozen=True, kw_only=True):
    """How far an import is, and what became of its rows. `code` says why it was refused."""

    id: str
    state: str
    dry: bool
    exported_at: Instant
    made_at: Instant
    customers: int
    progress: ImportProgress
    rows: ImportRows
    files: tuple[ImportFile, ...]
    ended_at: Instant | None = None
    code: str | None = None
    repeated: bool = False
    undone_at: Instant | None = None
    undone_with_noes: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing of it is under way."""
        return self.state in {"done", "refused", "undone"}


class ImportUndone(Struct, frozen=True, kw_only=True):
    """What undoing an import takes back, or with `dry` would: how much of what it brought counts no more.

    Noes and suppressions stay, unless `with_noes`. `customers` are those it made about whom nobody else said anything;
    `left` of them are still to be erased. `stay` are those about whom somebody did.
    """

    id: str
    dry: bool
    with_noes: bool
    yeses: int
    noes: int
    suppressions: int
    attributes: int
    contact_points: int
    references: int
    customers: int
    stay: int
    left: int = 0
    undone_at: Instant | None = None


class ImportSent(Struct, frozen=True, kw_only=True):
    """A file that came whole: how many bytes, and their SHA-256 in hex."""

    size: int
    digest: str


class ImportPage(Struct, frozen=True, kw_only=True):
    """A page of imports."""

    imports: tuple[Import, ...]


class ImportRow(Struct, frozen=True, kw_only=True):
    """What became of a row: its file among `files`, counted from 0, and its record, from 1 after the header."""

    file: int
    record: int
    verdict: str
    reason: str | None = None


class ImportRowsPage(Struct, frozen=True, kw_only=True):
    """A page of rows. `next` is where to ask on, if there are more."""

    rows: tuple[ImportRow, ...]
    next: int | None = None
