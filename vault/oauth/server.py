"""The token endpoint (RFC 6749 section 4.4) as a pure function from a request to an answer.

Nothing is looked up or written here. The caller looks the client up beforehand and afterwards, in one transaction,
reserves the assertion, writes the log entry and commits; only then may the answer leave. Every client that is not
believed gets the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from vault.oauth.authentication import Once, Reason
from vault.oauth.client import Registered
from vault.oauth.core import Call, Core, Headers, Plain, refusal
from vault.oauth.request import Malformed, Request, read
from vault.oauth.token import Claims, Keys


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What to send, and what to write before it is sent.

    `once` is to be reserved for this client in the transaction that writes the entry; if it is taken, send `replayed()`
    instead. `error` and `reason` are for the entry; `reason` never leaves the house.
    """

    status: int
    body: Mapping[str, Any]
    headers: Headers
    issued: Claims | None = None
    once: Once | None = None
    error: str | None = None
    reason: Reason | None = None

    def __repr__(self) -> str:
        return f"Answer({self.status})"


class Server:
    """The authorization server of one issuer. `audience` is the API that its tokens are good for."""

    def __init__(self, *, issuer: str, audience: str, keys: Keys) -> None:
        self._core = Core(issuer=issuer, audience=audience, keys=keys)

    def token(self, request: Request, client: Registered | None, *, now: datetime, jti: str) -> Answer:
        """Return the answer to a token request. `client`: whoever `claimed_client` names; `jti`: fresh chance."""
        try:
            asked = read(request)
        except Malformed as error:
            return _refused(refusal(error.code, error.detail))
        call = Call(asked, client, now=now, jti=jti)
        plain = self._core.respond(call)
        if call.issued is None:
            return _refused(plain, call.reason)
        status, body, headers = plain
        return Answer(status=status, body=body, headers=headers, issued=call.issued, once=call.once)


def replayed() -> Answer:
    """Return the answer to an assertion that was used before; it reads like every other failed authentication."""
    return _refused(refusal("invalid_client"), "replayed")


def _refused(plain: Plain, reason: Reason | None = None) -> Answer:
    status, body, headers = plain
    return Answer(status=status, body=body, headers=headers, error=body["error"], reason=reason)
