"""`POST /v1/decisions` past the framework's layers, which cost more than the decision itself.

The same struct, the same gate, the same action, the same problems: `api/decisions.py` is the route and its contract,
and a test holds the two to the same answers. Only what is in order is answered here; a request without a token, with a
body that cannot be read, or out of the ordinary in any way, goes on to the route as if nobody had looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Litestar, Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPRequestEvent, Receive, Scope, Send, WebSocketReceiveMessage

from vault.actions.client.carriers import Carried, Unproven, authenticate
from vault.actions.decision.decisions import decide
from vault.actions.vault import Vault
from vault.api.parameters import LARGEST_BODY, LONGEST_KEY, read_personal
from vault.api.problems import of_anything, of_vault
from vault.base.errors import VaultError
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.decision.question import Decision, Question

_PATH: Final = "/v1/decisions"
_QUESTION: Final = msgspec.json.Decoder(Question, dec_hook=read_personal)
_ANSWER: Final = msgspec.json.Encoder(enc_hook=Personal.reveal)


def shortcut(app: Litestar) -> ASGIApp:
    """Return the application with the shortcut before it."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"] != _PATH or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        read = await _read(receive)
        try:
            decision = await _decided(app.state.vault, headers, read=read)
        except Exception as error:  # noqa: BLE001 - each becomes the problem that the route would make of it
            request: Request[Any, Any, Any] = Request(scope, receive, send)
            told = of_vault(request, error) if isinstance(error, VaultError) else of_anything(request, error)
            await told.to_asgi_response(app=None, request=request)(scope, receive, send)
            return
        if decision is None:
            await app(scope, _again(read, receive), send)
        else:
            await _send(send, _ANSWER.encode(decision))

    return answer


async def _decided(vault: Vault, headers: Mapping[bytes, str], *, read: list[HTTPRequestEvent]) -> Decision | None:
    asked = await _asked(vault, headers, read)
    if asked is None:
        return None
    actor, question = asked
    return await decide(vault, actor, question=question, repeat=headers.get(b"idempotency-key"))


async def _send(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _read(receive: Receive) -> list[HTTPRequestEvent]:
    """Read the body, as far as a question may be long."""
    read: list[HTTPRequestEvent] = []
    size = 0
    while size <= LARGEST_BODY:
        message = await receive()
        if message["type"] != "http.request":
            break  # the caller hung up
        read.append(message)
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return read


async def _asked(
    vault: Vault, headers: Mapping[bytes, str], read: list[HTTPRequestEvent]
) -> tuple[Actor, Question] | None:
    """Return who asks what, or nothing where the route has to look: it says what is wrong."""
    key = headers.get(b"idempotency-key", "any")
    kind = headers.get(b"content-type", "application/json").partition(";")[0].strip()
    if not 1 <= len(key) <= LONGEST_KEY or kind != "application/json" or not read or read[-1].get("more_body", False):
        return None
    authorization = headers.get(b"authorization", "")
    if not authorization.lower().startswith("bearer "):
        return None  # a proof of possession is used up by whoever looks at it: that is the route alone
    try:
        actor = await authenticate(vault, Carried(authorization=authorization, method="POST", path=_PATH))
        return actor, _QUESTION.decode(b"".join([message.get("body", b"") for message in read]))
    except Unproven:
        raise  # it is written down: the route would do that again
    except (VaultError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _again(read: list[HTTPRequestEvent], receive: Receive) -> Receive:
    """Return a `receive` that first gives again what was read."""
    waiting = iter(read)

    async def again() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        for message in waiting:
            return message
        return await receive()

    return again
