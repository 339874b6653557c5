"""Public keys as clients publish them (RFC 7517): read once, of bounded size, never with a private half.

A key's own `alg` is not asked, for Ed25519 has two names there: what a key can verify follows from what it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAPSSAlgorithm
from jwt.exceptions import PyJWTError

from vault.crypto.signing import thumbprint
from vault.oauth.jws import Algorithm, PublicKey

_REQUIRED: Final = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}  # RFC 7638
_CURVES: Final = {"EC": "P-256", "OKP": "Ed25519", "RSA": None}
_ALGORITHMS: Final[dict[str, frozenset[Algorithm]]] = {
    "EC": frozenset({"ES256"}),
    "OKP": frozenset({"EdDSA", "Ed25519"}),
    "RSA": frozenset({"PS256"}),
}
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_RSA_BITS: Final = range(2048, 4097)
_RSA_EXPONENT: Final = 65537
_MEMBER: Final = re.compile(r"[A-Za-z0-9_-]{1,1024}")
_SHOWABLE: Final = re.compile(r"[!-~]{1,128}")
_SETS: Final = 1024


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A public key, what it can verify, and its RFC 7638 thumbprint."""

    public: PublicKey
    algorithms: frozenset[Algorithm]
    thumbprint: str
    kid: str | None = None

    @property
    def name(self) -> str:
        """What to call the key where it is shown: its `kid` if that can be shown, or else its thumbprint."""
        return self.kid if self.kid is not None and _SHOWABLE.fullmatch(self.kid) else self.thumbprint


def key(jwk: object) -> Key | None:
    """Return the key, or None for one that is private, not for signatures, too large, too small or broken."""
    if not isinstance(jwk, Mapping) or not _PRIVATE.isdisjoint(jwk) or jwk.get("use", "sig") != "sig":
        return None
    kind, kid, uses = jwk.get("kty"), jwk.get("kid"), jwk.get("key_ops", ["verify"])
    if not isinstance(kind, str) or kind not in _REQUIRED or not isinstance(uses, list | tuple) or "verify" not in uses:
        return None
    members = tuple(jwk.get(member) for member in _REQUIRED[kind])
    if not isinstance(kid, str | None) or not all(
        isinstance(member, str) and _MEMBER.fullmatch(member) for member in members
    ):
        return None
    found = _parsed(kind, members)
    return found if found is None or kid is None else msgspec.structs.replace(found, kid=kid)


def published(jwks: Mapping[str, object] | None) -> tuple[Key, ...]:
    """Return the keys of a JWK set that can be used. A set is read once: whoever changes one makes a new mapping."""
    if jwks is None:
        return ()
    held = _held.get(id(jwks))
    if held is not None and held[0] is jwks:
        return held[1]
    listed = jwks.get("keys")
    found = tuple(one for one in map(key, listed if isinstance(listed, list | tuple) else ()) if one is not None)
    if len(_held) >= _SETS:
        _held.clear()
    _held[id(jwks)] = (jwks, found)  # the mapping too, so that no other takes its place in memory
    return found


_held: dict[int, tuple[Mapping[str, object], tuple[Key, ...]]] = {}


@lru_cache(maxsize=512)
def _parsed(kind: str, members: tuple[str, ...]) -> Key | None:
    jwk = dict(zip(_REQUIRED[kind], members, strict=True))
    if jwk.get("crv") != _CURVES[kind]:
        return None
    try:
        public = _public(kind, jwk)
    except (PyJWTError, ValueError, TypeError):
        return None
    return None if public is None else Key(public=public, algorithms=_ALGORITHMS[kind], thumbprint=thumbprint(jwk))


def _public(kind: str, jwk: dict[str, str]) -> PublicKey | None:
    """Return the key. An RSA key of any size or exponent would let whoever sends it choose what verifying costs."""
    match kind:
        case "EC":
            found = ECAlgorithm.from_jwk(jwk)
            return found if isinstance(found, EllipticCurvePublicKey) else None
        case "OKP":
            edwards = OKPAlgorithm.from_jwk(jwk)
            return edwards if isinstance(edwards, Ed25519PublicKey) else None
        case _:
            rsa = RSAPSSAlgorithm.from_jwk(jwk)
            if not isinstance(rsa, RSAPublicKey) or rsa.key_size not in _RSA_BITS:
                return None
            return rsa if rsa.public_numbers().e == _RSA_EXPONENT else None
