"""The key of one import: what of it lies sealed, and the tags its rows are joined by.

Tags are those of the organization's blind index where one value is meant, so that an erasure finds what is left of
somebody in rows that were put aside.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from vault.base.errors import Unknown
from vault.base.ids import ImportId, raw
from vault.imports.coding import Held, decode, encode
from vault.store.database import Work
from vault.store.keys import CustomerKey, Safe

_ROW: Final = "import_row"
_FILE: Final = "import_file"
_PIECE: Final = "import_piece"
_KEEP: Final = "INSERT INTO keystore.import_key (organization, import, wrapped) VALUES ($1, $2, $3)"
_KEY: Final = "SELECT wrapped FROM keystore.import_key WHERE organization = $1 AND import = $2"
_WIDTH: Final = 64


class Sealing:
    """Seals and opens for one import."""

    __slots__ = ("_key", "_safe")

    def __init__(self, safe: Safe, key: CustomerKey) -> None:
        self._safe = safe
        self._key = key

    def row(self, place: int, held: Held) -> bytes:
        """Return a row sealed into its place."""
        return self._safe.seal(self._key, _ROW, column="sealed", row=UUID(int=place), value=encode(held))

    def open_row(self, place: int, sealed: bytes) -> Held:
        """Return a row from its place."""
        return decode(self._safe.opened(self._key, _ROW, column="sealed", row=UUID(int=place), sealed=sealed))

    def path(self, number: int, path: str) -> bytes:
        """Return the path of a file sealed."""
        return self._safe.seal(self._key, _FILE, column="path", row=UUID(int=number), value=path.encode())

    def open_path(self, number: int, sealed: bytes) -> str:
        """Return the path of a file."""
        return self._safe.opened(self._key, _FILE, column="path", row=UUID(int=number), sealed=sealed).decode()

    def piece(self, number: int, piece: int, *, data: bytes) -> bytes:
        """Return a piece of a file sealed into its place."""
        return self._safe.seal(self._key, _PIECE, column="sealed", row=_piece(number, piece), value=data)

    def open_piece(self, number: int, piece: int, *, sealed: bytes) -> bytes:
        """Return a piece of a file."""
        return self._safe.opened(self._key, _PIECE, column="sealed", row=_piece(number, piece), sealed=sealed)


async def make(work: Work, safe: Safe, *, import_: ImportId) -> Sealing:
    """Make the key of an import."""
    key, wrapped = safe.new_import_key(raw(import_))
    await work.fetch(_KEEP, work.own, raw(import_), wrapped)
    return Sealing(safe, key)


async def read(work: Work, safe: Safe, *, import_: ImportId) -> Sealing:
    """Return the key of an import; `Unknown` when it is gone with its rows."""
    found = await sought(work, safe, import_=import_)
    if found is None:
        raise Unknown("rows_gone", "the rows of this import are gone: what was put aside was forgotten")
    return found


async def sought(work: Work, safe: Safe, *, import_: ImportId) -> Sealing | None:
    """Return the key of an import, if there is one still."""
    rows = await work.fetch(_KEY, work.own, raw(import_))
    return Sealing(safe, safe.open_import_key(raw(import_), wrapped=rows[0]["wrapped"])) if rows else None


def _piece(number: int, piece: int) -> UUID:
    return UUID(int=number << _WIDTH | piece)
