"""The shape of the tree, in numbers only: which subtrees make a root, an inclusion proof, a consistency proof.

A span is a half-open range of leaves that RFC 6962 hashes as one; a node is a perfect subtree. Hashes never enter.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from vault.base.errors import Invalid
from vault.tlog.line import LARGEST

Span = tuple[int, int]


class OutOfTree(Invalid):
    """There is no such leaf or smaller tree in a tree of that size."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """The perfect subtree over leaves `index << level` up to `(index + 1) << level`."""

    level: int
    index: int


def nodes(span: Span) -> Iterator[Node]:
    """Yield the perfect subtrees of a span from left to right, each lower than the one before."""
    start, end = span
    while start < end:
        level = (end - start).bit_length() - 1
        yield Node(level=level, index=start >> level)
        start += 1 << level


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Return the spans of RFC 6962 section 2.1.1: from the leaf's sibling to the root's child."""
    if not 0 <= index < size <= LARGEST:
        raise OutOfTree("no_such_leaf", "there is no such leaf in a tree of this size")
    start, end = 0, size
    spans = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(old: int, size: int) -> list[Span]:
    """Return the spans of RFC 6962 section 2.1.2; none for the empty tree, which every tree extends."""
    if not 0 <= old <= size <= LARGEST:
        raise OutOfTree("no_such_size", "the tree was never smaller in this way")
    start, end = 0, size
    spans = []
    while 0 < old < end:
        middle = start + _split(end - start)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    if start:  # otherwise the old tree is a subtree of the new one, and its root is known already
        spans.append((start, end))
    return spans[::-1]


def _split(width: int) -> int:
    """Return the largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1
