"""`consent-vault log follow`: the log as JSON lines on standard output, for a SIEM; it goes on until it is stopped.

A line is whole or was never begun, unless the reader stops reading. While the database is away it waits, longer and
longer; it goes on where it was.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from argparse import ArgumentTypeError, Namespace
from contextlib import suppress
from typing import Any, Final

import structlog

from vault.actions.log import following
from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.base.settings import Settings, read
from vault.cli.opening import database, opened
from vault.domain.actor import Actor
from vault.store.database import INSTALLATION, DatabaseError

_ABOUT: Final = """
Writes one line of JSON for each entry of the log, in their order: generation, number, hash, and the entry as it was
signed. A new generation is a line of its own. It follows what comes, and never skips: begin again with the place after
the last line you kept. That somebody follows is an entry of the log. It names nobody, as the log does.
"""
_PLACE: Final = re.compile(r"(?:([1-9][0-9]{0,8})/)?(0|[1-9][0-9]{0,17})")
_PAUSE_SECONDS: Final = 0.5
_LONGEST_SECONDS: Final = 30
_PATIENCE_SECONDS: Final = 2  # for the line that is being written when we are told to stop
_CHUNK: Final = 4096  # a pipe that takes anything takes as much as that
_log = structlog.get_logger()


def add(actions: Any) -> None:
    """Register the command."""
    parser = actions.add_parser("follow", help="write entries as JSON lines, as they come", description=_ABOUT)
    parser.add_argument(
        "organization", metavar="ORGANIZATION", help="such as fernhill; _ is the installation's own log"
    )
    parser.add_argument(
        "--from", dest="start", type=_place, metavar="[GENERATION/]NUMBER", help="where to begin; else at the first"
    )
    parser.add_argument("--once", action="store_true", help="end with the last entry there is")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    settings = read(os.environ)
    with database(settings) as url:
        asyncio.run(_work(settings, url, asked=asked))
    return 0


async def _work(settings: Settings, url: str, *, asked: Namespace) -> None:
    loop, running, stopping = asyncio.get_running_loop(), asyncio.current_task(), asyncio.Event()

    def stop() -> None:
        stopping.set()
        loop.call_later(_PATIENCE_SECONDS, lambda: running and running.cancel())  # nobody reads the line any more

    for told in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(told, stop)
    with suppress(asyncio.CancelledError):
        async with opened(settings, url) as vault:
            organization = INSTALLATION if asked.organization == "_" else await find(vault, asked.organization)
            actor = Actor(organization=organization, kind="operator")
            await _follow(vault, actor, asked=asked, stopping=stopping)


async def _follow(vault: Vault, actor: Actor, *, asked: Namespace, stopping: asyncio.Event) -> None:
    generation, number = asked.start or (None, None)
    place = await following.begin(vault, actor, generation=generation, number=number)
    pause = _PAUSE_SECONDS
    while not stopping.is_set():
        try:
            step = await following.step(vault, actor, place=place)
        except DatabaseError as error:
            if asked.once:
                raise
            pause = min(2 * pause, _LONGEST_SECONDS)
            _log.warning("log_follow_waits", code=error.code, seconds=pause)
            await _rest(stopping, pause)
            continue
        await _write(b"".join([line + b"\n" for line in step.lines]))
        place, pause = step.after, _PAUSE_SECONDS
        if not step.lines:
            if asked.once:
                return
            await _rest(stopping, pause)


async def _rest(stopping: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


async def _write(data: bytes) -> None:
    """Write to standard output, and wait while it takes nothing: told to stop, we can."""
    left = memoryview(data)
    while left:
        await _writable()
        left = left[os.write(sys.stdout.fileno(), left[:_CHUNK]) :]


async def _writable() -> None:
    loop, ready, out = asyncio.get_running_loop(), asyncio.Event(), sys.stdout.fileno()
    try:
        loop.add_writer(out, ready.set)
    except PermissionError:  # a file takes whatever comes
        return
    try:
        await ready.wait()
    finally:
        loop.remove_writer(out)


def _place(text: str) -> tuple[int | None, int]:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ArgumentTypeError("write NUMBER or GENERATION/NUMBER, such as 2/600")
    return (int(found[1]) if found[1] is not None else None), int(found[2])
