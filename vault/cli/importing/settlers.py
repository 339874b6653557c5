"""Processes that work on an import beside the one that was asked: they end with it, however that ends.

What one of them had taken when it died, another takes: nothing is lost with it, and nothing done twice.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from itertools import accumulate
from multiprocessing.connection import Connection
from typing import Any, Final

import msgspec

from vault.actions.importing import components, staging
from vault.actions.importing.given import Claim, Crew, Part, Task, Workers
from vault.actions.importing.opening import reopened
from vault.actions.vault import Vault
from vault.base.errors import VaultError
from vault.base.settings import Settings, read
from vault.cli import lines
from vault.cli.opening import database, opened
from vault.cli.processes import end_with
from vault.domain.actor import Actor
from vault.imports.row import FileRefused

PROCESSES: Final = 2
_WORTH: Final = 5  # chunks: fewer are done before another process is up
_PATIENCE_SECONDS: Final = 10
_COLLECT_AFTER: Final = 50_000
_SPAWNING: Final = multiprocessing.get_context("spawn")


def workers(processes: int | None = None, *, settings: Settings | None = None, url: str | None = None) -> Workers:
    """Return a way to start the others of so many processes, no more than there are processors.

    They open the vault of this environment, or of these settings and this database.
    """
    count = min(processes or PROCESSES, os.cpu_count() or 1)
    least = _WORTH if processes is None else 0
    place = None if settings is None or url is None else (settings, url)

    def start(task: Task) -> AbstractAsyncContextManager[Crew | None]:
        return _crew(task, others=count - 1 if sum(task.chunks) >= least else 0, place=place)

    return start


class _Refused(msgspec.Struct, frozen=True):
    """What a process says when it cannot go on."""

    code: str
    detail: str
    of_a_file: bool


class _Claims:
    """Who comes first takes a chunk, whichever process it is."""

    def __init__(self, chunks: Sequence[int]) -> None:
        self._firsts = [0, *accumulate(chunks)]
        self._taken = _SPAWNING.Array("b", max(1, self._firsts[-1]))
        self.by_others = _SPAWNING.Value("b", 0)
        self._first = os.getpid()

    def __call__(self, number: int, chunk: int) -> bool:
        place = self._firsts[number] + chunk
        with self._taken:
            taken = bool(self._taken[place])
            self._taken[place] = 1
            if not taken and os.getpid() != self._first:
                self.by_others.value = 1
        return not taken


class _Start(msgspec.Struct, frozen=True):
    """What a process is told as it starts."""

    task: Task
    claims: Any
    place: tuple[Settings, str] | None


class _Crew:
    def __init__(self, ends: list[Connection], claims: _Claims) -> None:
        self.claim: Claim = claims
        self._by_others = claims.by_others
        self._ends = [(end, asyncio.Lock()) for end in ends]

    @property
    def has_claimed(self) -> bool:
        """Whether any of them took a chunk."""
        return bool(self._by_others.value)

    async def work(self, part: Part) -> AsyncIterator[int]:
        """Let each do its part, and yield how many rows are done whenever some are."""
        told: asyncio.Queue[int | None] = asyncio.Queue()
        each = [asyncio.create_task(_follow(end, part, turn=turn, tell=told.put_nowait)) for end, turn in self._ends]
        try:
            for _ in each:
                while (rows := await told.get()) is not None:
                    yield rows
            await asyncio.gather(*each)
        finally:
            for one in each:
                one.cancel()


async def _follow(end: Connection, part: Part, *, turn: asyncio.Lock, tell: Callable[[int | None], None]) -> None:
    """Tell what a process says until it is done; one that died has said all it will."""
    try:
        end.send(part)
        async with turn:  # it may still be about what it was asked before
            while (said := await asyncio.to_thread(end.recv)) is not None:
                if isinstance(said, _Refused):
                    raise (FileRefused if said.of_a_file else VaultError)(said.code, said.detail)
                tell(said)
    except (EOFError, OSError):
        return
    finally:
        tell(None)


@asynccontextmanager
async def _crew(task: Task, *, others: int, place: tuple[Settings, str] | None) -> AsyncIterator[Crew | None]:
    _collect_less()
    if not others:
        yield None
        return
    start = _Start(task, _Claims(task.chunks), place)
    async with AsyncExitStack() as stack:
        ends: list[Connection] = []
        for _ in range(others):
            ours, theirs = _SPAWNING.Pipe()
            told = {"parent": os.getpid()}
            process = _SPAWNING.Process(target=_process, args=(theirs, start), kwargs=told, daemon=True)
            process.start()
            theirs.close()
            ends.append(ours)
            stack.callback(_stop, process, ours)
        yield _Crew(ends, start.claims)


def _stop(process: multiprocessing.process.BaseProcess, end: Connection) -> None:
    process.terminate()
    process.join(_PATIENCE_SECONDS)
    process.kill()
    process.join()
    end.close()


def _collect_less() -> None:
    """Look for cycles less often, and not in what is there by now: rows have none."""
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)


def _process(end: Connection, start: _Start, *, parent: int) -> None:
    lines.configure()
    end_with(parent, by=signal.SIGKILL)
    if start.place is not None:
        asyncio.run(_work(end, start, place=start.place))
        return
    settings = read(os.environ)
    with database(settings) as url:
        asyncio.run(_work(end, start, place=(settings, url)))


async def _work(end: Connection, start: _Start, *, place: tuple[Settings, str]) -> None:
    async with opened(*place) as vault:
        _collect_less()
        try:
            while True:
                part = await asyncio.to_thread(end.recv)
                async for rows in _part(vault, start, part=part):
                    end.send(rows)
                end.send(None)
        except VaultError as refused:
            end.send(_Refused(refused.code, refused.detail, isinstance(refused, FileRefused)))
        except (EOFError, OSError):
            sys.exit(0)


async def _part(vault: Vault, start: _Start, *, part: Part) -> AsyncIterator[int]:
    task = start.task
    actor = Actor(organization=task.organization, kind="import")
    if part == "staging":
        found = await reopened(vault, actor, given=task.given, import_=task.import_)
        async for rows in staging.stage(vault, opened=found, given=task.given, claim=start.claims):
            yield rows
    else:
        async for rows in components.settled(vault, actor, import_=task.import_):
            yield rows
