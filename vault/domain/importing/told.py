"""An import as it is told of: how its files were read, how far it is, and what became of their rows. Never a value.

Each row has one verdict. What says nothing that could be read (`reject`), and what may be about several people or about
nobody (`review`), is put aside: nothing of it counts until somebody corrects it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from vault.base.ids import ImportId

State = Literal["receiving", "queued", "staging", "joining", "settling", "done", "refused", "undoing", "undone"]
Verdict = Literal["new", "fills", "stricter", "same", "conflict", "review", "reject"]

VERDICTS: Final[tuple[Verdict, ...]] = ("new", "fills", "stricter", "same", "conflict", "review", "reject")
ASIDE: Final[frozenset[Verdict]] = frozenset({"review", "reject"})
"""What is kept for somebody to look at. Nothing of it counts."""
LONGEST_PATH: Final = 255
MOST_FILES: Final = 1_000


class NewImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files of other systems, and the instant they speak for: a no without a date was said by then.

    `dry` only says what would become of each row, writes nothing, and can be carried out afterwards.
    """

    exported_at: Annotated[datetime, Meta(tz=True)]
    dry: bool = False


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of a file have a verdict, for a reason if it has one."""

    number: int
    verdict: Verdict | None
    reason: str | None
    times: int


class CellCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many cells of a file's rows were set aside for a reason."""

    number: int
    reason: str
    times: int


class ImportRows(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows were `read`, and became what. Of those `quarantined`, and of cells set aside, for which reason."""

    read: int
    verdicts: Mapping[str, int]
    quarantined: int
    quarantined_by_reason: Mapping[str, int]
    cells_set_aside: Mapping[str, int]


class ImportFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a file was read, and what became of its rows. `code` says why it was refused as a whole.

    `dates` tells what dates with slashes begin with, where the file shows it. `path` is told to whoever gave it.
    """

    source: str
    pattern: str
    encoding: str
    separator: str
    digest: str
    rows: ImportRows
    path: str | None = None
    dates: Literal["day_first", "month_first"] | None = None
    code: str | None = None


class ImportProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows have their verdict, of how many."""

    settled: int
    of: int


class ImportTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An import. `customers` are those it made, or in a dry run would; `code` says why it was refused.

    `repeated`: all of it was done before, and nothing now. From `undone_at` on nothing counts that it brought, but its
    noes and stops unless they were undone too.
    """

    id: ImportId
    state: State
    dry: bool
    exported_at: datetime
    made_at: datetime
    customers: int
    progress: ImportProgress
    rows: ImportRows
    files: tuple[ImportFile, ...]
    ended_at: datetime | None = None
    code: str | None = None
    repeated: bool = False
    undone_at: datetime | None = None
    undone_with_noes: bool = False


class ImportFileReceived(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came whole: how many bytes, and their SHA-256 in hex, to be compared with what was sent."""

    size: int
    digest: str


class Imports(msgspec.Struct, frozen=True, kw_only=True):
    """A page of imports, the newest first."""

    imports: list[ImportTold]


class ImportRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a row: the number of its file, and of its record in it, from 1 after the header."""

    file: int
    record: int
    verdict: Verdict
    reason: str | None = None


class ImportRowsPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of rows, in their order. `next` is where to ask on, if there are more."""

    rows: list[ImportRow]
    next: int | None = None


def rows_told(
    read: int, verdicts: Mapping[str, int], *, reasons: Mapping[str, int], cells: Mapping[str, int]
) -> ImportRows:
    """Return what became of rows, of one file or of all, always in the same order."""
    return ImportRows(
        read=read,
        verdicts={verdict: verdicts[verdict] for verdict in VERDICTS if verdicts.get(verdict)},
        quarantined=sum(verdicts.get(verdict, 0) for verdict in ASIDE),
        quarantined_by_reason=dict(sorted(reasons.items())),
        cells_set_aside=dict(sorted(cells.items())),
    )
