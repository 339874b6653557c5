"""Working off undone imports, for ever: whoever undid one may have left before all were erased whom it alone made."""

from __future__ import annotations

import asyncio
from typing import Final

from vault.actions.undoing.erasing import finish
from vault.actions.vault import Vault
from vault.store.imports import jobs

_PAUSE_SECONDS: Final = 5


async def keep(vault: Vault) -> None:
    """Erase whom undone imports have left to erase, for ever."""
    while True:
        await once(vault)
        await asyncio.sleep(_PAUSE_SECONDS)


async def once(vault: Vault) -> None:
    """Erase whom undone imports have left to erase."""
    async with vault.database.work() as work:
        found = await jobs.undoing(work)
    for organization, import_ in found:
        await finish(vault, organization, import_=import_)
