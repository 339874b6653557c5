"""The tree, grown leaf by leaf as the bundle is read: RFC 6962 section 2.1, in tiles of 256 (C2SP tlog-tiles).

Only the edge is kept, less than 256 hashes for each level, so a log of any length is read in the same memory.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

HASH: Final = 32
WIDTH: Final = 256
FULL: Final = WIDTH * HASH
BITS: Final = 8
_PAIR: Final = 2 * HASH
_THOUSAND: Final = 1000


class Edge:
    """The right edge of a tree: of each level the hashes that do not fill a tile yet. Level 0 holds leaves."""

    def __init__(self) -> None:
        self.rows: list[bytes] = []

    def row(self, level: int) -> bytes:
        """Return the hashes of a level."""
        return self.rows[level] if level < len(self.rows) else b""

    def put(self, level: int, row: bytes) -> None:
        """Let these be the hashes of a level."""
        self.rows.extend([b""] * (level + 1 - len(self.rows)))
        self.rows[level] = row

    def root(self, leaves: bytes) -> bytes:
        """Return the root of the tree with `leaves` as its last, partial or full, tile of level 0."""
        found = b""
        for row in (leaves, *self.rows[1:]):
            for subtree in reversed(_subtrees(row)):
                found = sha256(b"\x01" + subtree + found).digest() if found else subtree
        return found or sha256().digest()


def top(row: bytes) -> bytes:
    """Return the root of a perfect tree over these hashes."""
    while len(row) > HASH:
        row = b"".join([sha256(b"\x01" + row[at : at + _PAIR]).digest() for at in range(0, len(row), _PAIR)])
    return row


def path(level: int | str, index: int, *, width: int) -> str:
    """Return where a tile lies; `level` may be `entries`."""
    steps = [f"{index % _THOUSAND:03}"]
    while index := index // _THOUSAND:
        steps.append(f"x{index % _THOUSAND:03}")
    return f"tile/{level}/{'/'.join(reversed(steps))}" + ("" if width == WIDTH else f".p/{width}")


def _subtrees(row: bytes) -> list[bytes]:
    """Return the roots of the perfect trees that a row falls into, from left to right, the largest first."""
    found, at, count = [], 0, len(row) // HASH
    for bit in range(BITS, -1, -1):
        if count >> bit & 1:
            end = at + (HASH << bit)
            found.append(top(row[at:end]))
            at = end
    return found
