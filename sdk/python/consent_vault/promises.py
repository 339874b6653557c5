"""Inclusion promises: the vault's signed word that its access log will hold the entry of an answer.

Keep them. Whoever has a promise and a bundle of the log can show that an entry was left out:
`python -m consent_vault verify BUNDLE --promise FILE`. Written from the description in the vault's SECURITY.md alone.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent_vault.spelling import decoded

HEADER: Final = "log-promise"
"""The header in which an answer that is no decision carries it."""

_FORMAT: Final = "consent-vault/promise/v1"
_HASH: Final = 32
_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class Promise:
    """That the log of an organization will hold an entry, signed at `time` (seconds since 1970). Bytes are base64.

    `leaf` is the hash of the entry, number `index` of the `size` entries that were promised together.
    """

    organization: str
    key: str
    time: int
    size: int
    index: int
    leaf: str
    path: tuple[str, ...]
    signature: str


def read(text: str | bytes) -> Promise:
    """Return the promise in a header, in a decision's JSON, or in JSON of its own; `ValueError` for anything else."""
    try:
        given = text.decode() if isinstance(text, bytes) else text
        told = json.loads(given if given.lstrip().startswith("{") else decoded(given.strip()))
        found = _read(told.get("log", {}).get("promise", told))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise ValueError("that is no promise") from None
    return found


def verify(promise: Promise, keys: bytes | Iterable[bytes], *, entry: bytes | None = None) -> bool:
    """Say whether one of these public keys signed the promise, and, where an entry is given, whether it is of that.

    A public key has 32 bytes; an entry is its bytes as the log holds them.
    """
    given = [keys] if isinstance(keys, bytes) else [*keys]
    public = [one for one in given if key_id(one) == promise.key]
    root = _root(promise)
    if root is None or (entry is not None and b64encode(leaf_hash(entry)).decode() != promise.leaf):
        return False
    lines = (_FORMAT, promise.organization, str(promise.time), str(promise.size), b64encode(root).decode())
    signed = "".join([f"{line}\n" for line in lines]).encode()
    return any(_signed(one, signed, signature=promise.signature) for one in public)


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry (RFC 6962)."""
    return sha256(b"\0" + entry).digest()


def key_id(public: bytes) -> str:
    """Return what a promise key is called."""
    return sha256(public).hexdigest()[:16]


def _read(told: dict[str, Any]) -> Promise:
    texts = {name: told[name] for name in ("organization", "key", "leaf", "signature")}
    numbers = {name: told[name] for name in ("time", "size", "index")}
    path = told["path"]
    if not all(isinstance(text, str) for text in (*texts.values(), *path)) or not isinstance(path, list):
        raise TypeError
    if not all(type(number) is int and 0 <= number <= _LARGEST for number in numbers.values()):
        raise TypeError
    return Promise(**texts, **numbers, path=tuple(path))


def _root(promise: Promise) -> bytes | None:
    """Return the root that leaf and path lead to (RFC 9162 section 2.1.3.2); none if they fit no tree of this size."""
    hashes = [decode(text) for text in (promise.leaf, *promise.path)]
    if not 0 <= promise.index < promise.size or any(len(one) != _HASH for one in hashes):
        return None
    number, last, (found, *path) = promise.index, promise.size - 1, hashes
    for sibling in path:
        if last == 0:
            return None
        if number % 2 or number == last:
            found = sha256(b"\1" + sibling + found).digest()
            while number and not number % 2:
                number, last = number >> 1, last >> 1
        else:
            found = sha256(b"\1" + found + sibling).digest()
        number, last = number >> 1, last >> 1
    return None if last else found


def _signed(public: bytes, message: bytes, *, signature: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(decode(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def decode(text: str) -> bytes:
    """Return the bytes behind base64 in its one right spelling, or none."""
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        return b""
    return raw if b64encode(raw).decode() == text else b""
