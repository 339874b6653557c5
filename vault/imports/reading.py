"""A file to rows, by its layout: every row is read or put aside with a reason, and the two add up to all of them.

Rows come as a stream, one at a time. A no counts even when its date cannot be read: it is then dated at the export. A
yes has to be complete. No value leaves but as `Personal`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from vault.imports.files.packed import unpacked
from vault.imports.files.survey import Digested, Opened, Overrides, Survey, shaped, survey
from vault.imports.files.table import Record
from vault.imports.files.text import decoded
from vault.imports.layout import ADDRESS, NUMBER, REFERENCE, Layout
from vault.imports.person import PersonRow
from vault.imports.record import Columns, Reading, Spell, Wrong
from vault.imports.row import Aside, FileRefused, Read, Row
from vault.imports.salesforce import consent
from vault.imports.salesforce.objects import links_of

__all__ = ["Reading", "Spell", "read", "rows"]

_SEVERAL: Final = frozenset({NUMBER, "fax_number", "postal_address"})
"""Of these a row may have several columns; of anything else, nobody could tell which of them is right."""


def read(file: str, data: bytes, *, how: Reading, told: Overrides | None = None) -> Read:
    """Return what a file that is held says; `FileRefused` when it cannot be read as a whole. `file` is its name."""

    def opened() -> Iterable[bytes]:
        return (data,)

    found = list(rows(file, opened, how=how, found=survey(opened, layout=how.layout, told=told)))
    said = tuple(one for one in found if isinstance(one, Row))
    return Read(
        count=len(found),
        rows=said,
        aside=tuple(one for one in found if isinstance(one, Aside)),
        cells=tuple(cell for row in said for cell in row.cells),
    )


def rows(file: str, opened: Opened, *, how: Reading, found: Survey) -> Iterator[Row | Aside]:
    """Yield each row of a file, read or put aside, in their order; `FileRefused` when it cannot be read as a whole.

    The refusal may come after rows, when the file is no longer the one that was looked at: nothing of it counts then.
    """
    for _, row in records(file, opened, how=how, found=found):
        yield row


def records(
    file: str, opened: Opened, *, how: Reading, found: Survey, wanted: Callable[[int], bool] | None = None
) -> Iterator[tuple[Record, Row | Aside]]:
    """Yield each record of a file that is `wanted` by its number, and what it was read as; all if nothing is said."""
    bytes_ = Digested(unpacked(opened()))
    texts = decoded(bytes_, found.encoding)
    whole = shaped(texts, layout=how.layout, separator=found.separator or None)
    if whole.header:
        columns = columns_of(whole.header, how.layout, found=found)
        for record in whole.records:
            if wanted is None or wanted(record.number):
                yield record, _row(record, columns, file=file, how=how)
    if bytes_.digest != found.digest:
        raise FileRefused("file_changed", "the file changed while it was read: import it again when nobody writes it")


def _row(record: Record, columns: Columns, *, file: str, how: Reading) -> Row | Aside:
    if record.wrong is not None:
        return Aside(record=record.number, reason=record.wrong)
    try:
        return PersonRow(record, columns, how=how).read(file)
    except Wrong as wrong:
        return Aside(record=record.number, reason=wrong.reason)


def fitting(header: tuple[str, ...], layouts: Mapping[tuple[str, str], Layout]) -> list[tuple[str, str]]:
    """Return the sources and patterns that a table with this header can be: those that know most of it.

    More than one is more than can be told apart: of the lists one system writes, some are of those who left.
    """
    fit = {key: _fit(header, layout) for key, layout in layouts.items()}
    most = max(fit.values(), default=0)
    return [key for key, known in fit.items() if known == most > 0]


def _fit(header: tuple[str, ...], layout: Layout) -> int:
    """Return how many things of a person are in the header; nothing where a column that is needed is not."""
    if layout.shape != "table" or layout.object is not None:
        return 0
    if any(header.count(name) != 1 for name in _required(layout)):
        return 0
    return sum(not {*header}.isdisjoint(names) for names in layout.columns.values())


def columns_of(header: tuple[str, ...], layout: Layout, *, found: Survey) -> Columns:
    """Return where each thing stands. What tells who it is and what was said must be there, and once."""
    known: dict[str, tuple[int, ...]] = {}
    for key, names in layout.columns.items():
        places = tuple(header.index(name) for name in names if name in header)
        if (len(places) > 1 and key not in _SEVERAL) or any(header.count(name) > 1 for name in names):
            raise FileRefused("ambiguous_column", f"several columns are {key}: leave one of them in the file")
        if places:
            known[key] = places
    if not {ADDRESS, REFERENCE, layout.known_by} & known.keys():
        raise FileRefused("missing_column", _missing(layout))
    named: dict[str, int] = {}
    for name in _required(layout):
        if header.count(name) != 1:
            raise FileRefused("missing_column", f"there must be one column {name}, and there is none or several")
        named[name] = header.index(name)
    for name in _wanted(layout):
        if header.count(name) == 1:
            named[name] = header.index(name)
    by = found.forms_by
    if layout.forms and by is None and found.count:
        raise FileRefused("missing_column", "no column tells the form of the dates: name it, as dates: {by: …}")
    return Columns(
        known=known,
        named=named,
        forms_by=header.index(by) if by in header else None,
        day_first=found.day_first,
    )


def _missing(layout: Layout) -> str:
    key = layout.known_by if layout.known_by in layout.columns else REFERENCE
    names = " or ".join(layout.columns.get(key or REFERENCE, (REFERENCE,)))
    return f"no column tells who a row is about: name one {names}, or list its header in the organization file"


def _required(layout: Layout) -> Iterator[str]:
    for statement in layout.statements:
        yield from statement.columns
    for column, _, _ in layout.only:
        yield column
    if layout.dealings is not None:
        yield from (layout.dealings.word, layout.dealings.at)
        if layout.dealings.refusal_offered is not None:
            yield layout.dealings.refusal_offered
    if layout.same_as is not None:
        yield layout.same_as.column
    if layout.consent is not None:
        yield from consent.REQUIRED


def _wanted(layout: Layout) -> tuple[str, ...]:
    if layout.consent is not None:
        return consent.COLUMNS
    return () if layout.object is None else links_of(layout.object)
