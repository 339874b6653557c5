"""The token endpoint and what stands beside it: RFC 6749, 8414, 7517.

The structs here are for the contract; what is asked and answered is read and made in `oauth`.
"""

from __future__ import annotations

from typing import Any, Final, Literal
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.client import tokens
from vault.actions.vault import Vault
from vault.oauth.metadata import JWKS, METADATA, TOKEN
from vault.oauth.request import Request as Asked


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Client credentials (RFC 6749 section 4.4): an assertion (RFC 7523), or Basic with id and secret form-encoded."""

    grant_type: Literal["client_credentials"]
    client_assertion_type: Literal["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"] | None = None
    client_assertion: str | None = None
    client_id: str | None = None
    scope: str | None = None


class TokenIssued(msgspec.Struct, frozen=True, kw_only=True):
    """The access token, the seconds it lives, and its scopes, one space apart."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str


class TokenRefused(msgspec.Struct, frozen=True, kw_only=True):
    """No token (RFC 6749 section 5.2)."""

    error: str
    error_description: str


_LARGEST: Final = 64 * 1024
_CONTRACT: Final = {"form": TokenRequest, "answer": TokenIssued, "refusals": {400: TokenRefused, 401: TokenRefused}}


@post(TOKEN, operation_id="token", status_code=200, opt=_CONTRACT, request_max_body_size=_LARGEST)
async def token(request: Request[Any, Any, Any], vault: NamedDependency[Vault]) -> Response[dict[str, Any]]:
    """Get an access token: `client_credentials` with a signed assertion or a secret; five minutes, no refresh."""
    form = tuple(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    answer = await tokens.token(vault, Asked(form=form, authorization=request.headers.get("authorization")))
    return Response(dict(answer.body), status_code=answer.status, headers=dict(answer.headers))


@get(METADATA, operation_id="authorization_server_metadata", sync_to_thread=False)
def metadata(vault: NamedDependency[Vault]) -> dict[str, Any]:
    """Return RFC 8414 metadata."""
    return tokens.metadata(vault)


@get(JWKS, operation_id="jwks")
async def jwks(vault: NamedDependency[Vault]) -> dict[str, Any]:
    """Return the public keys of access tokens."""
    return await tokens.public_keys(vault)


router = Router(path="/", route_handlers=[token, metadata, jwks], tags=["tokens"])
