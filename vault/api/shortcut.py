"""Decisions, one or many, and `POST /oauth/token` past the framework's layers, which cost as much as what is asked.

The same structs, the same gate, the same actions, the same problems: `api/decisions.py` and `api/tokens.py` are the
routes and their contract, and a test holds the two ways to the same answers. Only what is in order is answered here; a
request without a token, with a body that cannot be read, or out of the ordinary in any way, goes on to the route as if
nobody had looked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec
from litestar import Litestar, Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPRequestEvent, Receive, Scope, Send, WebSocketReceiveMessage

from vault.actions.client.carriers import Carried, Unproven, authenticate
from vault.actions.client.tokens import token
from vault.actions.decision.decisions import decide, decide_all
from vault.actions.promises import HEADER, header, listening
from vault.actions.vault import Vault
from vault.api import decisions
from vault.api.decisions import Answers
from vault.api.parameters import LARGEST_BODY, LONGEST_KEY, read_personal
from vault.api.problems import of_anything, of_vault
from vault.api.tokens import LARGEST_FORM, read_form
from vault.base.errors import VaultError
from vault.base.network import came_from
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.decision.question import Question
from vault.oauth.metadata import TOKEN

Asked = TypeVar("Asked")

_ONE: Final = "/v1/decisions"
_MANY: Final = "/v1/decisions/batch"
_QUESTION: Final = msgspec.json.Decoder(Question, dec_hook=read_personal)
_ANSWER: Final = msgspec.json.Encoder(enc_hook=Personal.reveal)


Headers = tuple[tuple[bytes, bytes], ...]
_JSON: Final[Headers] = ((b"content-type", b"application/json"),)


class _Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What to send; `headers` beside the length of the body."""

    status: int = 200
    body: bytes
    headers: Headers = _JSON


class _Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request: headers that come once, and the body as far as it was read."""

    peer: str | None
    headers: Mapping[bytes, str]
    read: list[HTTPRequestEvent]

    @property
    def body(self) -> bytes | None:
        """The whole body; None for one too long, or of whom hung up."""
        if not self.read or self.read[-1].get("more_body", False):
            return None
        return b"".join([message.get("body", b"") for message in self.read])


def shortcut(app: Litestar) -> ASGIApp:
    """Return the application with the shortcut before it."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        way = _WAYS.get(scope["path"]) if scope["type"] == ScopeType.HTTP and scope["method"] == "POST" else None
        given = list(scope["headers"]) if way is not None else []
        headers = {name: value.decode("latin-1") for name, value in given}
        if way is None or len(headers) < len(given):
            await app(scope, receive, send)
            return
        client = scope["client"]
        call = _Call(peer=client[0] if client is not None else None, headers=headers, read=await _read(receive))
        with listening() as heard:
            try:
                reply = await way(app.state.vault, call)
            except Exception as error:  # noqa: BLE001 - each becomes the problem that the route would make of it
                request: Request[Any, Any, Any] = Request(scope, receive, send)
                told = of_vault(request, error) if isinstance(error, VaultError) else of_anything(request, error)
                if (promise := await header(app.state.vault, heard)) is not None:
                    told.set_header(HEADER, promise)
                await told.to_asgi_response(app=None, request=request)(scope, receive, send)
                return
        if reply is None:
            await app(scope, _again(call.read, receive), send)
        else:
            await _send(send, reply)

    return answer


async def _decided(vault: Vault, call: _Call) -> _Reply | None:
    asked = await _asked(vault, call, path=_ONE, read=_QUESTION.decode)
    if asked is None:
        return None
    actor, question = asked
    decision = await decide(vault, actor, question=question, repeat=call.headers.get(b"idempotency-key"))
    return _Reply(body=_ANSWER.encode(decision))


async def _decided_all(vault: Vault, call: _Call) -> _Reply | None:
    asked = await _asked(vault, call, path=_MANY, read=decisions.read)
    if asked is None:
        return None
    actor, each = asked
    repeat = call.headers.get(b"idempotency-key")
    answers = Answers(decisions=await decide_all(vault, actor, asked=each, repeat=repeat))
    return _Reply(body=_ANSWER.encode(answers))


async def _issued(vault: Vault, call: _Call) -> _Reply | None:
    body = call.body
    if body is None or len(body) > LARGEST_FORM or b"dpop" in call.headers:
        return None
    asked = read_form(body, authorization=call.headers.get(b"authorization"))
    heard = [line] if (line := call.headers.get(b"x-forwarded-for")) is not None else []
    answer = await token(vault, asked, network=came_from(call.peer, heard, trusted=vault.proxies))
    headers = tuple([(name.lower().encode(), value.encode()) for name, value in answer.headers])
    return _Reply(status=answer.status, body=msgspec.json.encode(answer.body), headers=headers)


_WAYS: Final[Mapping[str, Callable[[Vault, _Call], Awaitable[_Reply | None]]]] = {
    _ONE: _decided,
    _MANY: _decided_all,
    TOKEN: _issued,
}


async def _send(send: Send, reply: _Reply) -> None:
    headers = [*reply.headers, (b"content-length", b"%d" % len(reply.body))]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body, "more_body": False})


async def _read(receive: Receive) -> list[HTTPRequestEvent]:
    """Read the body, as far as it may be long."""
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


async def _asked(vault: Vault, call: _Call, *, path: str, read: Callable[[bytes], Asked]) -> tuple[Actor, Asked] | None:
    """Return who asks what, or nothing where the route has to look: it says what is wrong."""
    headers, body = call.headers, call.body
    key = headers.get(b"idempotency-key", "any")
    kind = headers.get(b"content-type", "application/json").partition(";")[0].strip()
    if not 1 <= len(key) <= LONGEST_KEY or kind != "application/json" or body is None:
        return None
    authorization = headers.get(b"authorization", "")
    if not authorization.lower().startswith("bearer "):
        return None  # a proof of possession is used up by whoever looks at it: that is the route alone
    try:
        actor = await authenticate(vault, Carried(authorization=authorization, method="POST", path=path))
        return actor, read(body)
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
