"""The gatherer: what arrives while a batch is being served rides together in the next.

Nothing waits to fill a batch: one starts as soon as a lane is free, so an idle vault answers one question at once. A
batch that dies is tried again one by one. A caller who hangs up does not cancel the batch it rides in.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from vault.base.errors import VaultError

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Gatherer(Generic[Asked, Answer]):
    """Serves questions in batches. `serve` answers each of a batch in its place, with the answer or with its error."""

    def __init__(
        self, serve: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | VaultError]]], *, lanes: int, most: int
    ) -> None:
        self._serve = serve
        self._width = lanes
        self._most = most
        self._waiting: deque[tuple[Asked, asyncio.Future[Answer]]] = deque()
        self._lanes: set[asyncio.Task[None]] = set()

    async def ask_all(self, asked: Sequence[Asked]) -> list[Answer]:
        """Return the answers to many, in order; the first error of any is raised when all are served."""
        if len(asked) == 1:
            return [await self._join(asked[0])]
        answers = await self._served(asked)
        return [answer.result() for answer in answers]

    async def ask_each(self, asked: Sequence[Asked]) -> list[Answer | VaultError]:
        """Return the answer to each of many, or its own error, in order. What nobody foresaw is raised."""
        answers = await self._served(asked)
        return [error if isinstance(error := one.exception(), VaultError) else one.result() for one in answers]

    def ask_ahead(self, asked: Asked) -> None:
        """Ask without waiting for the answer; an error is told to nobody."""
        self._join(asked)

    async def _served(self, asked: Sequence[Asked]) -> list[asyncio.Future[Answer]]:
        answers = [self._join(one) for one in asked]
        if answers:
            await asyncio.wait(answers)
        return answers

    def _join(self, asked: Asked) -> asyncio.Future[Answer]:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if len(self._lanes) < self._width:
            self._lanes.add(asyncio.create_task(self._drive()))
        return answer

    async def _drive(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            await self._ride(batch)
        # Free in the same step that saw nobody waiting: whoever asks next must not take this lane for a busy one.
        self._lanes.difference_update({asyncio.current_task()})

    async def _ride(self, batch: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._serve([asked for asked, _ in batch])
        except Exception as error:  # noqa: BLE001 - whoever asked is told; the lane goes on
            if len(batch) == 1:
                _tell(batch[0][1], error)
                return
            for one in batch:
                await self._ride([one])
            return
        for (_, waiting), answer in zip(batch, answers, strict=True):
            _tell(waiting, answer)


def _tell(waiting: asyncio.Future[Answer], answer: Answer | Exception) -> None:
    if waiting.done():
        return  # the caller hung up
    if isinstance(answer, Exception):
        waiting.set_exception(answer)
        waiting.exception()  # read once, or asyncio logs what a caller who hung up did not hear
    else:
        waiting.set_result(answer)
