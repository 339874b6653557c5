"""The files of an import: how each is read, and how far it is staged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from vault.base.ids import ImportId, raw
from vault.imports.files.survey import Survey
from vault.store.database import Work
from vault.store.imports.sealing import Sealing

UPLOADED: Final = 1 << 20
"""The first number of files as they are uploaded: they get their own when all of them were looked at."""

_COLUMNS: Final = "number, path, how, digest, size, records, staged, code"
_ADD: Final = f"""
INSERT INTO vault.import_file (organization, import, {_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, NULL)
ON CONFLICT (organization, import, number) DO UPDATE
SET path = $4, how = $5, digest = $6, size = $7, records = $8, staged = 0
"""  # noqa: S608 - columns of ours
_OF: Final = f"""
SELECT {_COLUMNS} FROM vault.import_file
WHERE organization = $1 AND import = $2 AND number < {UPLOADED} ORDER BY number
"""  # noqa: S608 - columns of ours
_STAGED: Final = """
UPDATE vault.import_file SET staged = staged + $4 WHERE organization = $1 AND import = $2 AND number = $3
"""
_REFUSE: Final = "UPDATE vault.import_file SET code = $4 WHERE organization = $1 AND import = $2 AND number = $3"


class How(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is read: its source and pattern, or a mapping of its own; what was found out of it; its headers.

    `about_address`: a no in it binds whoever has the address.
    """

    source: str
    pattern: str
    about_address: bool
    survey: Survey
    header: Sequence[str] = ()
    mapping: Mapping[str, Any] | None = None


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an import. `staged` records of `records` are; `how` is known when all was looked at."""

    number: int
    path: str
    how: How | None
    digest: str
    size: int
    records: int
    staged: int
    code: str | None


async def keep(work: Work, import_: ImportId, *, sealing: Sealing, file: KeptFile) -> None:
    """Store a file as it was found out to be, nothing of it staged."""
    await work.fetch(
        _ADD,
        work.own,
        raw(import_),
        file.number,
        sealing.path(file.number, file.path),
        msgspec.json.encode(file.how),
        file.digest,
        file.size,
        file.records,
    )


async def of(work: Work, import_: ImportId, *, sealing: Sealing | None) -> list[KeptFile]:
    """Return the files of an import in their order; without the import's key, nobody knows their paths any more."""
    return [
        KeptFile(
            number=row["number"],
            path="" if sealing is None else sealing.open_path(row["number"], row["path"]),
            how=msgspec.json.decode(row["how"], type=How | None),
            digest=row["digest"],
            size=row["size"],
            records=row["records"],
            staged=row["staged"],
            code=row["code"],
        )
        for row in await _rows(work, import_)
    ]


async def about_addresses(work: Work, import_: ImportId) -> frozenset[int]:
    """Return the numbers of the files in which a no binds whoever has the address."""
    found = [(row["number"], msgspec.json.decode(row["how"], type=How | None)) for row in await _rows(work, import_)]
    return frozenset(number for number, how in found if how is not None and how.about_address)


async def staged(work: Work, import_: ImportId, *, number: int, records: int) -> None:
    """Say that more records of a file are staged."""
    await work.fetch(_STAGED, work.own, raw(import_), number, records)


async def count_staged(work: Work, import_: ImportId) -> int:
    """Return how many records are staged, of all files."""
    return sum(row["staged"] for row in await _rows(work, import_))


async def refuse(work: Work, import_: ImportId, *, number: int, code: str) -> None:
    """Say why a file was refused as a whole."""
    await work.fetch(_REFUSE, work.own, raw(import_), number, code)


async def _rows(work: Work, import_: ImportId) -> list[Any]:
    return await work.fetch(_OF, work.own, raw(import_))
