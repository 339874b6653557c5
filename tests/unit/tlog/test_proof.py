"""Proofs from tiles against RFC 6962 as it is written: every tree of up to 300 leaves, and random larger ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tlog.shelf import Shelf, flipped, leaf, leaves, merkle, path, subproof
from vault.tlog.hashes import EMPTY, Hash
from vault.tlog.line import Malformed
from vault.tlog.proof import Tree, consistency_tiles, inclusion_tiles, root_tiles
from vault.tlog.shape import OutOfTree
from vault.tlog.verify import Unproven, check_consistency, check_inclusion

MOST = 300
LARGE = 70_000


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.append(leaves(LARGE))
    return shelf


def root(size: int) -> Hash:
    return Hash(merkle(0, size))


def test_every_leaf_of_every_tree_up_to_300_is_proven_to_be_in_it(shelf: Shelf) -> None:
    for size in range(1, MOST + 1):
        tree = shelf.tree(size)
        head = root(size)
        assert tree.root() == head
        for index in range(size):
            check_inclusion(leaf(index), tree.inclusion(index), index=index, size=size, root=head)


def test_every_tree_up_to_300_is_proven_to_begin_with_every_smaller_one(shelf: Shelf) -> None:
    for size in range(MOST + 1):
        tree = shelf.tree(size)
        head = root(size)
        for old in range(size + 1):
            check_consistency(tree.consistency(old), old_size=old, old_root=root(old), new_size=size, new_root=head)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, LARGE), st.data())
def test_proofs_are_those_of_rfc_6962_to_the_letter(shelf: Shelf, size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    tree = shelf.tree(size)
    assert tree.leaf(index) == leaf(index)
    assert tree.inclusion(index) == path(index, 0, size)
    assert tree.consistency(old) == subproof(old, 0, size)
    check_inclusion(leaf(index), tree.inclusion(index), index=index, size=size, root=root(size))
    check_consistency(tree.consistency(old), old_size=old, old_root=root(old), new_size=size, new_root=root(size))


@settings(max_examples=50, deadline=None)
@given(st.integers(1, LARGE), st.data())
def test_whoever_fetches_tiles_first_is_told_which_ones(shelf: Shelf, size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    shelf.asked.clear()
    shelf.tree(size).root()
    assert set(shelf.asked) == root_tiles(size)
    shelf.asked.clear()
    shelf.tree(size).inclusion(index)
    assert set(shelf.asked) == inclusion_tiles(index, size)
    shelf.asked.clear()
    shelf.tree(size).consistency(old)
    assert set(shelf.asked) == consistency_tiles(old, size)


def test_a_tree_reads_each_tile_once_however_many_proofs_it_gives(shelf: Shelf) -> None:
    shelf.asked.clear()
    tree = shelf.tree(LARGE)
    for index in range(0, LARGE, 1000):
        tree.inclusion(index)
        tree.consistency(index)
    assert len(shelf.asked) == len(set(shelf.asked))


def test_the_empty_tree_has_the_hash_of_nothing_and_every_tree_begins_with_it(shelf: Shelf) -> None:
    assert shelf.tree(0).root() == EMPTY
    assert shelf.tree(5).consistency(0) == []
    assert root_tiles(0) == consistency_tiles(0, 5) == set()


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (6, 5), (-1, 5), (0, 2**63)])
def test_there_is_no_proof_of_a_leaf_beyond_the_tree(index: int, size: int) -> None:
    with pytest.raises(OutOfTree):
        Tree(size, Shelf().read).inclusion(index)


@pytest.mark.parametrize(("old", "size"), [(1, 0), (6, 5), (-1, 5), (1, 2**63)])
def test_there_is_no_proof_that_a_tree_begins_with_a_larger_one(old: int, size: int) -> None:
    with pytest.raises(OutOfTree):
        Tree(size, Shelf().read).consistency(old)


def test_a_stored_tile_that_is_too_short_is_refused() -> None:
    with pytest.raises(Malformed, match="malformed_tile"):
        Tree(5, lambda _: bytes(4 * 32)).root()


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 1200), st.data())
def test_any_flipped_bit_of_an_inclusion_proof_is_refused(shelf: Shelf, size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    said = [leaf(index), root(size), *shelf.tree(size).inclusion(index)]
    one, head, *proof = flipped(said, data.draw(st.integers(0, 256 * len(said) - 1)))
    with pytest.raises(Unproven, match="unproven_inclusion"):
        check_inclusion(one, proof, index=index, size=size, root=head)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 1200), st.data())
def test_any_flipped_bit_of_a_consistency_proof_is_refused(shelf: Shelf, size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    said = [root(old), root(size), *shelf.tree(size).consistency(old)]
    before, after, *proof = flipped(said, data.draw(st.integers(0, 256 * len(said) - 1)))
    with pytest.raises(Unproven, match="unproven_consistency"):
        check_consistency(proof, old_size=old, old_root=before, new_size=size, new_root=after)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400), st.integers(0, 400), st.integers(1, 400), st.data())
def test_a_proof_shows_no_other_leaf_and_no_other_size(
    shelf: Shelf, size: int, other: int, claimed: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = shelf.tree(size).inclusion(index)
    if other != index:
        with pytest.raises(Unproven):
            check_inclusion(leaf(index), proof, index=other, size=size, root=root(size))
    if len(path(min(index, claimed - 1), 0, claimed)) != len(proof):
        with pytest.raises(Unproven):
            check_inclusion(leaf(index), proof, index=index, size=claimed, root=root(size))
