"""A tree read from its tiles: its root, and the proofs of inclusion and consistency the log gives out.

Tiles are read one at a time through a function, so whoever must fetch them first asks which ones: `root_tiles`,
`inclusion_tiles`, `consistency_tiles`. What is stored is believed here; `verify` is for whoever doubts.
"""

from __future__ import annotations

from collections.abc import Iterable

from vault.tlog.hashes import EMPTY, LENGTH, Hash, node_hash, parents
from vault.tlog.shape import Node, Span, consistency_spans, inclusion_spans, nodes
from vault.tlog.tile import HEIGHT, WIDTH, Read, Tile, edge, read_tile, tile_of


class Tree:
    """The tree of one size. Each tile is read and hashed once, however many proofs are asked for."""

    def __init__(self, size: int, read: Read) -> None:
        self.size = size
        self._read = read
        self._rows: dict[Tile, list[bytes]] = {}
        self._known: dict[Span, Hash] = {}

    def root(self) -> Hash:
        """Return the root; that of the empty tree is the hash of nothing."""
        return self._span((0, self.size)) if self.size else EMPTY

    def inclusion(self, index: int) -> list[Hash]:
        """Return the proof that leaf `index` is in the tree, from the leaf's sibling upwards."""
        return [self._span(span) for span in inclusion_spans(index, self.size)]

    def consistency(self, old: int) -> list[Hash]:
        """Return the proof that the tree begins with the tree of size `old`."""
        return [self._span(span) for span in consistency_spans(old, self.size)]

    def leaf(self, index: int) -> Hash:
        """Return the hash of a leaf."""
        return self._node(Node(level=0, index=index))

    def _span(self, span: Span) -> Hash:
        known = self._known.get(span)
        if known is None:
            known = self._known[span] = self._hash(span)
        return known

    def _hash(self, span: Span) -> Hash:
        *higher, lowest = nodes(span)
        root = self._node(lowest)
        for node in reversed(higher):
            root = node_hash(self._node(node), root)
        return root

    def _node(self, node: Node) -> Hash:
        tile = tile_of(node, self.size)
        rows = self._rows.get(tile)
        if rows is None:
            rows = self._rows[tile] = _rows(read_tile(tile, self._read))
        height = node.level % HEIGHT
        at = (node.index - (tile.index * WIDTH >> height)) * LENGTH
        return Hash(rows[height][at : at + LENGTH])


def root_tiles(size: int) -> set[Tile]:
    """Return the tiles that the root of a tree is made from; also those that its growth reads."""
    return set(edge(size))


def inclusion_tiles(index: int, size: int) -> set[Tile]:
    """Return the tiles that the inclusion proof of a leaf is made from."""
    return _tiles(inclusion_spans(index, size), size)


def consistency_tiles(old: int, size: int) -> set[Tile]:
    """Return the tiles that a consistency proof is made from."""
    return _tiles(consistency_spans(old, size), size)


def _tiles(spans: Iterable[Span], size: int) -> set[Tile]:
    return {tile_of(node, size) for span in spans for node in nodes(span)}


def _rows(row: bytes) -> list[bytes]:
    """Return the hashes of a tile and the seven rows above them; the eighth is in the tile above."""
    rows = [row]
    for _ in range(HEIGHT - 1):
        rows.append(parents(rows[-1]))
    return rows
