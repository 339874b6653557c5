"""Checking: what a permit says, whether it still holds, and that it is used once.

The signature is checked here, offline; what was taken back since is asked of the vault, whose list is no older than a
second; and the vault says who was the first to use it. A vault that does not answer lets nothing pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from consent_vault import AsyncVault, Conflict, NotFound, Problem, RevokedPermit, permits
from consent_vault.permits import Permit

from vault.base.clock import passed
from vault.gate.replies import taken_back, turned

_LIST_SECONDS: Final = 1
_TIMES: Final = 2  # one slow answer is no slow vault
_KEYS_SECONDS: Final = 60
_AGAIN_SECONDS: Final = 1
_HELD_SECONDS: Final = 1200  # longer than any permit


class Checking:
    """What one sender's gate knows, and asks its vault."""

    def __init__(self, vault: AsyncVault, *, client_id: str) -> None:
        self._vault = vault
        self._audience = client_id
        self._key: str | None = None
        self._keys: Mapping[str, Any] = {}
        self._keys_at = float("-inf")
        self._revoked: Mapping[str, RevokedPermit] = {}
        self._revoked_at = float("-inf")
        self._asking = asyncio.Lock()
        self._failed_at = float("-inf")
        self._held: dict[str, float] = {}

    async def read(self, token: str, *, address: str) -> Permit:
        """Return what a permit says; `Turned` for one that does not allow a message to this address."""
        try:
            await self._learn(older=_KEYS_SECONDS)
            try:
                return self._verified(token, address)
            except permits.UnknownKey:
                await self._learn(older=_AGAIN_SECONDS)
                return self._verified(token, address)
        except permits.Forged:
            raise turned("forged") from None
        except permits.Refused as refused:
            raise turned(refused.code) from None

    async def hold(self, permit: Permit) -> None:
        """Refuse a permit that was taken back, and any where the vault takes too long to say which were."""
        await self._ask(self._list, when=self._is_old)
        if (found := self._revoked.get(permit.decision)) is not None:
            raise taken_back(found.outcome, found.reason)
        if self._is_old():
            raise turned("no_vault")

    async def use(self, permit: Permit) -> None:
        """Use a permit up, before its message leaves: two gates that hold the same one do not both send."""
        if self._held.pop(permit.decision, None) is not None:
            return
        try:
            told = await self._vault.outcome(permit.decision, "sent")
        except Conflict:
            raise turned("used") from None
        except NotFound:
            raise turned("unknown") from None
        except Problem:
            raise turned("no_vault") from None
        if told.repeated:
            raise turned("used")

    def give_back(self, permit: Permit) -> None:
        """Let this gate try once more, while it runs, with a permit whose message was surely not taken."""
        now = passed()
        self._held = {own: since for own, since in self._held.items() if now - since < _HELD_SECONDS}
        self._held[permit.decision] = now

    async def drop(self, permit: Permit) -> None:
        """Tell that a message will not be sent, where that can be told."""
        with suppress(Problem):
            await self._vault.outcome(permit.decision, "not_sent")

    def _verified(self, token: str, address: str) -> Permit:
        return permits.verify(token, self._keys, audience=self._audience, address=address, key=self._key or "")

    def _is_old(self) -> bool:
        return passed() - self._revoked_at >= _LIST_SECONDS

    async def _ask(self, question: Callable[[], Awaitable[None]], *, when: Callable[[], bool]) -> None:
        """Ask the vault, one at a time. All who wait behind a question that fails are told so: none waits for two."""
        came = passed()
        async with self._asking:
            if not when():
                return
            if self._failed_at >= came:
                raise turned("no_vault")
            try:
                await question()
            except Problem:
                self._failed_at = passed()
                raise turned("no_vault") from None

    async def _list(self) -> None:
        """Ask what was taken back. What is told counts as of when it was asked for; told too late, it is a failure."""
        for _ in range(_TIMES):
            asked_at = passed()
            listed = await self._vault.revoked_permits()
            self._revoked, self._revoked_at = {one.decision: one for one in listed}, asked_at
            if not self._is_old():
                return
        self._failed_at = passed()

    async def _learn(self, *, older: float) -> None:
        """Fetch the keys that are missing or older than so many seconds."""
        await self._ask(self._fetch, when=lambda: passed() - self._keys_at >= older)

    async def _fetch(self) -> None:
        if self._key is None:
            self._key = (await self._vault.permit_key()).key
        asked_at = passed()
        self._keys = await self._vault.signing_keys()
        self._keys_at = asked_at
