from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tlog.shelf import Shelf, leaves
from vault.tlog.bundle import LONGEST, pack, unpack
from vault.tlog.line import LARGEST, Malformed
from vault.tlog.tile import Tile, edge, entries_path, may_go, path, read_path, read_tile, tile_at, tiles

somewhere = st.builds(
    Tile, level=st.integers(0, 63), index=st.one_of(st.integers(0, LARGEST), st.integers(0, 2000)),
    width=st.integers(1, 256),
)  # fmt: skip


@pytest.mark.parametrize(
    ("tile", "text"),
    [
        (Tile(level=0, index=0), "tile/0/000"),
        (Tile(level=0, index=999), "tile/0/999"),
        (Tile(level=3, index=1000), "tile/3/x001/000"),
        (Tile(level=4, index=1_234_067), "tile/4/x001/x234/067"),
        (Tile(level=4, index=1_234_067, width=1), "tile/4/x001/x234/067.p/1"),
        (Tile(level=63, index=5, width=255), "tile/63/005.p/255"),
    ],
)
def test_a_tile_is_served_where_the_specification_says(tile: Tile, text: str) -> None:
    assert path(tile) == text
    assert read_path(text) == (tile, False)


def test_entries_are_served_beside_the_tile_of_their_hashes() -> None:
    tile = Tile(level=0, index=1_234_067, width=7)
    assert entries_path(tile) == "tile/entries/x001/x234/067.p/7"
    assert read_path("tile/entries/x001/x234/067.p/7") == (tile, True)


@settings(max_examples=50)
@given(somewhere)
def test_a_path_reads_back(tile: Tile) -> None:
    assert read_path(path(tile)) == (tile, False)


@pytest.mark.parametrize(
    "text",
    [
        "", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "/tile/0/000", "tile/0/000/",
        "tile/00/000", "tile/01/000", "tile/64/000", "tile/-1/000", "tile/8/0/000", "tile/data/000", "tile/0/x000/000",
        "tile/0/001/000", "tile/0/x001/x000", "tile/0/x001/x02/003", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0",
        "tile/0/000.p/01", "tile/0/000.p/256", "tile/0/000.p/999", "tile/0/000.p/1/", "tile/0/000\n",
        "tile/0/\u0660\u0660\u0660",
        "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/" + "x001/" * 7 + "000", "checkpoint",
    ],
)  # fmt: skip
def test_a_path_has_one_spelling(text: str) -> None:
    with pytest.raises(Malformed, match="malformed_tile_path"):
        read_path(text)


def test_a_tree_of_70_000_has_the_tiles_of_the_specifications_example() -> None:
    found = list(tiles(70_000))
    assert len(found) == len(set(found)) == 273 + 1 + 1 + 1 + 1
    assert list(edge(70_000)) == [
        Tile(level=0, index=273, width=112), Tile(level=1, index=1, width=17), Tile(level=2, index=0, width=1),
    ]  # fmt: skip
    assert [tile for tile in found if tile.width < 256] == list(edge(70_000))
    assert Tile(level=1, index=0) in found


def test_a_tree_of_256_has_a_full_tile_and_one_hash_above_it() -> None:
    assert list(tiles(256)) == [Tile(level=0, index=0), Tile(level=1, index=0, width=1)]
    assert list(edge(256)) == [Tile(level=1, index=0, width=1)]
    assert list(tiles(0)) == list(edge(0)) == []


def test_a_fuller_tile_stands_for_the_narrower_one() -> None:
    shelf = Shelf()
    shelf.append(leaves(200))
    assert read_tile(Tile(level=0, index=0, width=3), shelf.read) == b"".join(leaves(3))


@pytest.mark.parametrize("stored", [b"", bytes(32), bytes(65), bytes(95), bytes(257 * 32)])
def test_a_stored_tile_that_does_not_hold_its_hashes_is_refused(stored: bytes) -> None:
    with pytest.raises(Malformed, match="malformed_tile"):
        read_tile(Tile(level=0, index=0, width=2), lambda _: stored)


def test_what_ends_at_the_minimum_index_may_go_and_what_ends_after_it_stays() -> None:
    size = 3 * 65_536 + 300
    first, second = Tile(level=0, index=0), Tile(level=0, index=1)
    assert not may_go(first, size=size, minimum=255)
    assert may_go(first, size=size, minimum=256)
    assert not may_go(second, size=size, minimum=511)
    assert not may_go(Tile(level=1, index=0), size=size, minimum=65_535)
    assert may_go(Tile(level=1, index=0), size=size, minimum=65_536)
    assert not any(may_go(tile, size=size, minimum=0) for tile in tiles(size))


def test_a_partial_tile_may_go_once_the_full_one_is_there() -> None:
    partial = Tile(level=0, index=1, width=44)
    assert not may_go(partial, size=511, minimum=0)
    assert may_go(partial, size=512, minimum=0)


@settings(max_examples=50)
@given(st.integers(1, 70_000), st.data())
def test_after_pruning_the_root_and_all_published_proofs_can_be_made(size: int, data: st.DataObject) -> None:
    minimum = data.draw(st.integers(0, size))
    index = data.draw(st.integers(0, size - 1))
    kept = {tile for tile in tiles(size) if not may_go(tile, size=size, minimum=minimum)}
    assert set(edge(size)) <= kept
    if index >= minimum:
        assert tile_at(0, index // 256, size=size) in kept


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=20), min_size=1, max_size=256))
def test_entries_read_back_from_their_bundle(entries: list[bytes]) -> None:
    assert unpack(pack(entries), width=len(entries)) == entries


def test_a_bundle_counts_its_entries_lengths_in_two_bytes() -> None:
    assert pack([b"", b"ab"]) == b"\x00\x00\x00\x02ab"
    longest = b"x" * LONGEST
    assert pack([longest])[:2] == b"\xff\xff"
    for entries in ([], [longest + b"x"], [b""] * 257):
        with pytest.raises(Malformed, match="malformed_bundle"):
            pack(entries)


@pytest.mark.parametrize("bundle", [b"", b"\x00", b"\x00\x02a", b"\x00\x01ab", b"\x00\x00\x00\x00", b"\x00\x00\x00"])
def test_a_bundle_that_does_not_hold_its_entries_is_refused(bundle: bytes) -> None:
    with pytest.raises(Malformed, match="malformed_bundle"):
        unpack(bundle, width=1)
