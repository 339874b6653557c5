"""Server processes that are used by a test and gone with it, and a client of theirs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpx2
from consent_vault import AsyncVault, Pace

from tests import make

CHECKOUT = Path(__file__).parents[2]
PATIENCE_SECONDS = 30


@contextmanager
def serving(
    command: Sequence[object], port: int, *, lines: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a process group of its own, from when it answers until the block ends."""
    with lines.open("ab") as told:
        server = subprocess.Popen(  # noqa: S603 - a command of ours
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
            cwd=CHECKOUT,
            env=environment,
            start_new_session=True,
        )
    try:
        _wait(server, port, lines)
        yield server
    finally:
        _end(server)


def kill(server: subprocess.Popen[bytes]) -> None:
    """`kill -9` it and its workers."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait(PATIENCE_SECONDS)


@asynccontextmanager
async def speaking(port: int, *, issuer: str | None = None, attempts: int = 1) -> AsyncIterator[AsyncVault]:
    """Speak to a server as the client that may do everything; each call is sent so many times at most."""
    url = f"http://127.0.0.1:{port}"
    limits = httpx2.Limits(max_connections=64, max_keepalive_connections=64)
    async with (
        httpx2.AsyncClient(timeout=PATIENCE_SECONDS, limits=limits) as http,
        AsyncVault(
            url,
            client_id="fernhill.everything",
            http=http,
            private_key=make.CLIENT_KEY,
            kid="k1",
            issuer=issuer or url,
            pace=Pace(attempts=attempts),
        ) as vault,
    ):
        yield vault


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _wait(server: subprocess.Popen[bytes], port: int, lines: Path) -> None:
    patience = time.monotonic() + PATIENCE_SECONDS
    while not _answers(port):
        if server.poll() is not None or time.monotonic() > patience:
            raise AssertionError(f"the server did not start: {lines.read_text()}")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200
    except httpx2.TransportError:
        return False


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, so that it may say what it covered, and then do not ask."""
    with suppress(subprocess.TimeoutExpired):
        server.terminate()
        server.wait(10)
    kill(server)
