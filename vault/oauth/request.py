"""A request as it came in: its parameters, and how whoever sent it wants to prove who it is.

Nothing read here is proven: it serves to look a client up and to be checked. Secrets and assertions pass through and
are never shown.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import unquote_plus

import msgspec

from vault.base.errors import Invalid
from vault.oauth import jws

Method = Literal["private_key_jwt", "client_secret_basic"]

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_MAX_PARAMETERS: Final = 20
_MAX_LENGTH: Final = 8192
_CLIENT_ID: Final = re.compile(r"[a-z0-9_-]{1,64}\.[a-z0-9_-]{1,64}")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The form's pairs decoded, in order, with duplicates, the `Authorization` header, and every `DPoP` header.

    `asked` is what `read` makes of it, where `once_read` has done that already.
    """

    form: tuple[tuple[str, str], ...]
    authorization: str | None = None
    dpop: tuple[str, ...] = ()
    asked: Asked | None = None

    def __repr__(self) -> str:
        return "Request(...)"


class Malformed(Invalid):
    """RFC 6749 section 5.2, invalid_request."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid_request", detail)


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """What came along as proof: a secret with a user name, or an assertion with its `sub`. Not verified."""

    client_id: str
    proof: str | jws.Compact

    @property
    def method(self) -> Method:
        """How the client means to prove itself."""
        return "client_secret_basic" if isinstance(self.proof, str) else "private_key_jwt"

    def __repr__(self) -> str:
        return f"Credential({self.method})"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request read. `client_id` is None unless everything in it that names a client names the same one."""

    parameters: Mapping[str, str]
    client_id: str | None
    credential: Credential | None

    def __repr__(self) -> str:
        return "Asked(...)"


class _Subject(msgspec.Struct, frozen=True):
    sub: str


class _Identified(msgspec.Struct, frozen=True):
    jti: str


class _Named(msgspec.Struct, frozen=True):
    kid: str | None = None


def read(request: Request) -> Asked:
    """Return what is asked; `Malformed` for too much, for a parameter sent twice, for two ways of authentication.

    A parameter without a value counts as left out (RFC 6749 section 3.2).
    """
    if request.asked is not None:
        return request.asked
    _refuse_oversized(request)
    if len({name for name, _ in request.form}) < len(request.form):
        raise Malformed("send each parameter once")
    parameters = {name: value for name, value in request.form if value}
    ways = (request.authorization, parameters.get("client_assertion"), parameters.get("client_secret"))
    if sum(bool(way) for way in ways) > 1:
        raise Malformed("authenticate in one way alone")
    credential = _basic(request.authorization) if request.authorization else _assertion(parameters)
    return Asked(parameters=parameters, client_id=_claimed(parameters, credential), credential=credential)


def once_read(request: Request) -> Request:
    """Return the request with what it says, for whoever reads it again; one that is malformed stays as it is."""
    try:
        return msgspec.structs.replace(request, asked=read(request))
    except Malformed:
        return request


def claimed_client(request: Request) -> str | None:
    """Return the client id the request names, to look the client up and for nothing else: it is not proven."""
    try:
        return read(request).client_id
    except Malformed:
        return None


def claimed_key(request: Request) -> str | None:
    """Return the `kid` an assertion names, to look its client's keys up and for nothing else: it is not proven."""
    try:
        credential = read(request).credential
        if credential is None or isinstance(credential.proof, str):
            return None
        return jws.read(credential.proof.header, _Named).kid
    except (Malformed, jws.BadSignature):
        return None


def claimed_id(request: Request) -> str | None:
    """Return the `jti` of an assertion, to refuse one that was used before any signature is verified."""
    try:
        credential = read(request).credential
        if credential is None or isinstance(credential.proof, str):
            return None
        return jws.read(credential.proof.payload, _Identified).jti
    except (Malformed, jws.BadSignature):
        return None


def _refuse_oversized(request: Request) -> None:
    if len(request.form) > _MAX_PARAMETERS:
        raise Malformed(f"send at most {_MAX_PARAMETERS} parameters")
    texts = [request.authorization or "", *(text for pair in request.form for text in pair)]
    if any(len(text) > _MAX_LENGTH for text in texts):
        raise Malformed(f"send at most {_MAX_LENGTH} characters in a parameter")


def _claimed(parameters: Mapping[str, str], credential: Credential | None) -> str | None:
    names = {parameters.get("client_id"), credential.client_id if credential else None} - {None}
    name = names.pop() if len(names) == 1 else None
    return name if name and _CLIENT_ID.fullmatch(name) else None


def _basic(header: str) -> Credential | None:
    """RFC 7617, and both halves form-encoded (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
        client_id, secret = unquote_plus(user, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:
        return None
    if not colon or not secret:
        return None
    return Credential(client_id=client_id, proof=secret)


def _assertion(parameters: Mapping[str, str]) -> Credential | None:
    """RFC 7523 section 2.2."""
    assertion = parameters.get("client_assertion")
    if assertion is None or parameters.get("client_assertion_type") != ASSERTION_TYPE:
        return None
    try:
        token = jws.parse(assertion)
        return Credential(client_id=jws.read(token.payload, _Subject).sub, proof=token)
    except jws.BadSignature:
        return None
