"""What a client may do with tokens it has: take them back (RFC 7009), and ask what they still say (RFC 7662).

Both answer everybody who proved themselves, and tell of a token only to its own client. A token that is foreign,
unknown, over or taken back looks the same.
"""

from __future__ import annotations

from typing import Any, Final

from vault.oauth.answer import Revoked
from vault.oauth.client import Registered
from vault.oauth.grant import details
from vault.oauth.token import Claims

INACTIVE: Final[dict[str, Any]] = {"active": False}


def may_revoke(client: Registered, claims: Claims) -> bool:
    """Whether the token was issued to this very client."""
    return (claims.organization, claims.client) == (client.organization, client.id)


def may_introspect(client: Registered, claims: Claims) -> bool:
    """Whether it is the client's own token, or one of its organization and the client administers that."""
    return claims.organization == client.organization and (
        claims.client == client.id or "admin" in client.ceiling.actions
    )


def revoked(claims: Claims) -> Revoked:
    """Return what to write down."""
    return Revoked(jti=claims.jti, expires=claims.expires)


def active(claims: Claims, *, issuer: str, audience: str) -> dict[str, Any]:
    """Return what an active token says, member by member as in RFC 7662 section 2.2."""
    body: dict[str, Any] = {
        "active": True,
        "iss": issuer,
        "aud": audience,
        "sub": claims.subject,
        "client_id": claims.client_id,
        "scope": " ".join(sorted(claims.scopes)),
        "jti": claims.jti,
        "iat": int(claims.issued_at.timestamp()),
        "exp": int(claims.expires.timestamp()),
        "token_type": "Bearer" if claims.jkt is None else "DPoP",
    }
    if claims.jkt is not None:
        body["cnf"] = {"jkt": claims.jkt}
    if claims.reach is not None:
        body["authorization_details"] = details.shown(claims.reach)
    if claims.customer is not None:
        body["act"] = {"sub": claims.client_id}
    return body
