"""The gatherer: what arrives while a batch is being served rides together in the next.

Nothing waits to fill a batch: one starts as soon as a lane is free, so an idle vault answers one question at once. A
batch that dies is tried again one by one. A caller who hangs up does not cancel the batch it rides in.

While one question is all there is, the loop turns instead of sleeping, for two milliseconds at most: a processor that
has to be woken twice for one answer, and finds its caches cold, takes longer over that than over the answer.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import repeat
from typing import Final, Generic, TypeVar

from vault.base.errors import VaultError

_AWAKE_SECONDS: Final = 0.002 if (os.cpu_count() or 1) > 1 else 0  # one processor is wanted by PostgreSQL

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class _Call(Generic[Answer]):
    """What one caller asked at once: the answers by their places, and whether all are there."""

    __slots__ = ("answers", "missing", "served")

    def __init__(self, size: int) -> None:
        self.answers: dict[int, Answer | Exception] = {}
        self.missing = size
        self.served: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(self, place: int, answer: Answer | Exception) -> None:
        self.answers[place] = answer
        self.missing -= 1
        if not self.missing and not self.served.done():  # it is where the caller hung up
            self.served.set_result(None)


class Gatherer(Generic[Asked, Answer]):
    """Serves questions in batches. `serve` answers each of a batch in its place, with the answer or with its error."""

    def __init__(
        self, serve: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | VaultError]]], *, lanes: int, most: int
    ) -> None:
        self._serve = serve
        self._width = lanes
        self._most = most
        self._waiting: deque[tuple[Asked, _Call[Answer], int]] = deque()
        self._lanes: set[asyncio.Task[None]] = set()

    async def ask_all(self, asked: Sequence[Asked]) -> list[Answer]:
        """Return the answers to many, in order; the first error of any is raised when all are served."""
        return [_own(one) for one in await self._served(asked)]

    async def ask_each(self, asked: Sequence[Asked]) -> list[Answer | VaultError]:
        """Return the answer to each of many, or its own error, in order. What nobody foresaw is raised."""
        return [one if isinstance(one, VaultError) else _own(one) for one in await self._served(asked)]

    def ask_ahead(self, asked: Asked) -> None:
        """Ask without waiting for the answer; an error is told to nobody."""
        self._join([asked])

    async def _served(self, asked: Sequence[Asked]) -> list[Answer | Exception]:
        if not asked:
            return []
        call = self._join(asked)
        await call.served
        return [call.answers[place] for place in range(len(asked))]

    def _join(self, asked: Sequence[Asked]) -> _Call[Answer]:
        call: _Call[Answer] = _Call(len(asked))
        self._waiting.extend(zip(asked, repeat(call), range(len(asked)), strict=False))
        for _ in range(min(self._width - len(self._lanes), len(asked))):
            self._lanes.add(asyncio.create_task(self._drive()))
        return call

    async def _drive(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            await self._ride(batch)
        # Free in the same step that saw nobody waiting: whoever asks next must not take this lane for a busy one.
        self._lanes.difference_update({asyncio.current_task()})

    async def _ride(self, batch: Sequence[tuple[Asked, _Call[Answer], int]]) -> None:
        if len(batch) == 1:
            _, lone, _ = batch[0]
            loop = asyncio.get_running_loop()
            self._stay_awake(loop, lone, until=loop.time() + _AWAKE_SECONDS)
        try:
            answers = await self._serve([asked for asked, _, _ in batch])
        except Exception as error:  # noqa: BLE001 - whoever asked is told; the lane goes on
            if len(batch) == 1:
                _, call, place = batch[0]
                call.tell(place, error)
                return
            for one in batch:
                await self._ride([one])
            return
        for (_, call, place), answer in zip(batch, answers, strict=True):
            call.tell(place, answer)

    def _stay_awake(self, loop: asyncio.AbstractEventLoop, lone: _Call[Answer], *, until: float) -> None:
        """Turn the loop once more, as long as this question has no answer and nobody else asks."""
        if lone.missing and len(self._lanes) == 1 and loop.time() < until:
            loop.call_soon(partial(self._stay_awake, loop, lone, until=until))


def _own(answer: Answer | Exception) -> Answer:
    if isinstance(answer, Exception):
        raise answer
    return answer
