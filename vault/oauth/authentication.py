"""Whether a client is who it says it is: by a secret, or by an assertion it signed (RFC 7523 sections 2.2 and 3).

A refusal is a value, the reason for the log entry; outside all of them read `invalid_client`. Whether an assertion came
before is for the caller to find out: it reserves what it is handed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from vault.oauth import jws
from vault.oauth.client import Registered
from vault.oauth.jwk import Key
from vault.oauth.request import Asked, Credential

Reason = Literal[
    "no_credential", "unknown_client", "other_method", "expired", "suspended", "wrong_secret", "no_keys",
    "bad_assertion_header", "bad_signature", "bad_assertion_claims", "bad_assertion_times", "replayed",
]  # fmt: skip

MAX_LIFETIME_SECONDS: Final = 3600  # what well-known clients sign for
LEEWAY_SECONDS: Final = 10
LIVE: Final = 2
"""How many keys are tried on an assertion that does not name one: the old and the new, while a client changes over."""
KEEP_SECONDS: Final = 60
_EDWARDS: Final = frozenset({"EdDSA", "Ed25519"})
_ALGORITHMS: Final[dict[str | None, frozenset[str]]] = {
    None: frozenset({"ES256", "EdDSA", "Ed25519", "PS256"}),
    "ES256": frozenset({"ES256"}),
    "EdDSA": _EDWARDS,
    "Ed25519": _EDWARDS,
    "PS256": frozenset({"PS256"}),
}
_TYPES: Final = frozenset({None, "JWT", "jwt", "client-authentication+jwt"})


class Once(msgspec.Struct, frozen=True, kw_only=True):
    """An assertion's id, which its client may use once: whoever issues on it reserves the pair until `expires`.

    That is a minute after the assertion ends, for a worker whose clock is behind.
    """

    jti: str
    expires: datetime


class Audiences(msgspec.Struct, frozen=True, kw_only=True):
    """For whom an assertion may be meant: the issuer, or any endpoint of it; for `fapi2` the issuer's name alone."""

    issuer: str
    endpoints: frozenset[str]

    def hold(self, aud: str | tuple[str, ...], client: Registered) -> bool:
        """Whether `aud` names us and nobody else (FAPI 2.0 section 5.3.2.1 for a client of that profile)."""
        if client.must_bind:
            return aud == self.issuer
        named = {aud} if isinstance(aud, str) else set(aud)
        return bool(named) and named <= {self.issuer, *self.endpoints}


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    alg: jws.Algorithm
    kid: str | None = None
    typ: str | None = None
    crit: object = None
    b64: object = None


class _Claims(msgspec.Struct, frozen=True, kw_only=True):
    iss: str
    sub: str
    aud: str | tuple[str, ...]
    exp: int | float
    jti: Annotated[str, Meta(pattern=r"^[!-~]{1,256}\Z")]
    iat: int | float = 0
    nbf: int | float = 0


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """`client` is who it says it is. `once` is what must not be used again; a secret may.

    `credential` names what proved it, to be kept as last used: a `kid`, a key's thumbprint, a digest's beginning.
    """

    client: Registered
    credential: str
    once: Once | None = None


def prove(asked: Asked, client: Registered | None, *, audiences: Audiences, now: datetime) -> Proof | Reason:
    """Return the proof, or why there is none. Signatures come last: whatever else is wrong costs none."""
    credential = asked.credential
    if credential is None:
        return "no_credential"
    if client is None or client.client_id != asked.client_id:
        return "unknown_client"
    refused = _refused(credential, client, now=now)
    if refused is not None:
        return refused
    if isinstance(credential.proof, str):
        named = client.named(credential.proof)
        return "wrong_secret" if named is None else Proof(client=client, credential=named)
    return _by_assertion(credential.proof, client, audiences=audiences, now=now)


def _refused(credential: Credential, client: Registered, *, now: datetime) -> Reason | None:
    if client.authentication.method != credential.method:
        return "other_method"
    if client.must_bind and credential.method != "private_key_jwt":
        return "other_method"
    if client.is_expired(now):
        return "expired"
    return "suspended" if client.suspended else None


def _by_assertion(token: jws.Compact, client: Registered, *, audiences: Audiences, now: datetime) -> Proof | Reason:
    read = _unverified(token, client)
    if isinstance(read, str):
        return read
    header, claims = read
    if not claims.iss == claims.sub == client.client_id or not audiences.hold(claims.aud, client):
        return "bad_assertion_claims"
    if not _in_time(claims, now.timestamp()):
        return "bad_assertion_times"
    keys = _keys(client, header)
    if not keys:
        return "no_keys"
    signer = next((key for key in keys if _signed(token, key, algorithm=header.alg)), None)
    if signer is None:
        return "bad_signature"
    expires = datetime.fromtimestamp(claims.exp + KEEP_SECONDS, UTC)
    return Proof(client=client, credential=signer.name, once=Once(jti=claims.jti, expires=expires))


def _unverified(token: jws.Compact, client: Registered) -> tuple[_Header, _Claims] | Reason:
    try:
        header = jws.read(token.header, _Header)
    except jws.BadSignature:
        return "bad_assertion_header"
    if not _may_stand(header, client):
        return "bad_assertion_header"
    try:
        return header, jws.read(token.payload, _Claims)
    except jws.BadSignature:
        return "bad_assertion_claims"


def _may_stand(header: _Header, client: Registered) -> bool:
    allowed = _ALGORITHMS[client.authentication.algorithm]
    plain = header.crit is None and header.b64 is None
    return plain and header.alg in allowed and header.typ in _TYPES


def _keys(client: Registered, header: _Header) -> list[Key]:
    """Return the client's keys that fit. One whose name is called goes before one without `kid`, which fits any."""
    fits = [key for key in client.published if header.alg in key.algorithms]
    if header.kid is not None:
        fits = [key for key in fits if key.kid == header.kid] + [key for key in fits if key.kid is None]
    return fits[:LIVE]


def _signed(token: jws.Compact, key: Key, *, algorithm: jws.Algorithm) -> bool:
    try:
        jws.verify(token, key.public, algorithm=algorithm)
    except jws.BadSignature:
        return False
    return True


def _in_time(claims: _Claims, now: float) -> bool:
    """Whether it has begun, has not ended and does not last long; the client's clock may be a little ahead."""
    begun = max(claims.iat, claims.nbf) <= now + LEEWAY_SECONDS
    return begun and now < claims.exp <= now + MAX_LIFETIME_SECONDS + LEEWAY_SECONDS
