"""Answers of HubSpot's status endpoint, as a table: one record for each subscription of each address.

JSON has to be read to its end before any of it is known to be whole: it is held, and no more than `LONGEST`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from vault.imports.files.table import Record, Table
from vault.imports.files.text import is_broken
from vault.imports.row import FileRefused

LONGEST: Final = 1 << 26  # letters
COLUMNS: Final = (
    "subscriberidstring", "subscriptionname", "channel", "status", "timestamp", "legalbasisexplanation",
    "legalbasis",
)  # fmt: skip


class _Answer(msgspec.Struct, frozen=True):
    results: list[dict[str, Any]]


def statuses(texts: Iterable[str]) -> Table:
    """Return the answers; `FileRefused` when it is no such answer."""
    parts: list[str] = []
    length = 0
    for text in texts:
        parts.append(text)
        length += len(text)
        if length > LONGEST:
            raise FileRefused("file_too_large", "an answer in JSON of this size: ask for fewer contacts at a time")
    if not length:
        return Table(header=(), records=iter(()))
    try:
        answer = msgspec.json.decode("".join(parts), type=_Answer)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise FileRefused("unreadable_json", "this is no answer with a list of results") from None
    return Table(header=COLUMNS, records=_records(answer.results))


def _records(results: list[dict[str, Any]]) -> Iterator[Record]:
    for number, result in enumerate(results, start=1):
        values = {key.casefold(): value for key, value in result.items()}
        found = [values.get(column) for column in COLUMNS]
        cells = tuple("" if value is None else str(value).strip() for value in found)
        wrong = None
        if any(map(is_broken, cells)):
            wrong = "unreadable_bytes"
        elif any(not isinstance(value, str | None) for value in found):
            wrong = "unreadable_value"
        yield Record(number=number, cells=cells, wrong=wrong)
