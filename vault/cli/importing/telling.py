"""What became of an import, in lines for people and in one document for machines. Never a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from vault.domain.importing.told import ImportFile, ImportTold

MEANS: Final[Mapping[str, str]] = {
    "new": "somebody the vault did not know",
    "fills": "something the vault did not know of somebody",
    "stricter": "a no or a stop, taken in",
    "same": "nothing new",
    "conflict": "a yes that a no outweighs, or another value: what was held stays",
    "review": "who it is about cannot be told: put aside",
    "reject": "cannot be read: put aside",
}
_SEPARATORS: Final = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar", "": "none"}


def recognised(files: Sequence[ImportFile]) -> list[str]:
    """Return how each file is read, before anything is."""
    return ["", *(f"{file.path}: {', '.join(_how(file))}" for file in files), ""]


def ended(told: ImportTold, *, unread: Sequence[str] = ()) -> list[str]:
    """Return what became of the rows."""
    return list(_ended(told, unread))


def document(told: ImportTold, *, unread: Sequence[str] = ()) -> Mapping[str, Any]:
    """Return the same for machines, each file by its path."""
    said = msgspec.to_builtins(told)
    return {**said, "files": {file.pop("path"): file for file in said["files"]}, "not_read": [*unread]}


def _how(file: ImportFile) -> Iterator[str]:
    yield f"{file.source} ({file.pattern})"
    yield file.encoding
    yield f"separator {_SEPARATORS.get(file.separator, file.separator)}"
    if file.dates is not None:
        yield f"dates with slashes begin with the {file.dates.removesuffix('_first')}"
    yield f"{file.rows.read:,} rows"


def _ended(told: ImportTold, unread: Sequence[str]) -> Iterator[str]:
    yield from (f"not read, for no source declares such a file: {path}" for path in unread)
    yield from (f"refused: {file.path}: {file.code}" for file in told.files if file.code is not None)
    if told.state == "refused":
        yield f"{told.id}: nothing was brought in: {told.code}"
        return
    rows = told.rows
    yield f"{told.id}: {rows.read:,} rows, {told.customers:,} customers {'would be made' if told.dry else 'made'}"
    for verdict, count in rows.verdicts.items():
        yield f"  {count:>9,}  {verdict:<9} {MEANS[verdict]}"
    if rows.quarantined:
        yield f"Put aside: {rows.quarantined:,} rows, of which nothing counts"
        yield from (f"  {count:>9,}  {reason}" for reason, count in rows.quarantined_by_reason.items())
    if rows.cells_set_aside:
        yield "Cells set aside in rows that count without them"
        yield from (f"  {count:>9,}  {reason}" for reason, count in rows.cells_set_aside.items())
    if told.dry:
        yield "nothing was written: this was a dry run"
    elif told.repeated:
        yield "nothing was written: all of this had been done before"
    elif rows.quarantined:
        yield f"To correct them: consent-vault import quarantine {told.id} --to FOLDER"
