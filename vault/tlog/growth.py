"""The tree grows: which tiles are new when leaves are appended, and the new root.

Nothing already stored is read but the partial tiles at the edge, and nothing full is ever written twice. Whoever
appends compares the root of the old edge with the last one signed first: a damaged tile is believed here.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vault.tlog.hashes import LENGTH, Hash, check_all, parents
from vault.tlog.proof import Tree
from vault.tlog.tile import FULL, HEIGHT, Read, Tile, read_tile, tile_at


class Grown(msgspec.Struct, frozen=True, kw_only=True):
    """A tree after an append: `tiles` are those to store, full or partial, and no others changed."""

    size: int
    root: Hash
    tiles: dict[Tile, bytes]


def grow(size: int, leaves: Sequence[Hash], *, read: Read) -> Grown:
    """Return what appending the hashes of `leaves` to a tree of `size` changes.

    `read` is asked for `proof.root_tiles(size)` only. A log that keeps one row per tile, whatever its width, may
    overwrite it; one that serves C2SP clients keeps the partial tiles of every size it signed.
    """
    check_all(leaves)
    tiles: dict[Tile, bytes] = {}
    level, row = 0, b"".join(leaves)
    while row:
        row = _grow_level(tile_at(level, size >> HEIGHT * (level + 1), size=size), row, read=read, into=tiles)
        level += 1
    grown = size + len(leaves)
    return Grown(size=grown, root=Tree(grown, lambda tile: tiles.get(tile) or read(tile)).root(), tiles=tiles)


def _grow_level(edge: Tile, row: bytes, *, read: Read, into: dict[Tile, bytes]) -> bytes:
    """Lay `row` behind the hashes of the level's partial tile; return the hashes of the tiles that became full."""
    if edge.width:
        row = read_tile(edge, read) + row
    full = []
    for index, start in enumerate(range(0, len(row), FULL), edge.index):
        tile = row[start : start + FULL]
        into[Tile(level=edge.level, index=index, width=len(tile) // LENGTH)] = tile
        if len(tile) == FULL:
            full.append(_root(tile))
    return b"".join(full)


def _root(tile: bytes) -> bytes:
    for _ in range(HEIGHT):
        tile = parents(tile)
    return tile
