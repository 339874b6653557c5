"""Where a client finds what, and what the authorization server speaks (RFC 8414)."""

from __future__ import annotations

from typing import Any, Final, get_args

from vault.domain.organization import Action
from vault.oauth import jws
from vault.oauth.grant import details, exchange
from vault.oauth.request import Method

API: Final = "/v1"
TOKEN: Final = "/oauth/token"  # noqa: S105 - a path
REVOKE: Final = "/oauth/revoke"
INTROSPECT: Final = "/oauth/introspect"
ENDPOINTS: Final = (TOKEN, REVOKE, INTROSPECT)
METADATA: Final = "/.well-known/oauth-authorization-server"
JWKS: Final = "/.well-known/jwks.json"
CLIENT_CREDENTIALS: Final = "client_credentials"


def metadata(issuer: str) -> dict[str, Any]:
    """Return the document. Every address is built from the issuer, never from a request: a proxy may end TLS."""
    algorithms = list(get_args(jws.Algorithm))
    document = {
        "issuer": issuer,
        "jwks_uri": endpoint(issuer, JWKS),
        "scopes_supported": list(get_args(Action)),
        "response_types_supported": [],  # required, and there is no authorization endpoint
        "grant_types_supported": [CLIENT_CREDENTIALS, exchange.GRANT],
        "authorization_details_types_supported": [details.TYPE],  # RFC 9396 section 10
        "dpop_signing_alg_values_supported": algorithms,  # RFC 9449 section 5.1
    }
    for name, path in (("token", TOKEN), ("revocation", REVOKE), ("introspection", INTROSPECT)):
        document[f"{name}_endpoint"] = endpoint(issuer, path)
        document[f"{name}_endpoint_auth_methods_supported"] = list(get_args(Method))
        document[f"{name}_endpoint_auth_signing_alg_values_supported"] = algorithms
    return document


def endpoint(issuer: str, path: str) -> str:
    """Return the address of `path` under the issuer."""
    return issuer.rstrip("/") + path
