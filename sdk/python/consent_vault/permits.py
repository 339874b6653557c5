"""Permits: the vault's signed proof that a message is allowed, verified by its sender without asking anybody.

`verify` opens no connection. It takes the vault's public keys (`Vault.signing_keys`, kept for minutes) and the sender's
own key (`Vault.permit_key`). A permit holds for at most fifteen minutes, and what is said meanwhile it cannot know:
`Vault.revoked_permits` tells of that. Written from the description in the vault's SECURITY.md alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest, digest
from typing import Any, Final
from unicodedata import normalize

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from consent_vault.machine import now
from consent_vault.spelling import decoded, encoded

_TYPE: Final = "permit+jwt"
_LABEL: Final = b"cv/permit/to/1\x00"
_PARTS: Final = 3
_COORDINATE: Final = 32
_LONGEST: Final = 8192
_CHUNK: Final = 64
_SKEW: Final = 300
"""By how many seconds this clock may be behind the vault's. A permit never lives longer for it."""


class Refused(Exception):
    """The permit allows nothing here. `code` is for programs; neither it nor the sentence holds a value."""

    code = "refused"
    sentence = "the permit is refused"

    def __init__(self) -> None:
        super().__init__(self.sentence)


class Forged(Refused):
    """It is no permit of this vault, or was altered."""

    code = "forged"
    sentence = "this is no permit that this vault signed"


class UnknownKey(Forged):
    """It names a key that is not among those given: fetch them anew, once, before you call it forged."""

    code = "unknown_key"
    sentence = "the permit names a key that is not among the vault's"


class OtherAudience(Refused):
    """It is for another sender."""

    code = "other_audience"
    sentence = "the permit is for another sender"


class Expired(Refused):
    """It is over, or not yet good by this clock: ask for another."""

    code = "expired"
    sentence = "the permit is over; ask for another"


class OtherAddress(Refused):
    """It is for another address."""

    code = "other_address"
    sentence = "the permit is for another address"


@dataclass(frozen=True, kw_only=True)
class Permit:
    """What a permit says. `person` is what the person is called to this sender alone; times are seconds since 1970."""

    decision: str
    issuer: str
    person: str
    purpose: str
    channel: str
    given_at: int
    expires_at: int
    campaign: str | None = None
    unsubscribe: str | None = None


def verify(token: str, jwks: Mapping[str, Any], *, audience: str, address: str, key: str | bytes) -> Permit:
    """Return what the permit says, if it holds for a message by this sender to this address; else raise `Refused`.

    `audience` is the sender's OAuth client id, `key` its permit key.
    """
    claims = _signed(token, jwks)
    if _text(claims, "aud") != audience:
        raise OtherAudience
    if not _number(claims, "iat") - _SKEW <= now() < _number(claims, "exp"):
        raise Expired
    secret = decoded(key) if isinstance(key, str) else key
    if not compare_digest(address_hash(secret, address), _text(claims, "to")):
        raise OtherAddress
    return Permit(
        decision=_text(claims, "jti"),
        issuer=_text(claims, "iss"),
        person=_text(claims, "sub"),
        purpose=_text(claims, "purpose"),
        channel=_text(claims, "channel"),
        given_at=_number(claims, "iat"),
        expires_at=_number(claims, "exp"),
        campaign=_text(claims, "campaign") if "campaign" in claims else None,
        unsubscribe=_text(claims, "unsubscribe") if "unsubscribe" in claims else None,
    )


def address_hash(key: bytes, address: str) -> str:
    """Return what stands in a permit for an address, a telephone number as E.164."""
    return encoded(digest(key, _LABEL + _normal(address).encode("utf-8", "surrogatepass"), "sha256"))


def spaced(token: str) -> str:
    """Return a permit for a mail header: in pieces, for no line of a message may be longer than 998 letters."""
    return " ".join(token[place : place + _CHUNK] for place in range(0, len(token), _CHUNK))


def _normal(address: str) -> str:
    """Return the one form of an address that is compared: letters of one case, the domain as the DNS has it."""
    local, at, domain = address.strip().rpartition("@")
    if not at:
        return normalize("NFC", address.strip())
    try:
        ascii_domain = domain.lower() if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        ascii_domain = domain
    return f"{normalize('NFC', normalize('NFD', local).casefold())}@{ascii_domain}"


def _signed(token: str, jwks: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims of a token that one of these keys signed, in the one spelling it has."""
    parts = token.split(".")
    if len(token) > _LONGEST or len(parts) != _PARTS or not token.isascii():
        raise Forged
    header, signature = _object(parts[0]), decoded(parts[2])
    if (header.get("alg"), header.get("typ")) != ("ES256", _TYPE) or "crit" in header:
        raise Forged
    named = [one for one in _keys(jwks) if one.get("kid") == header.get("kid")]
    if not named:
        raise UnknownKey
    if not any(_verified(f"{parts[0]}.{parts[1]}".encode(), signature, key=one) for one in named):
        raise Forged
    return _object(parts[1])


def _keys(jwks: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    told = jwks.get("keys", [])
    found = [one for one in told if isinstance(one, Mapping)] if isinstance(told, list | tuple) else []
    return [one for one in found if (one.get("kty"), one.get("crv")) == ("EC", "P-256")]


def _verified(message: bytes, signature: bytes, *, key: Mapping[str, Any]) -> bool:
    if len(signature) != 2 * _COORDINATE:
        return False
    x, y = (int.from_bytes(decoded(str(key.get(name, "")))) for name in ("x", "y"))
    r, s = (int.from_bytes(half) for half in (signature[:_COORDINATE], signature[_COORDINATE:]))
    try:
        public = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
        public.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _object(part: str) -> dict[str, Any]:
    try:
        told = json.loads(decoded(part))
    except (ValueError, RecursionError):
        raise Forged from None
    if not isinstance(told, dict):
        raise Forged
    return told


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise Forged
    return value


def _number(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int:
        raise Forged
    return value
