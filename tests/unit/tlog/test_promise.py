"""A promise's tree is RFC 6962's, its text has one spelling, and nothing of it can be changed unnoticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tlog.shelf import entry, leaves, merkle
from tests.unit.tlog.shelf import path as proof
from vault.base.clock import SystemEntropy
from vault.crypto import note_keys
from vault.tlog import promise
from vault.tlog.hashes import Hash, leaf_hash
from vault.tlog.line import Malformed, decode
from vault.tlog.verify import Unproven, root_over

ORGANIZATION = "org_06h0090m41t835kpwqjv10s1y0"
NOW = 1_795_321_234
KEY = note_keys.fresh("ed25519", SystemEntropy())


def entries(size: int) -> list[bytes]:
    return [entry(index) for index in range(size)]


def holds(leaf: bytes, path: list[Hash], *, index: int, size: int, signature: bytes) -> bool:
    """Verify a promise as whoever keeps it does."""
    try:
        root = root_over(Hash(leaf), path, index=index, size=size)
    except (Unproven, Malformed):
        return False
    text = promise.text(ORGANIZATION, size=size, root=root, at=NOW)
    return note_keys.verifies("ed25519", KEY.public, message=text, signature=signature)


def proven(tree: promise.Batch, index: int) -> tuple[Hash, list[Hash]]:
    """The leaf of a place and its path, as whoever is given the promise reads them."""
    leaf, path = tree.proofs()[index]
    return Hash(decode(leaf)), [Hash(decode(node)) for node in path]


def signed(tree: promise.Batch) -> bytes:
    return note_keys.sign(KEY, promise.text(ORGANIZATION, size=tree.size, root=tree.root, at=NOW))


@pytest.mark.parametrize("size", [*range(1, 301), 512, 1023, 1024])
def test_every_leaf_of_a_batch_leads_to_the_root_of_rfc_6962(size: int) -> None:
    tree = promise.batch(entries(size))
    assert tree.root == merkle(0, size)
    signature = signed(tree)
    for index in {0, 1, size // 2, size - 2, size - 1} & {*range(size)}:
        leaf, path = proven(tree, index)
        assert len(path) <= 10
        assert leaf == leaves(size)[index]
        assert holds(leaf, path, index=index, size=size, signature=signature)


def test_every_leaf_of_every_small_batch_has_the_path_that_the_log_would_give() -> None:
    for size in range(1, 65):
        tree = promise.batch(entries(size))
        assert [proven(tree, index)[1] for index in range(size)] == [proof(index, 0, size) for index in range(size)]


@given(st.integers(1, 300), st.data())
def test_any_flipped_bit_is_refused(size: int, data: st.DataObject) -> None:
    tree = promise.batch(entries(size))
    index = data.draw(st.integers(0, size - 1))
    (own, path), signature = proven(tree, index), signed(tree)
    parts = [own, *path, signature]
    place = data.draw(st.integers(0, len(parts) - 1))
    bit = data.draw(st.integers(0, len(parts[place]) * 8 - 1))
    flipped = bytearray(parts[place])
    flipped[bit // 8] ^= 1 << bit % 8
    parts[place] = Hash(bytes(flipped))
    leaf, *rest = parts
    assert not holds(leaf, [Hash(one) for one in rest[:-1]], index=index, size=size, signature=rest[-1])
    assert holds(own, path, index=index, size=size, signature=signature)


@given(st.integers(1, 300), st.integers(0, 400), st.integers(0, 400), st.integers(0, 299))
def test_a_leaf_is_at_its_own_place_in_a_tree_of_its_own_size_only(
    size: int, other_size: int, other_index: int, at: int
) -> None:
    tree, index = promise.batch(entries(size)), at % size
    leaf, path = proven(tree, index)
    found = holds(leaf, path, index=other_index, size=other_size, signature=signed(tree))
    assert found is ((other_index, other_size) == (index, size))


def test_a_promise_of_another_organization_or_time_is_another_text() -> None:
    root = leaf_hash(b"")
    text = promise.text(ORGANIZATION, size=1, root=root, at=NOW)
    assert text == (
        b"consent-vault/promise/v1\norg_06h0090m41t835kpwqjv10s1y0\n1795321234\n1\n"
        b"bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n"
    )
    assert promise.text("org_other", size=1, root=root, at=NOW) != text
    assert promise.text(ORGANIZATION, size=1, root=root, at=NOW + 1) != text


@pytest.mark.parametrize("count", [0, 1025])
def test_a_batch_has_1_to_1024_leaves(count: int) -> None:
    with pytest.raises(Malformed, match="1 to 1,024"):
        promise.batch([b""] * count)


@pytest.mark.parametrize(("organization", "at"), [(ORGANIZATION, -1), (ORGANIZATION, 2**63), ("org\n1", 0)])
def test_what_would_be_read_as_another_promise_is_never_signed(organization: str, at: int) -> None:
    with pytest.raises(Malformed, match="organization and a time"):
        promise.text(organization, size=1, root=leaf_hash(b""), at=at)


def test_a_key_is_called_by_its_public_half() -> None:
    assert promise.key_id(bytes(32)) == "66687aadf862bd77"
