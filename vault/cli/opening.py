"""Opening the vault for a command: settings, the database in use, the root key, and in a trial what is still missing.

A trial on the bundled database is brought up to date by itself. A root key is made in a trial only, and only while
nothing is wrapped by another: a lost key file is never papered over with a new one. A crash in between leaves a key
that wraps nothing yet, which the next command takes.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Final, TypeVar

from vault.actions.log.parts import Sequencing, witnesses
from vault.actions.vault import Vault
from vault.base.clock import SystemEntropy
from vault.base.errors import Conflict, Unavailable
from vault.base.settings import Settings, read
from vault.cli import lines
from vault.crypto.provider import create
from vault.parts import open_vault
from vault.store import installation, migrations
from vault.store.bundled import running
from vault.store.database import SERVICE, Database, open_database
from vault.store.log.guard import Guard
from vault.store.log.pruned import RETENTION
from vault.store.log.sequence import SEQUENCER

T = TypeVar("T")
_TERMINATED: Final = 128 + signal.SIGTERM


def with_vault(action: Callable[[Vault], Awaitable[T]]) -> T:
    """Open the vault of this environment, do one thing with it, and close it."""
    settings = read(os.environ)
    with database(settings) as url:
        return asyncio.run(_act(settings, url, action=action))


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Yield the URL of the database: the one given, or the bundled one, which runs as long as the block does."""
    lines.configure()
    signal.signal(signal.SIGTERM, _unwind)
    if settings.database_url is not None:
        yield settings.database_url
        return
    with running(settings.folder) as url:
        yield url


@asynccontextmanager
async def opened(settings: Settings, url: str) -> AsyncIterator[Vault]:
    """Yield the vault, ready for use; `VaultError` says what is wrong with database or root key."""
    if settings.database_url is None:
        await migrations.migrate(url)
    if not settings.production and _lacks_root_key(settings):
        await _make_root_key(settings, url)
    async with open_vault(settings, url) as vault:
        async with vault.database.work() as work:
            await installation.check_root_key(work, provider=vault.provider, keyring=vault.keyring)
        yield vault


@asynccontextmanager
async def sequencing(settings: Settings, url: str) -> AsyncIterator[Sequencing]:
    """Yield what keeps the log: for the worker, and for a command about the log."""
    own = await open_database(url, size=4, role=SEQUENCER)
    try:
        async with retention(url) as pruning:
            guard, asked = Guard(settings.guard), witnesses(settings.log_witnesses)
            yield Sequencing(database=own, guard=guard, witnesses=asked, retention=pruning)
    finally:
        await own.close()


@asynccontextmanager
async def retention(url: str) -> AsyncIterator[Database]:
    """Yield the way by which bodies of the log go."""
    own = await open_database(url, size=2, role=RETENTION)
    try:
        yield own
    finally:
        await own.close()


async def _act(settings: Settings, url: str, *, action: Callable[[Vault], Awaitable[T]]) -> T:
    async with opened(settings, url) as vault:
        return await action(vault)


def _lacks_root_key(settings: Settings) -> bool:
    return not os.path.lexists(settings.root_key)


async def _make_root_key(settings: Settings, url: str) -> None:
    await migrations.check(url, role=SERVICE)
    if await installation.has_keys(url):
        return  # opening says that the file is missing
    _make_folder(settings.root_key.parent)
    with suppress(Conflict):  # another process was quicker
        create(settings.root_key, entropy=SystemEntropy())


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable("key_file_not_made", f"the folder {folder} could not be made: {error.strerror}") from None


def _unwind(_: int, __: FrameType | None) -> None:
    """Leave by the way we came, so that the bundled database is stopped if nobody else uses it."""
    raise SystemExit(_TERMINATED)
