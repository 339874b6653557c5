"""Text to a table: the separator is found by the header, quoted line breaks stay in their cell.

Records count from 1 after the header; a line with nothing in any cell is none. A record that has not the header's
number of cells, repeats the header or holds bytes that are no text is marked, never mended.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Final

import msgspec

from vault.imports.row import FileRefused
from vault.imports.text import is_broken

_SEPARATORS: Final = (",", ";", "\t", "|")
_NAMED: Final = "sep="


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record. `wrong` is why it cannot be read."""

    number: int
    cells: tuple[str, ...]
    wrong: str | None = None


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A file's headers, as they are compared, and its records; an empty file has neither."""

    header: tuple[str, ...]
    records: tuple[Record, ...]


def table(text: str) -> Table:
    """Return the table; `FileRefused` when its quotes do not add up, or the header is no text."""
    first, _, rest = text.partition("\n")
    named = first.strip()
    if named.lower().startswith(_NAMED) and len(named) == len(_NAMED) + 1:
        lines = _lines(rest, named[-1])
    else:
        lines = _lines(text, _separator(text))
    header = tuple(map(folded, next(lines, ())))
    if any(is_broken(letter) for cell in header for letter in cell):
        raise FileRefused(
            "unreadable_bytes", "the header is not text: save the file as UTF-8, or as UTF-16 with its byte order mark"
        )
    records = (_record(number, cells, header=header) for number, cells in enumerate(lines, start=1))
    return Table(header=header, records=tuple(records))


def folded(text: str) -> str:
    """Return a header or word as it is compared: without case and surrounding spaces."""
    return text.strip().casefold()


def _separator(text: str) -> str:
    """Return the separator that makes the most cells of the header."""

    def cells(separator: str) -> int:
        return len(next(csv.reader(StringIO(text, newline=""), delimiter=separator), ()))

    try:
        return max(_SEPARATORS, key=cells)
    except csv.Error:
        raise _unquoted(0) from None


def _lines(text: str, separator: str) -> Iterator[list[str]]:
    """Yield the lines that say anything. Strict: a quote nobody closes would swallow the rest of the file."""
    count = 0
    try:
        for cells in csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True):
            if any(cell.strip() for cell in cells):
                yield cells
                count += 1
    except csv.Error:
        raise _unquoted(count) from None


def _record(number: int, cells: list[str], *, header: tuple[str, ...]) -> Record:
    wrong = None
    if any(is_broken(letter) for cell in cells for letter in cell):
        wrong = "unreadable_bytes"
    elif len(cells) != len(header):
        wrong = "wrong_column_count"
    elif tuple(map(folded, cells)) == header:
        wrong = "repeated_header"
    return Record(number=number, cells=tuple(cell.strip() for cell in cells), wrong=wrong)


def _unquoted(record: int) -> FileRefused:
    place = f"record {record}" if record else "the header"
    return FileRefused(
        "unreadable_quotes",
        f'{place} cannot be read: a quote " is not closed, or a cell is longer than 131,072 letters',
    )
