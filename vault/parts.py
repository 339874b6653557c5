"""The vault's parts, opened on a database and closed again: what the server, the worker and each command work with.

Whoever opens them needs no part of the server: a command is quick to begin.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from vault.actions import denials
from vault.actions.client import uses
from vault.actions.client.sweeping import sweep
from vault.actions.log.parts import witnesses
from vault.actions.vault import Vault, forget
from vault.base.clock import Clock, Entropy, SystemClock, SystemEntropy
from vault.base.errors import Unavailable
from vault.base.settings import Settings
from vault.courier.parts import courier
from vault.crypto.keyring import Keyring
from vault.crypto.provider import FileProvider
from vault.store import migrations
from vault.store.database import SERVICE, open_database

_FORGET_SECONDS: Final = 60
_TELL_SECONDS: Final = 1


@asynccontextmanager
async def open_vault(
    settings: Settings, url: str, *, clock: Clock | None = None, entropy: Entropy | None = None
) -> AsyncIterator[Vault]:
    """Open the vault's parts on the database at `url`; it must be at this vault's migration."""
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    if settings.production and not settings.allow_key_file:
        raise Unavailable(
            "key_file_in_production",
            "production wants its root key in a key service; to use a key file, set VAULT_ALLOW_KEY_FILE=true",
        )
    provider = FileProvider(settings.root_key, entropy=entropy)
    await migrations.check(url, role=SERVICE)
    database = await open_database(url, size=settings.pool)
    vault = Vault(
        clock=clock,
        entropy=entropy,
        database=database,
        provider=provider,
        keyring=Keyring(provider, clock=clock, entropy=entropy),
        issuer=settings.issuer,
        per_network=settings.requests_per_network,
        proxies=settings.proxies,
        on_fork=settings.on_fork,
        witnesses=tuple(one.verifier.vkey for one in witnesses(settings.log_witnesses)),
        courier=courier(settings),
    )
    lasting = [asyncio.create_task(_forget(vault)), asyncio.create_task(_tell(vault))]
    try:
        yield vault
    finally:
        for task in lasting:
            task.cancel()
        await asyncio.gather(*lasting, return_exceptions=True)
        await denials.tell(vault)
        await uses.tell(vault)
        await database.close()


async def _tell(vault: Vault) -> None:
    while True:
        await asyncio.sleep(_TELL_SECONDS)
        await denials.tell(vault)
        await uses.tell(vault)


async def _forget(vault: Vault) -> None:
    while True:
        await asyncio.sleep(_FORGET_SECONDS)
        forget(vault)
        await sweep(vault)
