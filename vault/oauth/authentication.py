"""Whether a client is who it says it is: by a secret, or by an assertion it signed (RFC 7523 sections 2.2 and 3).

A refusal is a value, the reason for the log entry; outside all of them read `invalid_client`. Whether an assertion came
before is for the caller to find out: it reserves what it is handed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from vault.oauth import jws
from vault.oauth.client import Registered
from vault.oauth.request import Asked

Reason = Literal[
    "no_credential", "unknown_client", "other_method", "expired", "wrong_secret", "no_keys", "bad_assertion_header",
    "bad_signature", "bad_assertion_claims", "bad_assertion_times", "replayed",
]  # fmt: skip

MAX_LIFETIME_SECONDS: Final = 600
LEEWAY_SECONDS: Final = 10
_KEEP_SECONDS: Final = 60
_ALGORITHMS: Final[dict[str | None, frozenset[str]]] = {
    None: frozenset({"ES256", "EdDSA", "Ed25519", "PS256"}),
    "ES256": frozenset({"ES256"}),
    "EdDSA": frozenset({"EdDSA", "Ed25519"}),
    "Ed25519": frozenset({"EdDSA", "Ed25519"}),
    "PS256": frozenset({"PS256"}),
}
_TYPES: Final = frozenset({None, "JWT", "jwt", "client-authentication+jwt"})


class Once(msgspec.Struct, frozen=True, kw_only=True):
    """An assertion's id, which its client may use once: whoever issues on it reserves the pair until `expires`.

    That is a minute after the assertion ends, for a worker whose clock is behind.
    """

    jti: str
    expires: datetime


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    alg: jws.Algorithm
    kid: str | None = None
    typ: str | None = None
    crit: object = None


class _Claims(msgspec.Struct, frozen=True, kw_only=True):
    iss: str
    sub: str
    aud: str | tuple[str, ...]
    exp: int | float
    jti: Annotated[str, Meta(pattern=r"^[!-~]{1,256}\Z")]
    iat: int | float = 0
    nbf: int | float = 0


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """`client` is who it says it is. `once` is what must not be used again; a secret may."""

    client: Registered
    once: Once | None = None


def prove(asked: Asked, client: Registered | None, *, audiences: frozenset[str], now: datetime) -> Proof | Reason:
    """Return the proof, or why there is none. `audiences`: the issuer and the token endpoint."""
    credential = asked.credential
    if credential is None:
        return "no_credential"
    if client is None or client.client_id != asked.client_id:
        return "unknown_client"
    if client.authentication.method != credential.method:
        return "other_method"
    if client.is_expired(now):
        return "expired"
    if credential.method == "client_secret_basic":
        return Proof(client=client) if client.knows(credential.proof) else "wrong_secret"
    return _by_assertion(credential.proof, client, audiences=audiences, now=now)


def _by_assertion(assertion: str, client: Registered, *, audiences: frozenset[str], now: datetime) -> Proof | Reason:
    try:
        header = jws.unverified(assertion, _Header)
    except jws.BadSignature:
        return "bad_assertion_header"
    allowed = _ALGORITHMS[client.authentication.algorithm]
    if header.alg not in allowed or header.typ not in _TYPES or header.crit is not None:
        return "bad_assertion_header"
    keys = list(_keys(client, header))
    if not keys:
        return "no_keys"
    payload = _payload(assertion, keys, algorithm=header.alg)
    return "bad_signature" if payload is None else _claimed(payload, client, audiences=audiences, now=now)


def _claimed(payload: bytes, client: Registered, *, audiences: frozenset[str], now: datetime) -> Proof | Reason:
    try:
        claims = jws.read(payload, _Claims)
    except jws.BadSignature:
        return "bad_assertion_claims"
    named = {claims.aud} if isinstance(claims.aud, str) else set(claims.aud)
    if not claims.iss == claims.sub == client.client_id or not named or not named <= audiences:
        return "bad_assertion_claims"
    if not _in_time(claims, now.timestamp()):
        return "bad_assertion_times"
    return Proof(
        client=client, once=Once(jti=claims.jti, expires=datetime.fromtimestamp(claims.exp + _KEEP_SECONDS, UTC))
    )


def _keys(client: Registered, header: _Header) -> Iterator[jws.PublicKey]:
    """Yield the client's keys that fit; two live while one replaces the other. A key without `kid` fits any `kid`."""
    published = (client.authentication.jwks or {}).get("keys")
    for jwk in published if isinstance(published, list | tuple) else ():
        key = jws.public_key(jwk, header.alg)
        if key is not None and (header.kid is None or jwk.get("kid", header.kid) == header.kid):
            yield key


def _payload(assertion: str, keys: list[jws.PublicKey], *, algorithm: jws.Algorithm) -> bytes | None:
    for key in keys:
        try:
            return jws.verify(assertion, key, algorithm=algorithm)
        except jws.BadSignature:
            continue
    return None


def _in_time(claims: _Claims, now: float) -> bool:
    """Whether it has begun, has not ended and does not last long; the client's clock may be a little ahead."""
    begun = max(claims.iat, claims.nbf) <= now + LEEWAY_SECONDS
    return begun and now < claims.exp <= now + MAX_LIFETIME_SECONDS + LEEWAY_SECONDS
