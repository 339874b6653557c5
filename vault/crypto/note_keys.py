"""Key pairs that sign notes of the log: Ed25519 (RFC 8032) and ML-DSA-44 (FIPS 204), kept as their 32-byte seeds.

The private half leaves only as the seed that a provider wraps. What is signed, and under whose name, never enters:
`vault/tlog` knows. ML-DSA signs with chance of its own, so two signatures of one message differ.
"""

from __future__ import annotations

from typing import Final, Literal, assert_never

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from vault.base.clock import Entropy
from vault.crypto.box import KEY

Algorithm = Literal["ed25519", "ml-dsa-44"]

PUBLIC: Final[dict[Algorithm, int]] = {"ed25519": 32, "ml-dsa-44": 1312}  # bytes of a public key


class NoteKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair, its public half as the specifications encode it."""

    algorithm: Algorithm
    public: bytes
    private: Ed25519PrivateKey | MLDSA44PrivateKey


def fresh(algorithm: Algorithm, entropy: Entropy) -> NoteKey:
    """Return a new key pair."""
    return read(algorithm, entropy.draw(KEY))


def read(algorithm: Algorithm, seed: bytes) -> NoteKey:
    """Return the key pair of a 32-byte seed; `ValueError` for another length."""
    private = _private(algorithm, seed)
    return NoteKey(algorithm=algorithm, public=private.public_key().public_bytes_raw(), private=private)


def seed(key: NoteKey) -> bytes:
    """Return the 32-byte seed, to be wrapped and forgotten."""
    return key.private.private_bytes_raw()


def sign(key: NoteKey, message: bytes) -> bytes:
    """Return the signature: 64 bytes of Ed25519, 2,420 of ML-DSA-44."""
    return key.private.sign(message)


def verifies(algorithm: Algorithm, public: bytes, *, message: bytes, signature: bytes) -> bool:
    """Say whether `public`, of the length in `PUBLIC`, signed the message."""
    try:
        _public(algorithm, public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _private(algorithm: Algorithm, seed: bytes) -> Ed25519PrivateKey | MLDSA44PrivateKey:
    match algorithm:
        case "ed25519":
            return Ed25519PrivateKey.from_private_bytes(seed)
        case "ml-dsa-44":
            return MLDSA44PrivateKey.from_seed_bytes(seed)
        case _:
            assert_never(algorithm)


def _public(algorithm: Algorithm, public: bytes) -> Ed25519PublicKey | MLDSA44PublicKey:
    match algorithm:
        case "ed25519":
            return Ed25519PublicKey.from_public_bytes(public)
        case "ml-dsa-44":
            return MLDSA44PublicKey.from_public_bytes(public)
        case _:
            assert_never(algorithm)
