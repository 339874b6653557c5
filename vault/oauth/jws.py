"""Compact JWS (RFC 7515) with the signatures the vault accepts, in the smallest shape it has.

What `parse` returns anybody may have written until `verify` has passed. Symmetric algorithms and `none` never enter: an
algorithm that is not listed here does not exist. A token has one spelling: no padding, no idle bits, no line breaks.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import Final, Literal, TypeVar, assert_never

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAPSSAlgorithm

from vault.base.errors import Denied

Algorithm = Literal["ES256", "EdDSA", "Ed25519", "PS256"]
PublicKey = EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey
Kind = TypeVar("Kind")

MAX_LENGTH: Final = 8192
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LAST: Final = (_LETTERS, "", _LETTERS[::16], _LETTERS[::4])
"""With which letter so many end: it may carry idle bits, and unless they are zero there are two spellings."""
_ES256: Final = ECAlgorithm(ECAlgorithm.SHA256, SECP256R1)
_PS256: Final = RSAPSSAlgorithm(RSAPSSAlgorithm.SHA256)
_ED25519: Final = OKPAlgorithm()  # RFC 9864 gave the same signature a second name


class BadSignature(Denied):
    """No token, or not signed by the key it should be signed by."""

    def __init__(self) -> None:
        super().__init__("bad_signature", "send a compact JWS signed with a key the vault knows")


class Compact(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a token; not verified."""

    header: bytes
    payload: bytes
    signed: bytes
    signature: bytes

    def __repr__(self) -> str:
        return "Compact(...)"


def parse(token: str) -> Compact:
    """Return the parts as anybody may have written them; `BadSignature` for what is no compact JWS."""
    if len(token) > MAX_LENGTH or not _COMPACT.fullmatch(token):
        raise BadSignature
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    return Compact(
        header=_decoded(header), payload=_decoded(payload), signed=signed.encode(), signature=_decoded(signature)
    )


def read(part: bytes, kind: type[Kind]) -> Kind:
    """Return a header or payload as `kind`; `BadSignature` for another shape."""
    try:
        return msgspec.json.decode(part, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadSignature from None


def verify(token: Compact, key: PublicKey, *, algorithm: Algorithm) -> None:
    """Return if `token` is signed with `key` by exactly this `algorithm`; `BadSignature` for anything else."""
    if not _verified(token, key, algorithm=algorithm):
        raise BadSignature


def _verified(token: Compact, key: PublicKey, *, algorithm: Algorithm) -> bool:
    match key:
        case EllipticCurvePublicKey():
            return algorithm == "ES256" and _ES256.verify(token.signed, key, token.signature)
        case Ed25519PublicKey():
            return algorithm in {"EdDSA", "Ed25519"} and _ED25519.verify(token.signed, key, token.signature)
        case RSAPublicKey():
            return algorithm == "PS256" and _PS256.verify(token.signed, key, token.signature)
        case _:
            assert_never(key)


def sign(payload: object, key: EllipticCurvePrivateKey, *, kid: str, typ: str) -> str:
    """Return `payload` as JSON, signed ES256."""
    signed = b".".join((_head(kid, typ), _encoded(msgspec.json.encode(payload))))
    return b".".join((signed, _encoded(_ES256.sign(signed, key)))).decode()


def base64url(raw: bytes) -> str:
    """Return `raw` in the letters of RFC 7515 section 2, without padding."""
    return _encoded(raw).decode()


@lru_cache(maxsize=16)
def _head(kid: str, typ: str) -> bytes:
    return _encoded(msgspec.json.encode({"alg": "ES256", "kid": kid, "typ": typ}))


def _encoded(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")


def _decoded(segment: str) -> bytes:
    if segment[-1] not in _LAST[len(segment) % 4]:
        raise BadSignature
    return urlsafe_b64decode(segment + "==")
