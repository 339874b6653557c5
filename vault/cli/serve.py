"""`consent-vault serve`: the server, with its processes, until it is told to stop.

Each server process opens the vault for itself and ends with the one that started it, however that ends. Before any
starts, database, root key and port are tried here, so that what is wrong is one sentence and not a crash in a child.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from argparse import Namespace
from contextlib import nullcontext
from functools import partial
from typing import Final

import msgspec
import structlog
from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from litestar.types import ASGIApp

from vault.actions.client.signing_keys import signing_keys
from vault.api.shortcut import shortcut
from vault.app import create_app
from vault.base.errors import Unavailable
from vault.base.settings import Settings, read
from vault.cli import lines, worker
from vault.cli.opening import database, opened
from vault.cli.processes import end_with
from vault.cli.terminal import Commands, complain, say

_ABOUT: Final = """
Runs the server until SIGTERM or Ctrl-C. Without VAULT_DATABASE_URL it starts the bundled database, brings it up to date
and makes a root key: a trial, on this machine only. With one, run `consent-vault migrate` first. The settings are
VAULT_* variables; the options stand for the variables of their name.
"""
_OPTIONS: Final = {
    "host": ("ADDRESS", "address to listen on, instead of VAULT_HOST"),
    "port": ("PORT", "port to listen on, instead of VAULT_PORT; 0 takes any that is free"),
    "workers": ("NUMBER", "server processes, instead of VAULT_WORKERS"),
}
_PATIENCE_SECONDS: Final = 10
_SETTLED_SECONDS: Final = 0.1
"""By then the loop has ended its startup. Should that take longer, a signal may be lost, and this process be killed."""
_ENDINGS: Final = (signal.SIGTERM, signal.SIGINT)


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("serve", help="run the server", description=_ABOUT)
    for name, (form, purpose) in _OPTIONS.items():
        parser.add_argument(f"--{name}", metavar=form, help=purpose)
    parser.add_argument("--with-worker", action="store_true", help="run `consent-vault worker` beside it")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    options = {f"VAULT_{name.upper()}": value for name in _OPTIONS if (value := getattr(asked, name)) is not None}
    environment = {**os.environ, **options}
    settings = read(environment)
    address, port = free_place(settings)
    settings = read({**environment, "VAULT_PORT": str(port)})
    with database(settings) as url:
        asyncio.run(_try(settings, url))
        say(*greeting(settings, with_worker=asked.with_worker))
        with worker.beside(settings, url) if asked.with_worker else nullcontext():
            return run(settings, url, address=address)


def free_place(settings: Settings) -> tuple[str, int]:
    """Return address and port to listen on, spelled out; `Unavailable` when they are not to be had.

    Server processes share one port, and would share it with those of another vault as well: here that is refused.
    """
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, place = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            address, port, *_ = probe.getsockname()
    except OSError as error:
        raise Unavailable(
            "no_place_to_listen",
            f"cannot listen on {settings.host} port {settings.port}: {(error.strerror or 'refused').lower()}; "
            "give others with --host and --port",
        ) from None
    return str(address), int(port)


def greeting(settings: Settings, *, with_worker: bool) -> list[str]:
    """Return what the server says when it starts."""
    mail = worker.where(settings) if with_worker else "Messages wait for `consent-vault worker`."
    more = [mail, *_trusting(settings)]
    if settings.production:
        return [
            f"The vault listens on {settings.host} port {settings.port}; clients reach it at {settings.issuer}.",
            *more,
        ]
    where = "the database in VAULT_DATABASE_URL"
    if settings.database_url is None:
        where = f"{settings.folder}, in the bundled PostgreSQL"
    return [
        f"The vault listens on {settings.issuer}. This is a trial: not for real people's data. Ctrl-C stops it.",
        f"Its data lies in {where}; the root key is {settings.root_key}.",
        *more,
    ]


def _trusting(settings: Settings) -> list[str]:
    hosts = ", ".join(sorted(settings.trusted))
    return [f"Keys are fetched from private addresses too if they are of {hosts}."] if hosts else []


def run(settings: Settings, url: str, *, address: str) -> int:
    """Serve until told to stop; return the exit status. Everything was tried before."""
    server = Granian(
        "consent-vault",
        address=address,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.uvloop if sys.platform != "win32" else Loops.asyncio,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=lines.configuration(),
        respawn_failed_workers=True,
        respawn_interval=0,
        workers_kill_timeout=_PATIENCE_SECONDS,
    )
    # Otherwise a closed terminal would mean: start all processes anew, and go on unseen.
    server.on_startup(partial(signal.signal, signal.SIGHUP, server.signal_handler_interrupt))
    log = structlog.get_logger()
    log.info("serving", port=settings.port, workers=settings.workers, production=settings.production)
    try:
        server.serve(target_loader=partial(_app, settings, url, parent=os.getpid()), wrap_loader=False)
    except SystemExit:
        if not server.interrupt_signal:  # a terminal tells all at once, and a child may be faster than its parent
            complain("the server processes end as soon as they start; `consent-vault doctor` may say why")
            return 1
    log.info("stopped")
    return 0


def _app(settings: Settings, url: str, *, parent: int) -> ASGIApp:
    """Return the application, in a server process of its own."""
    lines.configure()
    end_with(parent, by=signal.SIGKILL)  # a gentler word may come before anybody listens; there is nothing to save
    app = create_app(settings, url)
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    app.on_startup.append(_listen)
    return shortcut(app)


async def _listen() -> None:
    """Hear of an ending once the loop runs for good: a signal that comes while it stands, uvloop forgets."""
    asyncio.get_running_loop().call_later(_SETTLED_SECONDS, signal.pthread_sigmask, signal.SIG_UNBLOCK, _ENDINGS)


async def _try(settings: Settings, url: str) -> None:
    one = msgspec.structs.replace(settings, pool=2)
    async with opened(one, url) as vault:
        await signing_keys(vault)
