"""Rows that were put aside, as a file that is corrected and read again: in the shape its own file had, with the reason.

A table is written in UTF-8 with commas, each row begun by why it was put aside and its number; the reader knows no such
columns and passes them over. A cell that a spreadsheet would take for a formula gets an apostrophe before it, which is
taken away when it is read again. Nothing else is changed, and no cell is left out.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Final

import msgspec

from vault.imports.row import Shape

REASON: Final = "quarantine reason"
RECORD: Final = "quarantine record"

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_MADE_HARMLESS: Final = re.compile(r"'+[=+\-@\t\r]")


class PutAside(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was put aside, its cells as they stood in the file."""

    record: int
    reason: str
    cells: Sequence[str]


def written(rows: Iterable[PutAside], *, shape: Shape, header: Sequence[str]) -> Iterator[str]:
    """Yield the text of such a file, bit by bit. A list of numbers has no place for reasons."""
    if shape == "numbers":
        yield from (f"{' '.join(row.cells)}\r\n" for row in rows)
    elif shape == "statuses":
        yield '{"results": ['
        for place, row in enumerate(rows):
            told = dict(zip(header, row.cells, strict=False)) | {REASON: row.reason, RECORD: row.record}
            yield f"{',' * bool(place)}\n {json.dumps(told)}"
        yield "\n]}\n"
    else:
        yield _line([REASON, RECORD, *header])
        yield from (_line([row.reason, str(row.record), *row.cells]) for row in rows)


def is_quarantine(header: Sequence[str]) -> bool:
    """Whether a table with this header was written here."""
    return REASON in header and RECORD in header


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    """Return what a cell was before it was made harmless."""
    return cell[1:] if _MADE_HARMLESS.match(cell) else cell


def _line(cells: Iterable[str]) -> str:
    out = StringIO(newline="")
    csv.writer(out).writerow([harmless(cell) for cell in cells])
    return out.getvalue()
