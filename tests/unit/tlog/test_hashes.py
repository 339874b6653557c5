from __future__ import annotations

import pytest

from vault.tlog.hashes import EMPTY, Hash, check_all, checked, leaf_hash, node_hash, parents, read_hash
from vault.tlog.line import Malformed, encode


def test_the_hashes_are_those_of_rfc_6962() -> None:
    # The reference vectors of Certificate Transparency: the empty tree, the empty leaf, and a node over two words.
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    node = node_hash(Hash(b"N123"), Hash(b"N456"))
    assert node.hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def test_a_row_hashes_pair_by_pair_and_leaves_an_odd_one_out() -> None:
    one, two, three = (leaf_hash(bytes([number])) for number in range(3))
    assert parents(one + two) == parents(one + two + three) == node_hash(one, two)
    assert parents(one) == b""


@pytest.mark.parametrize("length", [0, 1, 20, 31, 33, 64])
def test_a_hash_of_another_length_is_refused(length: int) -> None:
    for check in (checked, lambda raw: check_all([EMPTY, raw]), lambda raw: read_hash(encode(raw))):
        with pytest.raises(Malformed, match="malformed_hash"):
            check(bytes(length))


def test_a_hash_of_32_bytes_is_taken() -> None:
    assert checked(EMPTY) == read_hash(encode(EMPTY)) == EMPTY
    check_all([EMPTY, EMPTY])
    check_all([])
