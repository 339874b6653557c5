"""Proofs verified (RFC 9162 sections 2.1.3.2 and 2.1.4.2): nothing stored is believed, only roots somebody signed.

The vault verifies where it is a witness or its own reader. The SDK, which verifies the vault, shares no code with this.
"""

from __future__ import annotations

from collections.abc import Sequence

from vault.base.errors import Invalid
from vault.tlog.hashes import EMPTY, Hash, check_all, node_hash
from vault.tlog.line import LARGEST


class Unproven(Invalid):
    """The proof does not show what it should."""


def check_inclusion(leaf: Hash, proof: Sequence[Hash], *, index: int, size: int, root: Hash) -> None:
    """Return if `proof` shows that the leaf with that hash is number `index` of the tree; else raise `Unproven`."""
    check_all((root,))
    if root_over(leaf, proof, index=index, size=size) != root:
        raise _not_included()


def root_over(leaf: Hash, proof: Sequence[Hash], *, index: int, size: int) -> Hash:
    """Return the root to which `proof` leads from a leaf; `Unproven` if it has not as many hashes as it must."""
    check_all((leaf, *proof))
    if not 0 <= index < size <= LARGEST:
        raise _not_included()
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise _not_included()
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            at, last = _past_edge(at, last)
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise _not_included()
    return found


def check_consistency(proof: Sequence[Hash], *, old_size: int, old_root: Hash, new_size: int, new_root: Hash) -> None:
    """Return if `proof` shows that the new tree begins with the old one; else raise `Unproven`.

    Every tree begins with the empty one, and the proof of it is empty.
    """
    check_all((old_root, new_root, *proof))
    if not 0 <= old_size <= new_size <= LARGEST:
        raise _not_consistent()
    if old_size in {0, new_size}:
        if proof or (old_size == 0 and old_root != EMPTY) or (old_size == new_size and old_root != new_root):
            raise _not_consistent()
        return
    # A perfect old tree is a subtree of the new one, and the proof does not repeat its root.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else proof
    if not proof or _climb(path, old_size - 1, last=new_size - 1) != (old_root, new_root):
        raise _not_consistent()


def _climb(path: Sequence[Hash], at: int, *, last: int) -> tuple[Hash, Hash]:
    """Return the old and the new root that the path leads to, from the highest node both trees share."""
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise _not_consistent()
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            at, last = _past_edge(at, last)
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise _not_consistent()
    return old, new


def _past_edge(at: int, last: int) -> tuple[int, int]:
    """Skip the levels at which the node, last of its row, has no sibling."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _not_included() -> Unproven:
    return Unproven("unproven_inclusion", "the proof does not lead from the leaf to the root")


def _not_consistent() -> Unproven:
    return Unproven("unproven_consistency", "the proof does not show that the newer tree begins with the older")
