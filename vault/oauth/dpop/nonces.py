"""Nonces that say when a proof was made (RFC 9449 sections 8 and 9), without a word kept anywhere.

A nonce is a slice of time under a key all workers share. Whoever has none, or an old one, is handed the current one.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vault.oauth.jws import base64url
from vault.oauth.token import Keys

SLICE_SECONDS: Final = 120
"""A nonce is good until the slice after its own ends: for two minutes at least, and four at most."""
_KEY: Final = 32
_SIZE: Final = 16
_LABEL: Final = b"cv/dpop-nonce/1\x00"


class Nonces:
    """The nonces of one issuer. `key` is 32 bytes that every worker has and nobody else."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY:
            raise ValueError("a key for nonces has 32 bytes")
        self._key = key

    @staticmethod
    def of(keys: Keys) -> Nonces:
        """Return those of an issuer's signing key, which all workers share: they change when it does."""
        scalar = keys.private.private_numbers().private_value.to_bytes(_KEY, "big")
        return Nonces(HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=_LABEL).derive(scalar))

    def current(self, now: datetime) -> str:
        """Return the nonce to hand out at `now`."""
        return self._of(_slice(now))

    def are_good(self, nonce: str, now: datetime) -> bool:
        """Whether `nonce` is of this slice of time or the one before."""
        given = nonce.encode()
        return any(compare_digest(given, self._of(_slice(now) - back).encode()) for back in (0, 1))

    def _of(self, number: int) -> str:
        return base64url(digest(self._key, number.to_bytes(8, "big"), sha256)[:_SIZE])


def _slice(now: datetime) -> int:
    return int(now.timestamp()) // SLICE_SECONDS
