from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tlog.shelf import Shelf, leaves, merkle
from vault.tlog.growth import grow
from vault.tlog.hashes import EMPTY, Hash
from vault.tlog.line import Malformed
from vault.tlog.proof import root_tiles
from vault.tlog.tile import Tile, read_tile, tiles


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 5), st.integers(0, 300), st.just(256)), max_size=9))
def test_however_the_leaves_are_split_the_tree_is_the_same(batches: list[int]) -> None:
    shelf, at_once = Shelf(), Shelf()
    for batch in batches:
        assert shelf.append(leaves(batch, shelf.size)).root == merkle(0, shelf.size)
    at_once.append(leaves(sum(batches)))
    assert shelf.tiles == at_once.tiles


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 600), st.integers(0, 600))
def test_growth_reads_the_edge_only_and_writes_what_the_new_tree_has_more(old: int, more: int) -> None:
    shelf = Shelf()
    shelf.append(leaves(old))
    shelf.asked.clear()
    grown = shelf.append(leaves(more, old))
    assert set(shelf.asked) <= root_tiles(old)
    assert set(grown.tiles) == set(tiles(old + more)) - set(tiles(old))
    assert all(len(data) == tile.width * 32 for tile, data in grown.tiles.items())


def test_a_log_large_enough_for_three_levels_keeps_the_hash_of_every_full_tile() -> None:
    shelf = Shelf()
    shelf.append(leaves(65_536 - 3))
    grown = shelf.append(leaves(700, 65_536 - 3))
    assert grown.root == shelf.tree().root() == merkle(0, 65_536 + 697)
    assert [tile for tile in grown.tiles if tile.level] == [
        Tile(level=1, index=0), Tile(level=1, index=1, width=2), Tile(level=2, index=0, width=1),
    ]  # fmt: skip
    assert read_tile(Tile(level=2, index=0, width=1), shelf.read) == merkle(0, 65_536)
    assert read_tile(Tile(level=1, index=1, width=1), shelf.read) == merkle(65_536, 65_792)


def test_a_tree_that_does_not_grow_keeps_its_root_and_writes_nothing() -> None:
    shelf = Shelf()
    assert shelf.append([]).root == EMPTY
    shelf.append(leaves(300))
    grown = shelf.append([])
    assert (grown.size, grown.root, grown.tiles) == (300, merkle(0, 300), {})


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_leaf_hash_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Malformed, match="malformed_hash"):
        grow(0, [*leaves(3), Hash(bytes(length))], read=Shelf().read)


def test_a_damaged_edge_shows_in_the_root_of_the_old_tree() -> None:
    shelf = Shelf()
    shelf.append(leaves(10))
    shelf.tiles[0, 0] = bytes(32) + shelf.tiles[0, 0][32:]
    assert shelf.tree().root() != merkle(0, 10)
