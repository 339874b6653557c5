"""Inclusion promises: the log's word, given with an answer, that it will hold the entry of that answer.

One signature covers a batch: the root of the tree (RFC 6962) over the leaf hashes of the entries it wrote, in their
order. Of a leaf, its place and the path to that root prove that it was among them. The text that is signed is written
here and nowhere else; whoever signs, and with which key, is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import msgspec

from vault.tlog.hashes import LENGTH, Hash, leaf_row, parents
from vault.tlog.line import LARGEST, Malformed, encode

MOST: Final = 1024  # entries of one batch; so a path has at most ten hashes

_FORMAT: Final = "consent-vault/promise/v1"
_PAIR: Final = 2 * LENGTH
_KEY_ID: Final = 8


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """The tree over a batch's leaf hashes, as its rows from the leaves up to the root, each laid end to end."""

    rows: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self.rows[0]) // LENGTH

    @property
    def root(self) -> Hash:
        """Return the root."""
        return Hash(self.rows[-1])

    def proofs(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return each leaf and its inclusion proof, from its sibling upwards, in base64.

        A hash stands in the proofs of many leaves, and is spelled once.
        """
        rows = [[encode(row[at : at + LENGTH]) for at in range(0, len(row), LENGTH)] for row in self.rows]
        paths: list[tuple[str, ...]] = [()]  # of the root, which is its own proof; then of each row below
        for row in reversed(rows[:-1]):
            padded = [*row, None]  # the last of an odd row goes up alone
            paths = [
                paths[at >> 1] if (beside := padded[at ^ 1]) is None else (beside, *paths[at >> 1])
                for at in range(len(row))
            ]
        return list(zip(rows[0], paths, strict=True))


def batch(entries: Sequence[bytes]) -> Batch:
    """Return the tree over the leaf hashes of 1 to 1,024 entries."""
    if not 1 <= len(entries) <= MOST:
        raise Malformed("malformed_batch", "a promise covers 1 to 1,024 entries")
    rows = [leaf_row(entries)]
    while len(row := rows[-1]) > LENGTH:
        rows.append(parents(row) + row[len(row) - len(row) % _PAIR :])
    return Batch(rows=tuple(rows))


def text(organization: str, *, size: int, root: Hash, at: int) -> bytes:
    """Return what is signed: five lines. `at` is in seconds since 1970; `organization` is an id, on one line."""
    if not 0 <= at <= LARGEST or "\n" in organization:
        raise Malformed("malformed_promise", "a promise names an organization and a time since 1970")
    return f"{_FORMAT}\n{organization}\n{at}\n{size}\n{encode(root)}\n".encode()


def key_id(public: bytes) -> str:
    """Return what a promise key is called: the first eight bytes of the SHA-256 of its public half, in hexadecimal."""
    return sha256(public).digest()[:_KEY_ID].hex()
