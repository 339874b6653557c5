"""What the tests of the log share: tiles in a dictionary, and the tree of RFC 6962 written down as it is defined."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256

from vault.tlog.growth import Grown, grow
from vault.tlog.hashes import Hash, leaf_hash
from vault.tlog.proof import Tree
from vault.tlog.tile import Tile


class Shelf:
    """A log's tiles as a store keeps them: the widest at each place. Counts what is read."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.size = 0
        self.asked: list[Tile] = []

    def read(self, tile: Tile) -> bytes:
        self.asked.append(tile)
        return self.tiles[tile.level, tile.index]

    def append(self, leaves: Sequence[Hash]) -> Grown:
        grown = grow(self.size, leaves, read=self.read)
        self.tiles |= {(tile.level, tile.index): data for tile, data in grown.tiles.items()}
        self.size = grown.size
        return grown

    def tree(self, size: int | None = None) -> Tree:
        return Tree(self.size if size is None else size, self.read)


def leaves(count: int, start: int = 0) -> list[Hash]:
    return [leaf(index) for index in range(start, start + count)]


@cache
def leaf(index: int) -> Hash:
    return leaf_hash(entry(index))


def entry(index: int) -> bytes:
    return b"entry %d" % index


@cache
def merkle(start: int, end: int) -> bytes:
    """MTH(D[start:end]) to the letter of RFC 6962 section 2.1, over the leaves above."""
    if end - start == 0:
        return sha256().digest()
    if end - start == 1:
        return leaf(start)
    middle = start + split(end - start)
    return sha256(b"\x01" + merkle(start, middle) + merkle(middle, end)).digest()


def path(index: int, start: int, end: int) -> list[bytes]:
    """PATH(m, D[n]) to the letter of RFC 6962 section 2.1.1."""
    if end - start == 1:
        return []
    middle = start + split(end - start)
    if index < middle:
        return [*path(index, start, middle), merkle(middle, end)]
    return [*path(index, middle, end), merkle(start, middle)]


def subproof(old: int, start: int, end: int, *, whole: bool = True) -> list[bytes]:
    """SUBPROOF(m, D[n], b) to the letter of RFC 6962 section 2.1.2; `old` counts from the first leaf."""
    if old == end:
        return [] if whole else [merkle(start, end)]
    middle = start + split(end - start)
    if old <= middle:
        return [*subproof(old, start, middle, whole=whole), merkle(middle, end)]
    return [*subproof(old, middle, end, whole=False), merkle(start, middle)]


def split(width: int) -> int:
    power = 1
    while power * 2 < width:
        power *= 2
    return power


def flipped(hashes: Sequence[bytes], bit: int) -> list[Hash]:
    """The same hashes with one bit of all of them turned over."""
    raw = bytearray(b"".join(hashes))
    raw[bit // 8] ^= 1 << bit % 8
    return [Hash(bytes(raw[at : at + 32])) for at in range(0, len(raw), 32)]
