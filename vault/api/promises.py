"""The header of a promise: every answer that wrote an entry carries one, but for pages, which no browser would keep.

Of pages there is another reason: whether an answer at the door wrote anything would tell who is known.
"""

from __future__ import annotations

from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from vault.actions import promises

_PAGES: Final = ("/p/", "/u/", "/console/")


def promised(app: ASGIApp) -> ASGIApp:
    """Return the application with the header on its answers."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith(_PAGES):
            await app(scope, receive, send)
            return
        with promises.listening() as heard:

            async def told(message: Message) -> None:
                if message["type"] == "http.response.start":
                    value = await promises.header(scope["litestar_app"].state.vault, heard)
                    if value is not None:
                        message["headers"] = [*message["headers"], (promises.HEADER.lower().encode(), value.encode())]
                await send(message)

            await app(scope, receive, told)

    return answer
