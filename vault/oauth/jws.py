"""Compact JWS (RFC 7515) with the signatures the vault accepts, in the smallest shape it has.

What `unverified` returns anybody may have written. `verify` answers for the bytes it returns. Symmetric algorithms and
`none` never enter: an algorithm that is not listed here does not exist.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Final, Literal, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWS
from jwt.algorithms import OKPAlgorithm
from jwt.exceptions import PyJWTError

from vault.base.errors import Denied

Algorithm = Literal["ES256", "EdDSA", "Ed25519", "PS256"]
PublicKey = EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey
Kind = TypeVar("Kind")

_MEMBERS: Final = {
    "ES256": {"kty": "EC", "crv": "P-256"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
    "Ed25519": {"kty": "OKP", "crv": "Ed25519"},
    "PS256": {"kty": "RSA"},
}
_PUBLIC: Final = ("kty", "crv", "x", "y", "n", "e")
_MAX_LENGTH: Final = 8192
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

_jws: Final = PyJWS(
    algorithms=["ES256", "EdDSA", "PS256"],
    options={"verify_signature": True, "enforce_minimum_key_length": True},
)
_jws.register_algorithm("Ed25519", OKPAlgorithm())  # RFC 9864 gave the same signature a second name


class BadSignature(Denied):
    """No token, or not signed by the key it should be signed by."""

    def __init__(self) -> None:
        super().__init__("bad_signature", "send a compact JWS signed with a key the vault knows")


def unverified(token: str, header: type[Kind]) -> Kind:
    """Return the token's header as anybody may have written it; `BadSignature` for what is no compact JWS."""
    return read(_segment(token, 0), header)


def unverified_payload(token: str, payload: type[Kind]) -> Kind:
    """Return the token's payload as anybody may have written it; `BadSignature` for what is no compact JWS."""
    return read(_segment(token, 1), payload)


def read(part: bytes, kind: type[Kind]) -> Kind:
    """Return a header or payload as `kind`; `BadSignature` for another shape."""
    try:
        return msgspec.json.decode(part, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadSignature from None


def verify(token: str, key: PublicKey, *, algorithm: Algorithm) -> bytes:
    """Return the payload signed with `key` by exactly this `algorithm`; `BadSignature` for anything else."""
    try:
        payload: bytes = _jws.decode_complete(token, key, algorithms=[algorithm])["payload"]
    except PyJWTError:
        raise BadSignature from None
    return payload


def sign(payload: object, key: EllipticCurvePrivateKey, *, kid: str, typ: str) -> str:
    """Return `payload` as JSON, signed ES256."""
    return _jws.encode(msgspec.json.encode(payload), key, algorithm="ES256", headers={"kid": kid, "typ": typ})


def public_key(jwk: object, algorithm: Algorithm) -> PublicKey | None:
    """Return the key if it can verify `algorithm`.

    The key's own `alg` is not asked: Ed25519 has two names there. A key published with its private half is no key.
    """
    if not isinstance(jwk, Mapping) or "d" in jwk or jwk.get("use", "sig") != "sig":
        return None
    if any(jwk.get(member) != value for member, value in _MEMBERS[algorithm].items()):
        return None
    try:
        key: PublicKey = _jws.get_algorithm_by_name(algorithm).from_jwk(
            {member: jwk[member] for member in _PUBLIC if member in jwk}
        )
    except (PyJWTError, ValueError, TypeError):
        return None
    return key


def _segment(token: str, position: int) -> bytes:
    if len(token) > _MAX_LENGTH or not _COMPACT.fullmatch(token):
        raise BadSignature
    try:
        return urlsafe_b64decode(token.split(".")[position] + "==")
    except ValueError:
        raise BadSignature from None
