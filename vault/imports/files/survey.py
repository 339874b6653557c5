"""A file looked at before it is read: how it is written, how many records it has, and its digest.

Found out per file, stated, and overridable. What is read afterwards has to be the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Final

import msgspec

from vault.imports.files.packed import LARGEST, unpacked
from vault.imports.files.statuses import statuses
from vault.imports.files.table import Table, folded, numbers, table
from vault.imports.files.text import ENCODINGS, decoded, encoding
from vault.imports.files.when import SLASHED
from vault.imports.layout import Layout
from vault.imports.row import FileRefused, Shape

Opened = Callable[[], Iterable[bytes]]
"""Opens a file from its beginning."""

_MONTHS: Final = 12
_ENDS: Final = ("\r\n", "\n", "\r")


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """What is told about a file, instead of found out. `largest`: of how many bytes it may be, unpacked."""

    encoding: str | None = None
    separator: str | None = None
    day_first: bool | None = None
    largest: int = LARGEST


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out of a file. `size` and `digest` (SHA-256, in hex) are those of its bytes, unpacked.

    `day_first` tells what its dates with slashes begin with, none where that cannot be told; `forms_by` the header of
    the column that tells the form of its dates, if one does; `line_ends` those of its first line. `header` is as it is
    compared.
    """

    encoding: str
    separator: str
    quoted: bool
    line_ends: str
    size: int
    digest: str
    count: int
    day_first: bool | None
    forms_by: str | None
    header: tuple[str, ...] = ()
    shape: Shape = "table"


def survey(opened: Opened, *, layout: Layout, told: Overrides | None = None) -> Survey:
    """Read a file through once; `FileRefused` when it is not whole."""
    told = told or Overrides()
    if told.encoding is not None and told.encoding not in ENCODINGS:
        raise FileRefused("unknown_encoding", f"name one of {', '.join(ENCODINGS)}")
    name = told.encoding or encoding(unpacked(opened(), most=told.largest))
    bytes_ = Digested(unpacked(opened(), most=told.largest))
    texts = _Ends(decoded(bytes_, name))
    whole = shaped(texts, layout=layout, separator=told.separator)
    found = _Found(whole, layout)
    return Survey(
        encoding=name,
        separator=whole.separator,
        quoted=whole.quoted,
        line_ends=texts.ends,
        size=bytes_.size,
        digest=bytes_.digest,
        count=found.count,
        day_first=found.day_first if told.day_first is None else told.day_first,
        forms_by=layout.forms_by or found.forms_by,
        shape=layout.shape,
        header=whole.header,
    )


def shaped(texts: Iterable[str], *, layout: Layout, separator: str | None) -> Table:
    """Return the table of a text, whatever shape the file has."""
    match layout.shape:
        case "statuses":
            return statuses(texts)
        case "numbers":
            return numbers(texts)
        case _:
            return table(texts, separator=separator)


class Digested:
    """Bytes passing by, counted and digested."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts
        self._hash = sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            self._hash.update(part)
            self.size += len(part)
            yield part

    @property
    def digest(self) -> str:
        """The SHA-256 of what passed."""
        return self._hash.hexdigest()


class _Ends:
    """Text passing by, and how its first line ends."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = texts
        self.ends = ""

    def __iter__(self) -> Iterator[str]:
        for text in self._texts:
            if not self.ends:
                self.ends = min(filter(text.__contains__, _ENDS), key=text.index, default="")
            yield text


class _Found:
    """What the records of a table show."""

    def __init__(self, whole: Table, layout: Layout) -> None:
        self.count = 0
        self._first: set[bool] = set()
        self._forms: Counter[int] = Counter()
        dates = _dates(layout)
        places = [place for place, name in enumerate(whole.header) if name in dates and not layout.forms]
        for record in whole.records:
            self.count += 1
            if record.wrong is None:
                for place in places:
                    self._slashed(record.cells[place])
                if layout.forms:
                    self._forms.update(place for place, cell in enumerate(record.cells) if folded(cell) in layout.forms)
        best = self._forms.most_common(1)
        self.forms_by = whole.header[best[0][0]] if best else None

    @property
    def day_first(self) -> bool | None:
        """Whether dates with slashes begin with the day, where the file shows it without contradiction."""
        return next(iter(self._first)) if len(self._first) == 1 else None

    def _slashed(self, cell: str) -> None:
        found = SLASHED.fullmatch(cell)
        if found is not None:
            first, second = int(found[1]), int(found[2])
            if (first > _MONTHS) != (second > _MONTHS):
                self._first.add(first > _MONTHS)


def _dates(layout: Layout) -> set[str]:
    own = {one.at for one in layout.statements if one.at is not None}
    fields = (item for one in layout.statements for item in one.evidence.items())
    return own | {column for field, column in fields if field.endswith("_at")}
