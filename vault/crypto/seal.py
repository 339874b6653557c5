"""Sealed fields, format 1: one personal value under its customer's key, bound to the place where it lies.

A sealed value opens with its own key and in its own place only: not in another row, column, table, customer or
organization. Padding to buckets hides which value it is. `SECURITY.md` is the format's page, and
`tests/unit/crypto/vectors.json` holds it in place. No clock, no chance and no storage enter.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from vault.crypto.box import COMMITMENT, SALT, SUITE, TAG, SealError, framed, lock, unlock

MAGIC: Final = 0xC1

_LABEL: Final = b"cv/field/1\x00"
_START: Final = bytes((MAGIC, SUITE))
_HEAD: Final = 2 + 4 + SALT
_BUCKET: Final = 32
_SHORTEST: Final = _HEAD + COMMITMENT + _BUCKET + TAG
_FORMAT: Final = framed(b"field/1")
_ID: Final = (16).to_bytes(4, "big")  # ids are their 16 raw bytes


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a sealed field lies. Table and column are frozen labels of the format, not SQL names."""

    organization: UUID
    customer: UUID
    table: str
    column: str
    row: UUID


def seal(key: bytes, place: Place, *, plaintext: bytes, version: int, salt: bytes) -> bytes:
    """Return the sealed bytes. `version` is the customer key's, `salt` 24 bytes of chance never used before."""
    if len(salt) != SALT:
        raise ValueError("a salt has 24 bytes")
    head = _START + version.to_bytes(4, "big") + salt
    return lock(key, _pad(plaintext), label=_LABEL, head=head, context=_context(place))


def open_sealed(key: bytes, place: Place, *, sealed: bytes) -> bytes:
    """Return the plaintext; `SealError` when key, place or bytes are not those of the sealing."""
    _check(sealed)
    return _unpad(unlock(key, sealed, label=_LABEL, head=_HEAD, context=_context(place)))


def key_version(sealed: bytes) -> int:
    """Return the version of the customer key it was sealed under. Nothing is proven before it opens."""
    _check(sealed)
    return int.from_bytes(sealed[2:6], "big")


def _check(sealed: bytes) -> None:
    if len(sealed) < _SHORTEST:
        raise SealError("length")
    if sealed[0] != MAGIC:
        raise SealError("magic")
    if sealed[1] != SUITE:
        raise SealError("suite")


def _context(place: Place) -> bytes:
    return b"".join((
        _FORMAT,
        _ID, place.organization.bytes,
        _ID, place.customer.bytes,
        framed(place.table.encode()),
        framed(place.column.encode()),
        _ID, place.row.bytes,
    ))  # fmt: skip


def _pad(plaintext: bytes) -> bytes:
    """Pad by ISO/IEC 7816-4 to the next bucket."""
    return (plaintext + b"\x80").ljust(_bucket(len(plaintext)), b"\x00")


def _unpad(padded: bytes) -> bytes:
    marked = padded.rstrip(b"\x00")
    if marked[-1:] != b"\x80" or len(padded) != _bucket(len(marked) - 1):
        raise SealError("padding")
    return marked[:-1]


def _bucket(size: int) -> int:
    """Return 32, 64, 128, 256, …: the smallest that holds `size` bytes and the mark."""
    return max(_BUCKET, 1 << size.bit_length())
