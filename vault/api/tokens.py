"""The authorization server over HTTP: RFC 6749, 7009, 7517, 7662, 8414.

The structs here are for the contract; what is asked and answered is read and made in `oauth`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.client import tokens
from vault.actions.vault import Vault
from vault.oauth.answer import Answer
from vault.oauth.metadata import INTROSPECT, JWKS, METADATA, REVOKE, TOKEN
from vault.oauth.request import Request as Asked

Assertion = Literal["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Client credentials or a token exchange, with an assertion (RFC 7523) or Basic with id and secret form-encoded.

    `authorization_details` is JSON (RFC 9396). An exchange (RFC 8693) sends the code a customer read aloud as
    `subject_token`, and the customer's id.
    """

    grant_type: Literal["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"]
    client_assertion_type: Assertion | None = None
    client_assertion: str | None = None
    client_id: str | None = None
    scope: str | None = None
    authorization_details: str | None = None
    subject_token: str | None = None
    subject_token_type: Literal["urn:consent-vault:token-type:code"] | None = None
    customer: str | None = None


class TokenIssued(msgspec.Struct, frozen=True, kw_only=True):
    """The access token, the seconds it lives, its scopes one space apart, and how far it goes if that was asked for."""

    access_token: str
    token_type: Literal["Bearer", "DPoP"]
    expires_in: int
    scope: str
    authorization_details: list[dict[str, Any]] | None = None
    issued_token_type: str | None = None
    act: dict[str, str] | None = None


class TokenAbout(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A token to take back or to ask about, and how the client proves itself."""

    token: str
    token_type_hint: str | None = None
    client_assertion_type: Assertion | None = None
    client_assertion: str | None = None
    client_id: str | None = None


class TokenRevoked(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing: whatever was sent is no token any more, if it was one."""


class TokenState(msgspec.Struct, frozen=True, kw_only=True):
    """What an active token says (RFC 7662 section 2.2); of any other, that it is not."""

    active: bool
    iss: str | None = None
    aud: str | None = None
    sub: str | None = None
    client_id: str | None = None
    scope: str | None = None
    jti: str | None = None
    iat: int | None = None
    exp: int | None = None
    token_type: Literal["Bearer", "DPoP"] | None = None
    cnf: dict[str, str] | None = None
    act: dict[str, str] | None = None
    authorization_details: list[dict[str, Any]] | None = None


class TokenRefused(msgspec.Struct, frozen=True, kw_only=True):
    """No token (RFC 6749 section 5.2)."""

    error: str
    error_description: str


LARGEST_FORM: Final = 64 * 1024
_REFUSED: Final = {400: TokenRefused, 401: TokenRefused, 429: TokenRefused}
_TOKEN: Final = {"form": TokenRequest, "answer": TokenIssued, "refusals": _REFUSED}
_REVOKE: Final = {"form": TokenAbout, "answer": TokenRevoked, "refusals": _REFUSED}
_INTROSPECT: Final = {"form": TokenAbout, "answer": TokenState, "refusals": _REFUSED}


@post(TOKEN, operation_id="token", status_code=200, opt=_TOKEN, request_max_body_size=LARGEST_FORM)
async def token(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], network: NamedDependency[str]
) -> Response[dict[str, Any]]:
    """Get an access token for five minutes: all that the client may, or as much of it as is asked for."""
    return _told(await tokens.token(vault, await _read(request), network=network))


@post(REVOKE, operation_id="revoke", status_code=200, opt=_REVOKE, request_max_body_size=LARGEST_FORM)
async def revoke(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], network: NamedDependency[str]
) -> Response[dict[str, Any]]:
    """Take an access token back: with the answer it counts for nothing, everywhere."""
    return _told(await tokens.revoke(vault, await _read(request), network=network))


@post(INTROSPECT, operation_id="introspect", status_code=200, opt=_INTROSPECT, request_max_body_size=LARGEST_FORM)
async def introspect(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], network: NamedDependency[str]
) -> Response[dict[str, Any]]:
    """Ask what an access token still says: a client about its own, one with the scope `admin` about all of its own."""
    return _told(await tokens.introspect(vault, await _read(request), network=network))


@get(METADATA, operation_id="authorization_server_metadata", sync_to_thread=False)
def metadata(vault: NamedDependency[Vault]) -> dict[str, Any]:
    """Return RFC 8414 metadata."""
    return tokens.metadata(vault)


@get(JWKS, operation_id="jwks")
async def jwks(vault: NamedDependency[Vault]) -> Response[dict[str, Any]]:
    """Return the public keys of access tokens. A key stands here for ten minutes before it signs."""
    return Response(await tokens.public_keys(vault), headers={"cache-control": "public, max-age=300"})


def read_form(body: bytes, *, authorization: str | None, dpop: Sequence[str] = ()) -> Asked:
    """Return a request as it came in: its form is read as far as it can be."""
    form = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return Asked(form=tuple(form), authorization=authorization, dpop=tuple(dpop))


async def _read(request: Request[Any, Any, Any]) -> Asked:
    headers = request.headers
    return read_form(await request.body(), authorization=headers.get("authorization"), dpop=headers.getall("dpop", []))


def _told(answer: Answer) -> Response[dict[str, Any]]:
    return Response(dict(answer.body), status_code=answer.status, headers=dict(answer.headers))


router = Router(path="/", route_handlers=[token, revoke, introspect, metadata, jwks], tags=["tokens"])
