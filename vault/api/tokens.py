"""The token endpoint and what stands beside it: RFC 6749, 8414, 7517."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.tokens import Tokens
from vault.oauth.metadata import JWKS, METADATA, TOKEN
from vault.oauth.request import Request as Asked


@post(TOKEN, operation_id="token", status_code=200)
async def token(request: Request[Any, Any, Any], tokens: NamedDependency[Tokens]) -> Response[dict[str, Any]]:
    """Get an access token: `client_credentials` with a signed assertion or a secret; five minutes, no refresh."""
    form = tuple(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    answer = await tokens.token(Asked(form=form, authorization=request.headers.get("authorization")))
    return Response(dict(answer.body), status_code=answer.status, headers=dict(answer.headers))


@get(METADATA, operation_id="authorization_server_metadata", sync_to_thread=False)
def metadata(tokens: NamedDependency[Tokens]) -> dict[str, Any]:
    """Return RFC 8414 metadata."""
    return tokens.metadata()


@get(JWKS, operation_id="jwks", sync_to_thread=False)
def jwks(tokens: NamedDependency[Tokens]) -> dict[str, Any]:
    """Return the public keys of access tokens."""
    return tokens.jwks()


router = Router(path="/", route_handlers=[token, metadata, jwks], tags=["tokens"])
