"""`consent-vault worker`: what goes on beside the server, until it is told to stop; for now, delivering messages.

As many as like may run: one of them works, the others stand by. Told to stop, it ends the messages under way first.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

import msgspec
import structlog

from vault import worker
from vault.base.errors import place
from vault.base.settings import Settings, read
from vault.cli import lines
from vault.cli.opening import database, opened, sequencing
from vault.cli.processes import end_with
from vault.cli.terminal import Commands, say
from vault.courier.parts import mail_folder

_ABOUT: Final = """
Until SIGTERM or Ctrl-C it delivers messages, by the mail server in VAULT_SMTP_URL or in a trial into a folder; it puts
the access log in order, screens audiences and reads imports. Run one or more beside `consent-vault serve`, or none with
`consent-vault serve --with-worker`.
"""
_PATIENCE_SECONDS: Final = 15
_PAUSE_SECONDS: Final = 1


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "worker", help="deliver messages, order the log, do what takes long", description=_ABOUT
    )
    parser.set_defaults(run=_run)


def _run(_: Namespace) -> int:
    settings = read(os.environ)
    with database(settings) as url:
        asyncio.run(_work(settings, url, greeting=[where(settings), "Ctrl-C stops it."]))
    return 0


def where(settings: Settings) -> str:
    """Return in a sentence where messages go; no user, no password."""
    if (post := settings.post) is not None:
        return f"Messages go out by {post.host} port {post.port}, from {settings.mail_from}."
    written = mail_folder(settings)
    if written is not None:
        return f"Messages are written into {written}, and not sent."
    return "Messages wait, and are not sent: set VAULT_SMTP_URL and VAULT_MAIL_FROM."


@contextmanager
def beside(settings: Settings, url: str) -> Iterator[None]:
    """Keep a worker running in a process of its own as long as the block does; one that dies is started anew."""
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(settings, url), kwargs={"over": over})
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _keep(settings: Settings, url: str, *, over: threading.Event) -> None:
    spawning = multiprocessing.get_context("spawn")
    while not over.is_set():
        process = spawning.Process(target=_process, args=(settings, url), kwargs={"parent": os.getpid()}, daemon=True)
        process.start()
        while process.is_alive() and not over.wait(_PAUSE_SECONDS):
            pass
        if over.is_set():
            process.terminate()
            process.join(_PATIENCE_SECONDS)
            process.kill()
        else:
            structlog.get_logger().error("worker_died", status=process.exitcode)
        process.join()


def _process(settings: Settings, url: str, *, parent: int) -> None:
    lines.configure()
    end_with(parent)
    try:
        asyncio.run(_work(settings, url))
    except Exception as error:  # noqa: BLE001 - left to itself, the process would print values
        structlog.get_logger().error("worker_failed", kind=type(error).__name__, where=place(error))
        sys.exit(1)


async def _work(settings: Settings, url: str, *, greeting: Sequence[str] = ()) -> None:
    loop, running = asyncio.get_running_loop(), asyncio.current_task()
    for told in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(told, lambda: running and running.cancel())
    log = structlog.get_logger()
    with suppress(asyncio.CancelledError):
        async with opened(settings, url) as vault:
            say(*greeting)
            log.info("working", duties=len(worker.DUTIES))
            async with sequencing(settings, url) as own:
                await worker.run(msgspec.structs.replace(vault, sequencing=own))
    log.info("worker_stopped")
