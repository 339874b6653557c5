"""Where a client finds what, and what the authorization server speaks (RFC 8414)."""

from __future__ import annotations

from typing import Any, Final, get_args

from vault.domain.organization import Action
from vault.oauth import jws
from vault.oauth.request import Method

TOKEN: Final = "/oauth/token"  # noqa: S105 - a path
METADATA: Final = "/.well-known/oauth-authorization-server"
JWKS: Final = "/.well-known/jwks.json"


def metadata(issuer: str) -> dict[str, Any]:
    """Return the document. Every address is built from the issuer, never from a request: a proxy may end TLS."""
    return {
        "issuer": issuer,
        "token_endpoint": endpoint(issuer, TOKEN),
        "jwks_uri": endpoint(issuer, JWKS),
        "scopes_supported": list(get_args(Action)),
        "response_types_supported": [],  # required, and there is no authorization endpoint
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": list(get_args(Method)),
        "token_endpoint_auth_signing_alg_values_supported": list(get_args(jws.Algorithm)),
    }


def endpoint(issuer: str, path: str) -> str:
    """Return the address of `path` under the issuer."""
    return issuer.rstrip("/") + path
