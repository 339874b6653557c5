"""A row as bytes, to be sealed, and back: nothing is lost on the way.

What is sealed is the record as it stood in the file, cell by cell, and the row it was read as, if it could be.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from vault.base.personal import Personal
from vault.imports.row import Row


class Held(msgspec.Struct, frozen=True, array_like=True):
    """A record's cells, and the row that it is; none where it could not be read."""

    cells: tuple[str, ...]
    row: Row | None


def encode(held: Held) -> bytes:
    """Return it as bytes. They hold personal values in the clear. A letter that is none is written by its number."""
    try:
        return _ENCODER.encode(held)
    except UnicodeEncodeError:  # only a record that could not be read has such letters
        return _ENCODER.encode(Held(tuple(map(_written, held.cells)), held.row))


def decode(data: bytes) -> Held:
    """Return what these bytes hold."""
    return _DECODER.decode(data)


def _written(cell: str) -> str:
    return cell.encode(errors="backslashreplace").decode()


def _personal(_: type, value: Any) -> Personal:
    return Personal(value)


_ENCODER: Final = msgspec.msgpack.Encoder(enc_hook=Personal.reveal)
_DECODER: Final = msgspec.msgpack.Decoder(Held, dec_hook=_personal)
