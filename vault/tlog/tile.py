"""Tiles (C2SP tlog-tiles): 256 hashes side by side, where they are served, and which of them may be pruned.

A tile of level L holds the hashes of level 8 L of the tree. A partial tile is the beginning of the full one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from vault.tlog.hashes import LENGTH
from vault.tlog.line import LARGEST, Malformed
from vault.tlog.shape import Node

HEIGHT: Final = 8
WIDTH: Final = 256
FULL: Final = WIDTH * LENGTH

_HIGHEST: Final = 63
_THOUSAND: Final = 1000
_ENTRIES: Final = "entries"
_PATH: Final = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """Where a tile lies and how many hashes it holds. `width` is 256 for a full tile."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def end(self) -> int:
        """The number of leaves at which the tile is full."""
        return (self.index + 1) << HEIGHT * (self.level + 1)


Read = Callable[[Tile], bytes]
"""Returns the bytes of a stored tile; of a fuller one at the same place, if that is what is kept."""


def read_tile(tile: Tile, read: Read) -> bytes:
    """Return exactly the hashes of `tile`; `Malformed` if the store holds fewer, or no whole hashes."""
    stored = read(tile)
    wanted = tile.width * LENGTH
    if not wanted <= len(stored) <= FULL or len(stored) % LENGTH:
        raise Malformed("malformed_tile", "a stored tile does not hold the hashes it should")
    return stored[:wanted]


def tile_of(node: Node, size: int) -> Tile:
    """Return the tile that holds the leaves of `node` in a tree of `size`."""
    level = node.level // HEIGHT
    return tile_at(level, node.index << node.level % HEIGHT >> HEIGHT, size=size)


def tile_at(level: int, index: int, *, size: int) -> Tile:
    """Return the tile at a place as it is in a tree of `size`; its width is 0 or less beyond the edge."""
    return Tile(level=level, index=index, width=min(WIDTH, (size >> HEIGHT * level) - index * WIDTH))


def edge(size: int) -> Iterator[Tile]:
    """Yield the partial tiles of a tree: all that its root and its growth need."""
    level = 0
    while size >> HEIGHT * level:
        tile = tile_at(level, size >> HEIGHT * (level + 1), size=size)
        if tile.width:
            yield tile
        level += 1


def tiles(size: int) -> Iterator[Tile]:
    """Yield every tile of a tree, level by level."""
    level = 0
    while row := size >> HEIGHT * level:
        for index in range(-(-row // WIDTH)):
            yield tile_at(level, index, size=size)
        level += 1


def path(tile: Tile) -> str:
    """Return where a tile is served, below the log's prefix."""
    return _path(str(tile.level), tile)


def entries_path(tile: Tile) -> str:
    """Return where the entries behind a tile of level 0 are served."""
    return _path(_ENTRIES, tile)


def read_path(text: str) -> tuple[Tile, bool]:
    """Return the tile a path names, and whether its entries are meant; `Malformed` for any other spelling."""
    found = _PATH.fullmatch(text)
    if found is None:
        raise _malformed()
    of_entries = found["level"] == _ENTRIES
    tile = Tile(
        level=0 if of_entries else int(found["level"]),
        index=int(found["index"].replace("x", "").replace("/", "")),
        width=int(found["width"] or WIDTH),
    )
    beyond = tile.level > _HIGHEST or tile.index > LARGEST or tile.width > WIDTH
    if beyond or _path(found["level"], tile) != text:  # a leading x000 is a second spelling, and so is .p/256
        raise _malformed()
    return tile, of_entries


def may_go(tile: Tile, *, size: int, minimum: int) -> bool:
    """Say whether a log of `size` may stop serving `tile` or its entries, nothing below `minimum` being published.

    Full ones that end at or before `minimum`, and partial ones whose full one exists or went. `minimum` is at most
    `size`.
    """
    return tile.end <= (minimum if tile.width == WIDTH else size)


def _path(level: str, tile: Tile) -> str:
    steps = [f"{tile.index % _THOUSAND:03}"]
    rest = tile.index // _THOUSAND
    while rest:
        steps.append(f"x{rest % _THOUSAND:03}")
        rest //= _THOUSAND
    part = "" if tile.width == WIDTH else f".p/{tile.width}"
    return f"tile/{level}/{'/'.join(reversed(steps))}{part}"


def _malformed() -> Malformed:
    return Malformed("malformed_tile_path", "a tile is served at tile/<level>/<index>, a partial one with .p/<width>")
