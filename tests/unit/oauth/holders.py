"""Whoever holds a key, and proves it with each request (RFC 9449), honestly or not."""

from __future__ import annotations

import json
from typing import Any, Final

import jwt

from tests.unit.oauth.clients import (
    AUDIENCE,
    EC,
    ENDPOINT,
    ISSUER,
    KEYS,
    NOW,
    SECONDS,
    asserting,
    b64,
    jwk,
    part,
    signed,
)
from vault.crypto.signing import thumbprint
from vault.oauth.dpop.nonces import Nonces
from vault.oauth.dpop.proof import Sent
from vault.oauth.request import Request
from vault.oauth.server import Server

NONCES: Final = Nonces(bytes(range(32)))
NONCE: Final = NONCES.current(NOW)
DEMANDING: Final = Server(issuer=ISSUER, audience=AUDIENCE, keys=KEYS, nonces=NONCES)
REQUIRED: Final = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}


def proof(private: Any = EC, algorithm: str = "ES256", *, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """A proof for the token endpoint with one thing changed; None leaves it out."""
    honest = {"jti": "proof-1", "htm": "POST", "htu": ENDPOINT, "iat": SECONDS}
    claims = {name: value for name, value in {**honest, **changed}.items() if value is not None}
    brought = {} if "jwk" in (header or {}) else {"jwk": jwk(private)}
    head = {"typ": "dpop+jwt", **brought, **(header or {})}
    head = {name: value for name, value in head.items() if value is not None}
    if algorithm == "Ed25519":
        body = f"{part({'alg': algorithm, **head})}.{part(claims)}"
        return f"{body}.{b64(private.sign(body.encode()))}"
    return jwt.PyJWS().encode(json.dumps(claims).encode(), private, algorithm=algorithm, headers=head)


def jkt(private: Any = EC) -> str:
    """What the key is called (RFC 7638)."""
    published = jwk(private)
    return thumbprint({member: published[member] for member in REQUIRED[published["kty"]]})


def sent(*proofs: str, **changed: Any) -> Sent:
    """Proofs on their way to the token endpoint."""
    return Sent(**{"proofs": proofs, "method": "POST", "url": ENDPOINT, **changed})


def holding(*proofs: str, **parameters: str) -> Request:
    """A token request with an assertion and DPoP headers."""
    return Request(form=asserting(signed(), **parameters).form, dpop=proofs)
