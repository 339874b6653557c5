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
from typing import Final, Generic, TypeVar

from vault.base.errors import VaultError

_AWAKE_SECONDS: Final = 0.002 if (os.cpu_count() or 1) > 1 else 0  # one processor is wanted by PostgreSQL

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class _Call(Generic[Asked, Answer]):
    """What one caller asked at once, how many of it ride already, and the answers by their places."""

    __slots__ = ("answers", "asked", "missing", "riding", "served")

    def __init__(self, asked: Sequence[Asked]) -> None:
        self.asked = asked
        self.riding = 0
        self.answers: dict[int, Sequence[Answer | Exception]] = {}  # of each part that rode, by its first place
        self.missing = len(asked)
        self.served: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def ride(self, most: int) -> _Part[Asked, Answer]:
        """Take what comes next, at most so many."""
        first = self.riding
        self.riding = min(first + most, len(self.asked))
        return self, first, self.riding

    def tell(self, first: int, answers: Sequence[Answer | Exception]) -> None:
        self.answers[first] = answers
        self.missing -= len(answers)
        if not self.missing and not self.served.done():  # it is where the caller hung up
            self.served.set_result(None)

    def told(self) -> list[Answer | Exception]:
        """Return all answers, in order."""
        return [one for first in sorted(self.answers) for one in self.answers[first]]


_Part = tuple[_Call[Asked, Answer], int, int]
"""Of a call the places from one up to another."""


class Gatherer(Generic[Asked, Answer]):
    """Serves questions in batches. `serve` answers each of a batch in its place, with the answer or with its error.

    Where a whole batch waits it gains nothing by that: it may have one of `more` lanes, so that there is work here
    while others are with PostgreSQL.
    """

    def __init__(
        self,
        serve: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | VaultError]]],
        *,
        lanes: int,
        most: int,
        more: int = 0,
    ) -> None:
        self._serve = serve
        self._width = lanes
        self._most = most
        self._more = more
        self._left = 0
        self._waiting: deque[_Call[Asked, Answer]] = deque()
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
        return call.told()

    def _join(self, asked: Sequence[Asked]) -> _Call[Asked, Answer]:
        call: _Call[Asked, Answer] = _Call(asked)
        self._waiting.append(call)
        self._left += len(asked)
        whole = min(self._more, self._left // self._most)
        for _ in range(min(self._width + whole - len(self._lanes), len(asked))):
            self._lanes.add(asyncio.create_task(self._drive()))
        return call

    async def _drive(self) -> None:
        while self._waiting and (len(self._lanes) <= self._width or self._left >= self._most):
            await self._ride(self._next())
        # Free in the same step that saw nobody waiting: whoever asks next must not take this lane for a busy one.
        self._lanes.difference_update({asyncio.current_task()})

    def _next(self) -> list[_Part[Asked, Answer]]:
        """Return who rides together next."""
        parts: list[_Part[Asked, Answer]] = []
        room = self._most
        while room and self._waiting:
            call, first, end = self._waiting[0].ride(room)
            parts.append((call, first, end))
            room -= end - first
            if end == len(call.asked):
                self._waiting.popleft()
        self._left -= self._most - room
        return parts

    async def _ride(self, parts: Sequence[_Part[Asked, Answer]]) -> None:
        asked = [one for call, first, end in parts for one in call.asked[first:end]]
        if len(asked) == 1:
            loop = asyncio.get_running_loop()
            self._stay_awake(loop, parts[0][0], until=loop.time() + _AWAKE_SECONDS)
        try:
            answers: Sequence[Answer | Exception] = await self._serve(asked)
        except Exception as error:  # noqa: BLE001 - whoever asked is told; the lane goes on
            if len(asked) > 1:
                for call, first, end in parts:
                    for place in range(first, end):
                        await self._ride([(call, place, place + 1)])
                return
            answers = [error]
        begin = 0
        for call, first, end in parts:
            call.tell(first, answers[begin : begin + end - first])
            begin += end - first

    def _stay_awake(self, loop: asyncio.AbstractEventLoop, lone: _Call[Asked, Answer], *, until: float) -> None:
        """Turn the loop once more, as long as this question has no answer and nobody else asks."""
        if lone.missing and len(self._lanes) == 1 and loop.time() < until:
            loop.call_soon(partial(self._stay_awake, loop, lone, until=until))


def _own(answer: Answer | Exception) -> Answer:
    if isinstance(answer, Exception):
        raise answer
    return answer
