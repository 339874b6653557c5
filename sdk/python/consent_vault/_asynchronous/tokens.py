"""Access tokens: fetched when one is needed, kept until shortly before they end, one fetch at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from httpx2 import Response

from consent_vault.access import Access, Metadata, Token
from consent_vault.answers import read
from consent_vault.calls import Call
from consent_vault.machine import AsyncLock, passed
from consent_vault.problems import Problem

_EARLY = 30  # seconds before the end of a token that it counts as ended

Send = Callable[[Callable[[], Call]], Awaitable[Response]]


class AsyncTokens:
    """The tokens of one client."""

    def __init__(self, access: Access, send: Send) -> None:
        self._access = access
        self._send = send
        self._lock = AsyncLock()
        self._metadata: Metadata | None = None
        self._token: str | None = None
        self._ends = 0.0
        self._failures = 0
        self._failed: Problem | None = None

    async def get(self, *, instead_of: str | None = None) -> str:
        """Return a token that is good for a while, and another one than `instead_of`, which was refused.

        Whoever waited for a fetch that failed shares its failure: in an outage they do not try one after the other.
        """
        failures = self._failures
        async with self._lock:
            if self._token is not None and self._token != instead_of and passed() < self._ends:
                return self._token
            if self._failures != failures and self._failed is not None:
                raise self._failed
            return await self._renew()

    async def _renew(self) -> str:
        asked = passed()
        try:
            token = await self._fetch()
        except Problem as problem:
            self._failures += 1
            self._failed = problem
            raise
        self._token, self._ends = token.access_token, asked + token.expires_in - _EARLY
        return token.access_token

    async def _fetch(self) -> Token:
        if self._metadata is None:
            found = await self._send(self._access.discovery)
            self._metadata = read(found.status_code, found.content, kind=Metadata)
        metadata = self._metadata
        answer = await self._send(lambda: self._access.token_call(metadata))
        return read(answer.status_code, answer.content, kind=Token)
