"""The one construction under sealed fields and wrapped keys: HKDF-SHA256, AES-256-GCM, a 32-byte commitment.

Every box has a key of its own, derived from the salt in its head, so the nonce is zero and can never repeat. The
commitment is compared first, in constant time, so no box opens under two keys. Every failure is one `SealError`.
What the bytes mean never enters.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from vault.base.errors import VaultError

Reason = Literal["magic", "suite", "length", "wrapping_key", "commitment", "tag", "padding"]

SUITE: Final = 0x01
KEY: Final = 32
SALT: Final = 24
COMMITMENT: Final = 32
TAG: Final = 16

_NONCE: Final = bytes(12)
_HASH: Final = SHA256()


class SealError(VaultError):
    """It does not open. `reason` is for tests and counters; outside, every failure reads the same."""

    def __init__(self, reason: Reason) -> None:
        super().__init__("unreadable_seal", "a sealed value could not be opened")
        self.reason = reason


def framed(part: bytes) -> bytes:
    """Return `lp(part)`: a 4-byte big-endian length and the bytes."""
    return len(part).to_bytes(4, "big") + part


def lock(key: bytes, plaintext: bytes, *, label: bytes, head: bytes, context: bytes) -> bytes:
    """Return `head`, commitment, ciphertext and tag. `head` holds a salt never used before."""
    derived = _derive(key, label + head + sha256(context).digest())
    return b"".join((head, derived[KEY:], AESGCM(derived[:KEY]).encrypt(_NONCE, plaintext, head)))


def unlock(key: bytes, box: bytes, *, label: bytes, head: int, context: bytes) -> bytes:
    """Return the plaintext of a box whose first `head` bytes are its head; the caller has checked its length."""
    start = box[:head]
    body = head + COMMITMENT
    derived = _derive(key, label + start + sha256(context).digest())
    if not compare_digest(derived[KEY:], box[head:body]):
        raise SealError("commitment")
    try:
        return AESGCM(derived[:KEY]).decrypt(_NONCE, box[body:], start)
    except InvalidTag:
        raise SealError("tag") from None


def _derive(key: bytes, info: bytes) -> bytes:
    if len(key) != KEY:  # HMAC pads short keys with zeros: two lengths could mean one key
        raise ValueError("a key has 32 bytes")
    return HKDFExpand(_HASH, KEY + COMMITMENT, info).derive(key)
