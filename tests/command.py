"""The real command in a process of its own, in an environment that holds no setting but those given.

What runs to its end is forked from a process that has read the commands already: to read them takes most of a command's
time. `COMMAND` is the program itself.
"""

from __future__ import annotations

import asyncio
import os
import sys
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import ensure_running
from multiprocessing.reduction import DupFd
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

import asyncpg

COMMAND = Path(sys.executable).with_name("consent-vault")
PATIENCE = 60


class Ran(NamedTuple):
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str

    def well(self) -> str:
        """Return what it said; it ended well, and complained of nothing."""
        assert (self.status, self.err) == (0, "")
        return self.out

    def refused(self) -> str:
        """Return the one sentence it ended with, and nothing but that."""
        assert (self.status, self.out, self.err.count("\n")) == (2, "", 1), self
        assert self.err.startswith("consent-vault: ")
        assert "Traceback" not in self.err
        return self.err.removeprefix("consent-vault: ").rstrip("\n")


def environment(**settings: object) -> dict[str, str]:
    """Return an environment; `port=1` stands for `VAULT_PORT=1`."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("VAULT_")}
    return others | {f"VAULT_{name.upper()}": str(value) for name, value in settings.items()}


def run(*arguments: object, stdin: Any = None, **settings: object) -> Ran:
    """Run a command to its end; `stdin` is a descriptor, if it is to read anything."""
    with TemporaryFile() as out, TemporaryFile() as err:
        told = [DupFd(file) for file in (out.fileno(), err.fileno(), *([] if stdin is None else [stdin]))]
        process = _forking().Process(target=_run, args=([*map(str, arguments)], environment(**settings), told))
        process.start()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"{arguments[0]} did not end")
        return Ran(process.exitcode, _whole(out), _whole(err))


def _whole(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


@cache
def _forking() -> ForkServerContext:
    """Start the process that the others are forked from: it reads the commands, and nothing of what tests set."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.commands"])
    measuring = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("COVERAGE_PROCESS")}
    ensure_running()
    os.environ.update(measuring)
    return context


def _run(arguments: list[str], environ: dict[str, str], told: list[Any]) -> None:
    """Be the command."""
    from coverage import process_startup  # noqa: PLC0415 - before the command, as it would in a process that begins

    from vault.cli.main import main  # noqa: PLC0415

    for place, end in zip((1, 2, 0), told, strict=False):
        os.dup2(end.detach(), place)
    os.environ.clear()
    os.environ.update(environ)
    measured = process_startup(force=True)
    sys.stdin = os.fdopen(0)
    try:
        status: Any = main(arguments)
    except SystemExit as ended:
        status = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    if measured is not None:
        measured.stop()
        measured.save()
    os._exit(int(status or 0))


def sql(url: str, statement: str) -> Any:
    """Run a statement as whoever the URL names, and return the first value of what it finds."""

    async def once() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(once())
