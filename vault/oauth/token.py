"""Access tokens (RFC 9068): what they say, signing them, believing them, and the keys for both.

Signed ES256 alone. A token that says anything this version does not understand is refused, for it may say "only".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from jwt.algorithms import ECAlgorithm

from vault.base.errors import Denied
from vault.base.ids import ClientId, OrganizationId
from vault.oauth import jws

LIFETIME_SECONDS: Final = 300
TYPE: Final = "at+jwt"


class TokenError(Denied):
    """The token is not believed (RFC 6750 section 3.1). Which check failed is told to nobody."""

    def __init__(self) -> None:
        super().__init__("invalid_token", "get a new access token from the token endpoint")


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says about the client that carries it, to the second."""

    organization: OrganizationId
    client: ClientId
    client_id: str
    scopes: frozenset[str]
    jti: str
    issued_at: datetime
    expires: datetime


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """The key that signs, and public keys by `kid` that signed tokens which may still live. All on P-256."""

    kid: str
    private: EllipticCurvePrivateKey
    previous: Mapping[str, EllipticCurvePublicKey] = {}

    def public(self) -> dict[str, EllipticCurvePublicKey]:
        """Return every key a living token may name, the signing one first."""
        return {self.kid: self.private.public_key(), **self.previous}


class _Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    alg: Literal["ES256"]
    typ: Literal["at+jwt"]
    kid: str


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


def issue(claims: Claims, keys: Keys, *, issuer: str, audience: str) -> str:
    """Return the signed token. Without a person behind it, `sub` is the client (RFC 9068 section 2.2)."""
    payload = _Payload(
        iss=issuer,
        aud=audience,
        sub=claims.client_id,
        client_id=claims.client_id,
        organization=claims.organization,
        client=claims.client,
        scope=" ".join(sorted(claims.scopes)),
        jti=claims.jti,
        iat=int(claims.issued_at.timestamp()),
        exp=int(claims.expires.timestamp()),
    )
    return jws.sign(payload, keys.private, kid=keys.kid, typ=TYPE)


def verify(
    token: str, keys: Mapping[str, EllipticCurvePublicKey], *, issuer: str, audience: str, now: datetime
) -> Claims:
    """Return what the token says (RFC 9068 section 4); `TokenError` unless all of it holds at `now`."""
    try:
        header = jws.unverified(token, _Header)
        if (key := keys.get(header.kid)) is None:
            raise TokenError
        payload = jws.read(jws.verify(token, key, algorithm=header.alg), _Payload)
    except jws.BadSignature:
        raise TokenError from None
    believed = (payload.iss, payload.aud, payload.sub) == (issuer, audience, payload.client_id)
    if not believed or payload.exp <= now.timestamp():
        raise TokenError
    return Claims(
        organization=payload.organization,
        client=payload.client,
        client_id=payload.client_id,
        scopes=frozenset(payload.scope.split()),
        jti=payload.jti,
        issued_at=datetime.fromtimestamp(payload.iat, UTC),
        expires=datetime.fromtimestamp(payload.exp, UTC),
    )


def jwks(keys: Keys) -> dict[str, Any]:
    """Return the JWK set (RFC 7517) under which anybody may verify our tokens."""
    return {
        "keys": [
            {**ECAlgorithm.to_jwk(key, as_dict=True), "use": "sig", "alg": "ES256", "kid": kid}
            for kid, key in keys.public().items()
        ]
    }
