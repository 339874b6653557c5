"""Sheets: the same as CSV, for spreadsheets. No cell of one is taken for a formula.

A cell that a spreadsheet would compute begins with an apostrophe instead. Sheets are to be looked at: nothing is
restored from one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import StringIO
from typing import Final

from vault.base.personal import Personal
from vault.domain.entry import stamp

Cell = str | int | bool | datetime | date | Personal | None

MARK: Final = "\ufeff"
"""By which a spreadsheet knows UTF-8."""
_COMPUTED: Final = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")  # and as East Asian keyboards write them
_SKIPPED: Final = frozenset("\t\r\n")


def rows(cells: Iterable[Sequence[Cell]]) -> bytes:
    """Return rows of a sheet (RFC 4180)."""
    written = StringIO(newline="")
    csv.writer(written).writerows([_cell(cell) for cell in row] for row in cells)
    return written.getvalue().encode()


def titles(*words: str) -> bytes:
    """Return the first row of a sheet."""
    return MARK.encode() + rows([words])


def _cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case datetime():
            return stamp(cell)
        case Personal():
            return _harmless(cell.reveal())
        case _:
            return _harmless(str(cell))


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet computes, whatever blanks it begins with."""
    return f"'{text}" if text[:1] in _SKIPPED or text.lstrip()[:1] in _COMPUTED else text
