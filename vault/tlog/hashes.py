"""The hashes of the tree: SHA-256 of RFC 6962 section 2.1, leaves behind 0x00, nodes behind 0x01, 32 bytes always.

A hash of another length never enters: with it, one concatenation could be read as two different pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final, NewType

from vault.tlog.line import Malformed, decode

Hash = NewType("Hash", bytes)

LENGTH: Final = 32
EMPTY: Final = Hash(sha256().digest())  # the root of a tree without leaves

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"
_PAIR: Final = 2 * LENGTH
_LENGTHS: Final = frozenset({LENGTH})


def leaf_hash(entry: bytes) -> Hash:
    """Return the hash of a leaf that holds `entry`."""
    return Hash(sha256(_LEAF + entry).digest())


def leaf_row(entries: Iterable[bytes]) -> bytes:
    """Return the hashes of the leaves that hold `entries`, laid end to end."""
    return b"".join(map(leaf_hash, entries))


def node_hash(left: Hash, right: Hash) -> Hash:
    """Return the hash of the node above two others."""
    return Hash(sha256(_NODE + left + right).digest())


def parents(row: bytes) -> bytes:
    """Return the row above a row of hashes laid end to end; an odd last hash is left out."""
    even = len(row) - len(row) % _PAIR
    return b"".join([sha256(_NODE + row[at : at + _PAIR]).digest() for at in range(0, even, _PAIR)])


def checked(raw: bytes) -> Hash:
    """Return `raw` as a hash; `Malformed` unless it has 32 bytes."""
    if len(raw) != LENGTH:
        raise _unsized()
    return Hash(raw)


def check_all(hashes: Iterable[bytes]) -> None:
    """Refuse hashes of another length than 32 bytes."""
    if not set(map(len, hashes)) <= _LENGTHS:
        raise _unsized()


def read_hash(text: str) -> Hash:
    """Return the hash a line spells in base64."""
    return checked(decode(text))


def _unsized() -> Malformed:
    return Malformed("malformed_hash", "a hash has 32 bytes")
