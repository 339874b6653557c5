"""RFC 8414."""

from __future__ import annotations

from typing import get_args

from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from vault.domain.organization import Action
from vault.oauth.metadata import JWKS, TOKEN, endpoint, metadata

METHODS = ["private_key_jwt", "client_secret_basic"]
ALGORITHMS = ["ES256", "EdDSA", "Ed25519", "PS256"]
NEWER = {"response_types_supported", "authorization_details_types_supported", "dpop_signing_alg_values_supported"}


def test_the_document_says_what_is_offered_and_nothing_else() -> None:
    assert metadata("https://vault.example") == {
        "issuer": "https://vault.example",
        "token_endpoint": "https://vault.example/oauth/token",
        "jwks_uri": "https://vault.example/.well-known/jwks.json",
        "scopes_supported": list(get_args(Action)),
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"],
        "token_endpoint_auth_methods_supported": METHODS,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint": "https://vault.example/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "introspection_endpoint": "https://vault.example/oauth/introspect",
        "introspection_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "authorization_details_types_supported": ["consent_vault"],
        "dpop_signing_alg_values_supported": ALGORITHMS,
    }
    assert "withdraw" in metadata("https://vault.example")["scopes_supported"]


def test_the_document_is_what_the_standard_asks_for() -> None:
    document = AuthorizationServerMetadata(metadata("https://vault.example"))
    for member in set(document) - NEWER:
        getattr(document, f"validate_{member}")()
    # Authlib wants a response type even where no endpoint answers with one; the standard wants the member.
    assert document["response_types_supported"] == []


def test_addresses_are_the_issuers() -> None:
    assert endpoint("https://vault.example/a/", TOKEN) == "https://vault.example/a/oauth/token"
    assert metadata("http://127.0.0.1:8471")["jwks_uri"] == "http://127.0.0.1:8471" + JWKS
