"""Text to a table, as a stream: the separator is found by the header, quoted line breaks stay in their cell.

Records count from 1 after the header; a line with nothing in any cell is none. A record that has not the header's
number of cells, repeats the header or holds bytes that are no text is marked, never mended. No more than one record is
held, and none longer than `LONGEST_RECORD`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import chain
from typing import Final

import msgspec

from vault.imports.files.text import is_broken
from vault.imports.quarantine import is_quarantine, restored
from vault.imports.row import FileRefused

LONGEST_RECORD: Final = 1 << 20  # letters
MOST_COLUMNS: Final = 4096

_SEPARATORS: Final = (",", ";", "\t", "|")
_NAMED: Final = "sep="
_HEAD: Final = 1 << 16
_NUMBER_WIDTH: Final = 12
_NUMBER: Final = ("number",)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record. `wrong` is why it cannot be read."""

    number: int
    cells: tuple[str, ...]
    wrong: str | None = None


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A file's headers, as they are compared, and its records, to be read once; an empty file has neither.

    `separator` and `quoted` tell how the header is written.
    """

    header: tuple[str, ...]
    records: Iterator[Record]
    separator: str = ""
    quoted: bool = False


def table(texts: Iterable[str], *, separator: str | None = None) -> Table:
    """Return the table; `FileRefused`, here or while reading, when its quotes do not add up or a record has no end.

    `separator` overrides what the file seems to have.
    """
    rest = iter(texts)
    head, rest = _head(rest)
    first, _, after = head.partition("\n")
    named = first.strip()
    if named.lower().startswith(_NAMED) and len(named) == len(_NAMED) + 1:
        head, found = after, named[-1]
    else:
        found = _separator(head)
    found = separator or found
    lines = _records(chain((head,), rest), found)
    header = _header(next(lines, ()))
    if is_quarantine(header):
        header = tuple(map(restored, header))
        lines = ([restored(cell) for cell in cells] for cells in lines)
    records = (_record(number, cells, header=header) for number, cells in enumerate(lines, start=1))
    return Table(header=header, records=records, separator=found, quoted=head.lstrip().startswith('"'))


def numbers(texts: Iterable[str]) -> Table:
    """Return the table of a list of numbers, one a line, in fixed width and without a header."""
    lines = (line.strip() for line in _lines(iter(texts)))
    said = (line for line in lines if line)
    records = (Record(number=number, cells=(line,), wrong=_unfit(line)) for number, line in enumerate(said, start=1))
    return Table(header=_NUMBER, records=records)


def folded(text: str) -> str:
    """Return a header or word as it is compared: without case and surrounding spaces."""
    return text.strip().casefold()


def _unfit(line: str) -> str | None:
    if is_broken(line):
        return "unreadable_bytes"
    return "wrong_column_count" if len(line) > _NUMBER_WIDTH else None


def _head(texts: Iterator[str]) -> tuple[str, Iterator[str]]:
    """Return the beginning of a text, its header in it, and what follows."""
    parts: list[str] = []
    length = 0
    for text in texts:
        parts.append(text)
        length += len(text)
        if length >= _HEAD:
            break
    return "".join(parts), texts


def _separator(head: str) -> str:
    """Return the separator that makes the most cells of the header."""

    def cells(separator: str) -> int:
        return len(next(csv.reader(StringIO(head[:_HEAD], newline=""), delimiter=separator), ()))

    return max(_SEPARATORS, key=cells)


def _header(cells: Iterable[str]) -> tuple[str, ...]:
    header = tuple(map(folded, cells))
    if any(map(is_broken, header)):
        raise FileRefused(
            "unreadable_bytes", "the header is not text: save the file as UTF-8, or as UTF-16 with its byte order mark"
        )
    if len(header) > MOST_COLUMNS:
        raise FileRefused("too_many_columns", f"more than {MOST_COLUMNS} columns: export those that are read")
    return header


def _lines(texts: Iterator[str]) -> Iterator[str]:
    """Yield lines with their ends, of any kind; `FileRefused` where one does not end."""
    pending = ""
    for text in texts:
        whole = pending + text
        # An ending carriage return may be half of a line end.
        cut = max(whole.rfind("\n"), whole.rfind("\r", 0, -1)) + 1
        yield from StringIO(whole[:cut], newline="")
        pending = whole[cut:]
        if len(pending) > LONGEST_RECORD:
            raise _endless()
    yield from StringIO(pending, newline="")


class _Fed:
    """Lines on their way to the reader of cells, and how many letters they were since the last record."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.letters = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.letters += len(line)
            if self.letters > LONGEST_RECORD:
                raise _endless()
            yield line


def _records(texts: Iterable[str], separator: str) -> Iterator[list[str]]:
    """Yield the lines that say anything. Strict: a quote nobody closes would swallow the rest of the file."""
    count = 0
    fed = _Fed(_lines(iter(texts)))
    try:
        for cells in csv.reader(fed, delimiter=separator, strict=True):
            fed.letters = 0
            if any(cell.strip() for cell in cells):
                yield cells
                count += 1
    except csv.Error:
        raise _unquoted(count) from None


def _record(number: int, cells: list[str], *, header: tuple[str, ...]) -> Record:
    wrong = None
    if any(map(is_broken, cells)):
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


def _endless() -> FileRefused:
    return FileRefused("record_too_long", f"a record is longer than {LONGEST_RECORD:,} letters: is this a table?")
