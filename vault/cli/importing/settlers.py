"""Processes that work on an import beside the one that was asked: they end with it, however that ends.

What one of them had taken when it died, another takes: nothing is lost with it, and nothing done twice.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from multiprocessing.connection import Connection
from typing import Final

import msgspec

from vault.actions.importing import components, staging
from vault.actions.importing.given import Crew, Part, Task, Workers
from vault.actions.importing.opening import reopened
from vault.actions.importing.staging import Lane
from vault.actions.vault import Vault
from vault.base.errors import VaultError
from vault.base.settings import Settings, read
from vault.cli import lines
from vault.cli.opening import database, opened
from vault.cli.processes import end_with
from vault.domain.actor import Actor
from vault.imports.row import FileRefused

PROCESSES: Final = 2
_WORTH: Final = 5_000  # rows: fewer are done before another process is up
_PATIENCE_SECONDS: Final = 10


def workers(processes: int | None = None, *, settings: Settings | None = None, url: str | None = None) -> Workers:
    """Return a way to start the others of so many processes, no more than there are processors.

    They open the vault of this environment, or of these settings and this database.
    """
    count = min(processes or PROCESSES, os.cpu_count() or 1)
    least = _WORTH if processes is None else 0
    place = None if settings is None or url is None else (settings, url)

    def start(task: Task) -> AbstractAsyncContextManager[Crew | None]:
        return _crew(task, others=count - 1 if task.rows >= least else 0, place=place)

    return start


class _Refused(msgspec.Struct, frozen=True):
    """What a process says when it cannot go on."""

    code: str
    detail: str
    of_a_file: bool


class _Crew:
    def __init__(self, ends: list[Connection]) -> None:
        self.lanes = len(ends) + 1
        self._ends = ends

    async def work(self, part: Part) -> AsyncIterator[int]:
        """Let each do its part, and yield how many rows are done whenever some are."""
        told: asyncio.Queue[int | None] = asyncio.Queue()
        each = [asyncio.create_task(_follow(end, part, tell=told.put_nowait)) for end in self._ends]
        try:
            for _ in each:
                while (rows := await told.get()) is not None:
                    yield rows
            await asyncio.gather(*each)
        finally:
            for one in each:
                one.cancel()


async def _follow(end: Connection, part: Part, *, tell: Callable[[int | None], None]) -> None:
    """Tell what a process says until it is done; one that died has said all it will."""
    try:
        end.send(part)
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
    if not others:
        yield None
        return
    spawning = multiprocessing.get_context("spawn")
    async with AsyncExitStack() as stack:
        ends: list[Connection] = []
        for own in range(1, others + 1):
            ours, theirs = spawning.Pipe()
            told = {"parent": os.getpid(), "lane": Lane(own=own, of=others + 1), "place": place}
            process = spawning.Process(target=_process, args=(theirs, task), kwargs=told, daemon=True)
            process.start()
            theirs.close()
            ends.append(ours)
            stack.callback(_stop, process, ours)
        yield _Crew(ends)


def _stop(process: multiprocessing.process.BaseProcess, end: Connection) -> None:
    process.terminate()
    process.join(_PATIENCE_SECONDS)
    process.kill()
    process.join()
    end.close()


def _process(end: Connection, task: Task, *, parent: int, lane: Lane, place: tuple[Settings, str] | None) -> None:
    lines.configure()
    end_with(parent, by=signal.SIGKILL)
    if place is not None:
        asyncio.run(_work(end, task, lane=lane, place=place))
        return
    settings = read(os.environ)
    with database(settings) as url:
        asyncio.run(_work(end, task, lane=lane, place=(settings, url)))


async def _work(end: Connection, task: Task, *, lane: Lane, place: tuple[Settings, str]) -> None:
    async with opened(*place) as vault:
        try:
            while True:
                part = await asyncio.to_thread(end.recv)
                async for rows in _part(vault, task, part=part, lane=lane):
                    end.send(rows)
                end.send(None)
        except VaultError as refused:
            end.send(_Refused(refused.code, refused.detail, isinstance(refused, FileRefused)))
        except (EOFError, OSError):
            sys.exit(0)


async def _part(vault: Vault, task: Task, *, part: Part, lane: Lane) -> AsyncIterator[int]:
    actor = Actor(organization=task.organization, kind="import")
    if part == "staging":
        found = await reopened(vault, actor, given=task.given, import_=task.import_)
        async for rows in staging.stage(vault, actor, opened=found, given=task.given, lane=lane):
            yield rows
    else:
        async for rows in components.settled(vault, actor, import_=task.import_):
            yield rows
