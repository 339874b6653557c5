"""Decisions asked at the same time are sent as one batch, where there is an event loop to ask them at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from functools import partial
from typing import Any

from consent_vault.answers import Decision
from consent_vault.problems import Conflict, Denied, Invalid, NotFound, Problem, Unavailable
from consent_vault.questions import Question

__all__ = ["AsyncAsker", "AsyncDecision", "Decision", "SyncAsker"]

_MOST = 1000
_NO_TOKEN = 401
_OVER_LIMIT = "over_limit"

_Waiting = tuple[Question, "asyncio.Future[Decision]"]


class AsyncDecision(Coroutine[Any, Any, Decision]):
    """A decision to await. In an `if` it is an error: an answer nobody awaited must not read like a yes."""

    def __init__(self, coroutine: Coroutine[Any, Any, Decision]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Decision]:
        return self._coroutine.__await__()

    def send(self, value: Any) -> Any:
        """Go on (PEP 342)."""
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        """Go on with an exception (PEP 342)."""
        return self._coroutine.throw(*error)

    def close(self) -> None:
        """Go no further (PEP 342)."""
        self._coroutine.close()

    def __bool__(self) -> bool:
        raise TypeError("await the decision; only then is it a yes or a no")


class AsyncAsker:
    """Asks what is asked within one turn of the event loop as one batch; a question with a key of its own, alone."""

    def __init__(
        self,
        one: Callable[[Question, str | None], Coroutine[Any, Any, Decision]],
        many: Callable[[Sequence[Question]], Awaitable[Sequence[Decision]]],
    ) -> None:
        self._one = one
        self._many = many
        self._waiting: list[_Waiting] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = False

    def ask(self, question: Question, key: str | None) -> AsyncDecision:
        """Return the answer, to be awaited."""
        return AsyncDecision(self._gathered(question) if key is None else self._one(question, key))

    async def aclose(self) -> None:
        """Ask no more. Whoever still waits gets a `Problem`, which is no yes."""
        self._over = True
        _fail(self._waiting, _closed())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _gathered(self, question: Question) -> Decision:
        if self._over:
            raise _closed()
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._send)
        answer: asyncio.Future[Decision] = loop.create_future()
        self._waiting.append((question, answer))
        return await answer

    def _send(self) -> None:
        waiting = [one for one in self._waiting if not one[1].done()]
        self._waiting = []
        for start in range(0, len(waiting), _MOST):
            batch = waiting[start : start + _MOST]
            task = asyncio.get_running_loop().create_task(self._serve(batch))
            self._tasks.add(task)
            task.add_done_callback(partial(self._served, batch))

    def _served(self, batch: Sequence[_Waiting], task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        _fail(batch, _closed())  # a cancelled task leaves people waiting, and may never have begun

    async def _serve(self, waiting: Sequence[_Waiting]) -> None:
        try:
            answers = await self._answers([question for question, _ in waiting])
        except (Invalid, Denied, NotFound, Conflict) as problem:
            if len(waiting) > 1 and problem.code == _OVER_LIMIT:
                # More at once than this client may ask in a second: half of it, and then, when it may, the rest.
                await self._serve(waiting[: len(waiting) // 2])
                await self._serve(waiting[len(waiting) // 2 :])
                return
            if len(waiting) > 1 and problem.status != _NO_TOKEN:
                await asyncio.gather(*(self._serve([one]) for one in waiting))
                return
            _fail(waiting, problem)
        except Exception as error:  # noqa: BLE001 - whatever it was, whoever waits must hear of it
            _fail(waiting, error)
        else:
            for (_, answer), decision in zip(waiting, answers, strict=True):
                if not answer.done():
                    answer.set_result(decision)

    async def _answers(self, questions: Sequence[Question]) -> Sequence[Decision]:
        return [await self._one(questions[0], None)] if len(questions) == 1 else await self._many(questions)


class SyncAsker:
    """Asks one question at a time: without an event loop nothing is asked at the same time."""

    def __init__(self, one: Callable[[Question, str | None], Decision], many: object) -> None:
        del many
        self._one = one

    def ask(self, question: Question, key: str | None) -> Decision:
        """Return the answer."""
        return self._one(question, key)

    def close(self) -> None:
        """Nobody waits."""


def _closed() -> Problem:
    return Unavailable("closed", "this client was closed before there was an answer")


def _fail(waiting: Sequence[_Waiting], error: Exception) -> None:
    for _, answer in waiting:
        if not answer.done():
            answer.set_exception(error)
