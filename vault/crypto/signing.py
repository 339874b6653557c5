"""ES256 key pairs that sign access tokens: made, kept as 32 bytes, called by their thumbprint.

The private half leaves only as the 32-byte scalar that a provider wraps. The key id is the RFC 7638 thumbprint, so
two keys never share one. Tokens themselves never enter.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key

from vault.base.canonical import canonical
from vault.base.clock import Entropy
from vault.crypto.box import KEY

_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256, SP 800-186 3.2.1.3
_EXTRA: Final = 8


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """A P-256 key pair. `private` is what a JWT library signs with."""

    kid: str
    private: EllipticCurvePrivateKey


def fresh(entropy: Entropy) -> SigningKey:
    """Return a new key pair: FIPS 186-5 A.2.1, 64 bits more chance than needed and then reduced."""
    chance = int.from_bytes(entropy.draw(KEY + _EXTRA), "big")
    return _key(chance % (_ORDER - 1) + 1)


def read(scalar: bytes) -> SigningKey:
    """Return the key pair of a 32-byte private scalar; `ValueError` for anything else."""
    if len(scalar) != KEY:
        raise ValueError("a P-256 scalar has 32 bytes")
    return _key(int.from_bytes(scalar, "big"))


def scalar(key: SigningKey) -> bytes:
    """Return the 32-byte private scalar, to be wrapped and forgotten."""
    return key.private.private_numbers().private_value.to_bytes(KEY, "big")


def thumbprint(required: dict[str, str]) -> str:
    """Return the RFC 7638 thumbprint of a JWK's required members."""
    return _base64url(sha256(canonical(required)).digest())


def _key(value: int) -> SigningKey:
    private = derive_private_key(value, SECP256R1())
    return SigningKey(kid=thumbprint(_required(private)), private=private)


def _required(private: EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = private.public_key().public_numbers()
    return {
        "crv": "P-256",
        "kty": "EC",
        "x": _base64url(numbers.x.to_bytes(KEY, "big")),
        "y": _base64url(numbers.y.to_bytes(KEY, "big")),
    }


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
