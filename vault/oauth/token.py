"""Access tokens (RFC 9068): what they say, signing them, believing them, and the keys for both.

Signed ES256 alone. A token that says anything this version does not understand is refused, for it may say "only".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from jwt.algorithms import ECAlgorithm
from msgspec import UNSET, Meta, UnsetType

from vault.base.errors import Denied, Invalid
from vault.base.ids import CUSTOMER, SHOWN, ClientId, CustomerId, OrganizationId
from vault.domain.reach import Reach
from vault.oauth import jws
from vault.oauth.grant import details

LIFETIME_SECONDS: Final = 300
TYPE: Final = "at+jwt"
_CUSTOMER: Final = re.compile(CUSTOMER + SHOWN)


class TokenError(Denied):
    """The token is not believed (RFC 6750 section 3.1). Which check failed is told to nobody."""

    def __init__(self) -> None:
        super().__init__("invalid_token", "get a new access token from the token endpoint")


class Overlong(Invalid):
    """A token that names so much that nobody would carry it."""

    def __init__(self) -> None:
        super().__init__("invalid_authorization_details", "name fewer purposes, channels and fields")


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says about the client that carries it, to the second.

    `reach` is None for the whole ceiling; `jkt` is the thumbprint of the key the token is bound to; `customer` is for
    whom the client acts (RFC 8693), and then the token is good for that person's own matters.
    """

    organization: OrganizationId
    client: ClientId
    client_id: str
    scopes: frozenset[str]
    jti: str
    issued_at: datetime
    expires: datetime
    reach: Reach | None = None
    jkt: str | None = None
    customer: CustomerId | None = None

    @property
    def subject(self) -> str:
        """Whom the token is about: without a person behind it, the client (RFC 9068 section 2.2)."""
        return self.client_id if self.customer is None else self.customer


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """The key that signs, and public halves by `kid` of those that will, or that signed what may live. All P-256."""

    kid: str
    private: EllipticCurvePrivateKey
    others: Mapping[str, EllipticCurvePublicKey] = {}

    def public(self) -> dict[str, EllipticCurvePublicKey]:
        """Return every key a living token may name, the signing one first."""
        return {self.kid: self.private.public_key(), **self.others}


class _Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    alg: Literal["ES256"]
    typ: Literal["at+jwt"]
    kid: str


class _Confirmation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """RFC 9449 section 6.1."""

    jkt: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]


class _Acting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """RFC 8693 section 4.1."""

    sub: str


class _Payload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    iss: str
    aud: str
    sub: str
    client_id: str
    organization: OrganizationId
    client: ClientId
    scope: str
    jti: str
    iat: int
    exp: int
    authorization_details: tuple[details.Granted] | UnsetType = UNSET
    cnf: _Confirmation | UnsetType = UNSET
    act: _Acting | UnsetType = UNSET


def issue(claims: Claims, keys: Keys, *, issuer: str, audience: str) -> str:
    """Return the signed token. One that `verify` would find too long to read is not made: `Overlong`."""
    payload = _Payload(
        iss=issuer,
        aud=audience,
        sub=claims.subject,
        client_id=claims.client_id,
        organization=claims.organization,
        client=claims.client,
        scope=" ".join(sorted(claims.scopes)),
        jti=claims.jti,
        iat=int(claims.issued_at.timestamp()),
        exp=int(claims.expires.timestamp()),
        authorization_details=UNSET if claims.reach is None else details.granted(claims.reach),
        cnf=UNSET if claims.jkt is None else _Confirmation(jkt=claims.jkt),
        act=UNSET if claims.customer is None else _Acting(sub=claims.client_id),
    )
    token = jws.sign(payload, keys.private, kid=keys.kid, typ=TYPE)
    if len(token) > jws.MAX_LENGTH:
        raise Overlong
    return token


def key_named(token: str) -> str | None:
    """Return the `kid` a token names, as anybody may have written it."""
    try:
        return jws.read(jws.parse(token).header, _Header).kid
    except jws.BadSignature:
        return None


def verify(
    token: str, keys: Mapping[str, EllipticCurvePublicKey], *, issuer: str, audience: str, now: datetime
) -> Claims:
    """Return what the token says (RFC 9068 section 4); `TokenError` unless all of it holds at `now`."""
    try:
        parts = jws.parse(token)
        header, payload = jws.read(parts.header, _Header), jws.read(parts.payload, _Payload)
        if (key := keys.get(header.kid)) is None or not _holds(payload, issuer=issuer, audience=audience, now=now):
            raise TokenError
        jws.verify(parts, key, algorithm=header.alg)
    except jws.BadSignature:
        raise TokenError from None
    return _claims(payload)


def _holds(payload: _Payload, *, issuer: str, audience: str, now: datetime) -> bool:
    if (payload.iss, payload.aud) != (issuer, audience) or payload.exp <= now.timestamp():
        return False
    if payload.act is UNSET:
        return payload.sub == payload.client_id
    return payload.act.sub == payload.client_id and _CUSTOMER.fullmatch(payload.sub) is not None


def _claims(payload: _Payload) -> Claims:
    granted, bound, acting = payload.authorization_details, payload.cnf, payload.act
    return Claims(
        organization=payload.organization,
        client=payload.client,
        client_id=payload.client_id,
        scopes=frozenset(payload.scope.split()),
        jti=payload.jti,
        issued_at=datetime.fromtimestamp(payload.iat, UTC),
        expires=datetime.fromtimestamp(payload.exp, UTC),
        reach=None if granted is UNSET else details.read(granted),
        jkt=None if bound is UNSET else bound.jkt,
        customer=None if acting is UNSET else CustomerId(payload.sub),
    )


def jwks(keys: Keys) -> dict[str, Any]:
    """Return the JWK set (RFC 7517) under which anybody may verify our tokens."""
    return {
        "keys": [
            {**ECAlgorithm.to_jwk(key, as_dict=True), "use": "sig", "alg": "ES256", "kid": kid}
            for kid, key in keys.public().items()
        ]
    }
