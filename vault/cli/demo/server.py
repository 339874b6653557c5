"""The server of a demo: `consent-vault serve` in a process of its own, which ends with the demo, however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from vault.base.errors import Unavailable
from vault.base.settings import PREFIX, Settings
from vault.cli.main import main
from vault.cli.processes import end_with

_PATIENCE_SECONDS: Final = 60
_PAUSE_SECONDS: Final = 0.05
_WELL: Final = 200
Server = subprocess.Popen[bytes]


@contextmanager
def serving(settings: Settings, log: Path) -> Iterator[Server]:
    """Yield the server once it answers; its log lines go to the file `log`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {"VAULT_DATA": str(settings.folder), "VAULT_HOST": settings.host, "VAULT_PORT": str(settings.port)}
    command = [sys.executable, "-m", __name__, str(os.getpid())]
    with log.open("xb") as lines:
        # A session of its own: Ctrl-C is for the demo, which ends the server in its turn.
        server = subprocess.Popen(  # noqa: S603 - a command of ours
            command, env=environment, stdin=subprocess.DEVNULL, stdout=lines, stderr=lines, start_new_session=True
        )
    try:
        _wait(server, settings, log=log)
        yield server
    finally:
        server.terminate()
        try:
            server.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(server: Server, settings: Settings, *, log: Path) -> None:
    patience = time.monotonic() + _PATIENCE_SECONDS
    while not _is_well(settings):
        if server.poll() is not None or time.monotonic() > patience:
            said = log.read_text("utf-8", "replace").splitlines() or ["it said nothing"]
            raise Unavailable("demo_server_failed", f"the server did not start: {said[-1]}")
        time.sleep(_PAUSE_SECONDS)


def _is_well(settings: Settings) -> bool:
    connection = HTTPConnection(settings.host, settings.port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == _WELL
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    sys.exit(main(["serve", "--with-worker"]))
