"""HTTP to one vault: calls are made again where that is harmless, and carry a token that is still good."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from httpx2 import AsyncClient, RequestError, Response, Timeout

from consent_vault._asynchronous.tokens import AsyncTokens
from consent_vault.access import Access
from consent_vault.answers import read
from consent_vault.calls import Call
from consent_vault.machine import async_sleep, chance
from consent_vault.problems import Unavailable, problem

Kind = TypeVar("Kind")

_OK = 200
_NO_TOKEN = 401
_SECONDS = 10.0


class AsyncConnection:
    """One client's connection to one vault. A client of `httpx2` that was handed in is not closed."""

    def __init__(self, access: Access, http: AsyncClient | None) -> None:
        self._access = access
        self._handed_in = http is not None
        self._http = http or AsyncClient(timeout=Timeout(_SECONDS, pool=None))
        self._tokens = AsyncTokens(access, self._send)

    async def ask(self, call: Call, kind: type[Kind]) -> Kind:
        """Return the answer to `call`; a `Problem` for anything else."""
        answer = await self._answer(call)
        return read(answer.status_code, answer.content, kind=kind)

    async def fetch(self, call: Call) -> bytes:
        """Return the bytes that answer `call`; a `Problem` for anything else."""
        answer = await self._answer(call)
        if answer.status_code != _OK:
            raise problem(answer.status_code, answer.content)
        return answer.content

    async def _answer(self, call: Call) -> Response:
        """Return what was answered. A token that is refused is renewed once."""
        token = await self._tokens.get()
        answer = await self._send(lambda: call.bearing(token))
        if answer.status_code == _NO_TOKEN:
            renewed = await self._tokens.get(instead_of=token)
            answer = await self._send(lambda: call.bearing(renewed))
        return answer

    async def aclose(self) -> None:
        """Close what was opened here."""
        if not self._handed_in:
            await self._http.aclose()

    async def _send(self, make: Callable[[], Call]) -> Response:
        """Make a call until there is an answer that stands; `make` is asked anew each time."""
        pace, attempt = self._access.pace, 0
        while True:
            attempt += 1
            call = make()
            try:
                answer = await self._http.request(
                    call.method, call.url, headers=dict(call.headers), content=call.body, follow_redirects=False
                )
            except RequestError as error:
                wait = pace.after_error(call, attempt, error=error, chance=chance())
                if wait is None:
                    raise Unavailable("no_answer", f"the vault did not answer ({type(error).__name__})") from None
            else:
                status, after = answer.status_code, answer.headers.get("retry-after")
                wait = pace.after_answer(call, attempt, status=status, retry_after=after, chance=chance())
                if wait is None:
                    return answer
            await async_sleep(wait)
