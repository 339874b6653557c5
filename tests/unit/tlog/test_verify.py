"""Published proofs, and what is wrong with proofs that are nearly right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.tlog.shelf import Shelf, leaves
from vault.base.errors import VaultError
from vault.tlog.hashes import EMPTY, Hash, leaf_hash
from vault.tlog.line import Malformed
from vault.tlog.verify import Unproven, check_consistency, check_inclusion

# The reference tree of Certificate Transparency: github.com/transparency-dev/merkle, proof/verify_test.go.
LEAVES = [
    leaf_hash(bytes.fromhex(text))
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    EMPTY,
    *(
        Hash(bytes.fromhex(text))
        for text in (
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        )
    ),
]
INCLUSION: list[tuple[int, int, list[str]]] = [
    (0, 1, []),
    (0, 8, [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]),
    (5, 8, [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (1, 5, [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]),
]  # fmt: skip
CONSISTENCY: list[tuple[int, int, list[str]]] = [
    (1, 1, []),
    (1, 8, INCLUSION[1][2]),
    (6, 8, [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
    (2, 5, [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]),
    (6, 7, [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
]  # fmt: skip
STRAY = Hash(bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456"))


def hashes(texts: list[str]) -> list[Hash]:
    return [Hash(bytes.fromhex(text)) for text in texts]


@pytest.mark.parametrize("size", range(9))
def test_the_reference_tree_has_its_published_roots(size: int) -> None:
    assert Shelf().append(LEAVES[:size]).root == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_published_inclusion_proofs_are_the_ones_made_and_the_ones_taken(
    index: int, size: int, proof: list[str]
) -> None:
    shelf = Shelf()
    shelf.append(LEAVES)
    assert shelf.tree(size).inclusion(index) == hashes(proof)
    check_inclusion(LEAVES[index], hashes(proof), index=index, size=size, root=ROOTS[size])


@pytest.mark.parametrize(("old", "size", "proof"), CONSISTENCY)
def test_published_consistency_proofs_are_the_ones_made_and_the_ones_taken(
    old: int, size: int, proof: list[str]
) -> None:
    shelf = Shelf()
    shelf.append(LEAVES)
    assert shelf.tree(size).consistency(old) == hashes(proof)
    check_consistency(hashes(proof), old_size=old, old_root=ROOTS[old], new_size=size, new_root=ROOTS[size])


def spoiled(proof: list[Hash], root: Hash) -> Iterator[list[Hash]]:
    yield [*proof, root]
    yield [root, *proof]
    yield [*proof, STRAY]
    yield [STRAY, *proof]
    if proof:
        yield proof[:-1]
        yield proof[1:]
        yield [proof[0], *proof]
        yield [*proof[:-1], STRAY]
    if len(proof) > 1:
        yield proof[::-1]
        yield [proof[0], STRAY, *proof[1:]]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_a_published_inclusion_proof_for_anything_else_is_refused(index: int, size: int, proof: list[str]) -> None:
    right, leaf, root = hashes(proof), LEAVES[index], ROOTS[size]
    wrong = [
        *((leaf, right, other, size, root) for other in (index - 1, index + 1, index ^ 2)),
        *((leaf, right, index, other, root) for other in (size * 2, size // 2, 2**63)),
        *((leaf, right, index, size, other) for other in (EMPTY, STRAY)),
        (STRAY, right, index, size, root),
        *((leaf, other, index, size, root) for other in spoiled(right, root)),
    ]  # fmt: skip
    for one, other, at, claimed, head in wrong:
        with pytest.raises(Unproven, match="unproven_inclusion"):
            check_inclusion(one, other, index=at, size=claimed, root=head)


@pytest.mark.parametrize(("old", "size", "proof"), CONSISTENCY)
def test_a_published_consistency_proof_for_anything_else_is_refused(old: int, size: int, proof: list[str]) -> None:
    right, before, after = hashes(proof), ROOTS[old], ROOTS[size]
    wrong = [
        *((right, other, before, size, after) for other in (old - 1, old + 1, old ^ 2, -1)),
        *((right, old, before, other, after) for other in (size * 2, size // 2, 2**63)),
        (right, old, STRAY, size, after), (right, old, before, size, STRAY),
        *((other, old, before, size, after) for other in spoiled(right, after)),
    ]  # fmt: skip
    if before != after:
        wrong += [(right, old, after, size, before), ([], old, before, size, after)]
    for other, first, old_root, second, new_root in wrong:
        with pytest.raises(Unproven, match="unproven_consistency"):
            check_consistency(other, old_size=first, old_root=old_root, new_size=second, new_root=new_root)


@pytest.mark.parametrize("length", [0, 20, 31, 33, 64])
def test_hashes_of_other_lengths_are_refused(length: int) -> None:
    odd = Hash(bytes(length))
    shelf = Shelf()
    root = shelf.append(leaves(2)).root
    one, two = leaves(2)
    for leaf, proof, head in ((odd, [two], root), (one, [odd], root), (one, [two], odd)):
        with pytest.raises(Malformed, match="malformed_hash"):
            check_inclusion(leaf, proof, index=0, size=2, root=head)
    for old, proof, head in ((odd, [two], root), (one, [odd], root), (one, [two], odd)):
        with pytest.raises(Malformed, match="malformed_hash"):
            check_consistency(proof, old_size=1, old_root=old, new_size=2, new_root=head)


def test_every_tree_begins_with_the_empty_one_and_needs_no_proof_of_it() -> None:
    check_consistency([], old_size=0, old_root=EMPTY, new_size=0, new_root=EMPTY)
    check_consistency([], old_size=0, old_root=EMPTY, new_size=5, new_root=ROOTS[5])
    for proof, old_root, size, new_root in (
        ([STRAY], EMPTY, 5, ROOTS[5]), ([], STRAY, 5, ROOTS[5]), ([], STRAY, 0, STRAY), ([], EMPTY, 0, STRAY),
        ([], STRAY, 0, EMPTY), ([EMPTY], EMPTY, 0, EMPTY),
    ):  # fmt: skip
        with pytest.raises(Unproven):
            check_consistency(proof, old_size=0, old_root=old_root, new_size=size, new_root=new_root)


def test_a_refusal_holds_no_value() -> None:
    for shown in (Unproven, Malformed):
        assert issubclass(shown, VaultError)
    with pytest.raises(Unproven) as refused:
        check_inclusion(STRAY, [], index=0, size=1, root=EMPTY)
    assert STRAY.hex() not in str(refused.value)
