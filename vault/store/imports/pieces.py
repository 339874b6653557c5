"""Files on their way in over HTTP: piece by piece, sealed, and gone when their rows are staged.

An uploaded file is a row among the files of its import, with a number from `UPLOADED` on: those below are of files
being read. One that did not come whole counts for nothing.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vault.base.ids import ImportId, raw
from vault.store.database import Work
from vault.store.imports.files import UPLOADED
from vault.store.imports.sealing import Sealing

SIZE: Final = (1 << 16) - 1
"""Bytes of a piece: with the mark of its padding it fills a bucket of the sealed format."""

_LOCK: Final = 2**62 - 1
_INCOMPLETE: Final = "incomplete"
_BEGIN: Final = f"""
INSERT INTO vault.import_file (organization, import, number, path, how, digest, size, records, staged, code)
SELECT $1, $2, $3, $4, 'null', '', 0, 0, 0, '{_INCOMPLETE}'
"""
_NEXT: Final = f"""
SELECT coalesce(max(number) + 1, {UPLOADED}) AS number, count(*) AS files FROM vault.import_file
WHERE organization = $1 AND import = $2 AND number >= {UPLOADED}
"""  # noqa: S608 - ours
_END: Final = """
UPDATE vault.import_file SET code = NULL, digest = $4, size = $5
WHERE organization = $1 AND import = $2 AND number = $3
"""
_FILES: Final = f"""
SELECT number, path, size, digest FROM vault.import_file
WHERE organization = $1 AND import = $2 AND number >= {UPLOADED} AND code IS NULL ORDER BY number
"""  # noqa: S608 - ours
_PIECE: Final = """
SELECT sealed FROM vault.import_piece WHERE organization = $1 AND import = $2 AND number = $3 AND piece = $4
"""
_DROP: Final = "DELETE FROM vault.import_file WHERE organization = $1 AND import = $2 AND number = $3"
_DROP_PIECES: Final = "DELETE FROM vault.import_piece WHERE organization = $1 AND import = $2 AND number = $3"
_CLEAR: Final = f"DELETE FROM vault.import_file WHERE organization = $1 AND import = $2 AND number >= {UPLOADED}"  # noqa: S608 - ours
_CLEAR_PIECES: Final = "DELETE FROM vault.import_piece WHERE organization = $1 AND import = $2"
_COLUMNS: Final = ("organization", "import", "number", "piece", "sealed")


class Uploaded(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came whole."""

    number: int
    path: str
    size: int
    digest: str


async def begin(work: Work, import_: ImportId, *, sealing: Sealing, path: str) -> tuple[int, int]:
    """Store that a file is coming; return its number, and how many came or are coming beside it."""
    await work.lock([raw(import_).int & _LOCK])
    [row] = await work.fetch(_NEXT, work.own, raw(import_))
    number: int = row["number"]
    await work.fetch(_BEGIN, work.own, raw(import_), number, sealing.path(number, path))
    return number, row["files"]


async def add(work: Work, import_: ImportId, *, number: int, pieces: list[tuple[int, bytes]]) -> None:
    """Store pieces, sealed."""
    rows = [(work.own, raw(import_), number, piece, sealed) for piece, sealed in pieces]
    await work.copy("vault.import_piece", _COLUMNS, rows=rows)


async def end(work: Work, import_: ImportId, *, number: int, digest: str, size: int) -> None:
    """Say that a file came whole."""
    await work.fetch(_END, work.own, raw(import_), number, digest, size)


async def whole(work: Work, import_: ImportId, *, sealing: Sealing) -> list[Uploaded]:
    """Return the files that came whole."""
    return [
        Uploaded(
            number=row["number"],
            path=sealing.open_path(row["number"], row["path"]),
            size=row["size"],
            digest=row["digest"],
        )
        for row in await work.fetch(_FILES, work.own, raw(import_))
    ]


async def read(work: Work, import_: ImportId, *, sealing: Sealing, number: int, piece: int) -> bytes | None:
    """Return a piece of a file, counted from 0; none after the last."""
    rows = await work.fetch(_PIECE, work.own, raw(import_), number, piece)
    return sealing.open_piece(number, piece, sealed=rows[0]["sealed"]) if rows else None


async def drop(work: Work, import_: ImportId, *, number: int) -> None:
    """Let go of a file: one that did not come whole, or was sent anew."""
    for statement in (_DROP_PIECES, _DROP):
        await work.long(statement, work.own, raw(import_), number)


async def clear(work: Work, import_: ImportId) -> None:
    """Let go of all that was uploaded."""
    for statement in (_CLEAR_PIECES, _CLEAR):
        await work.long(statement, work.own, raw(import_))
