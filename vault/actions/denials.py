"""Denials by a limit, told to the log together: a flood is one entry a second for each client, and says how many."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from vault.actions.acting import written
from vault.actions.vault import Vault, here
from vault.base.errors import VaultError
from vault.base.ids import OrganizationId
from vault.domain.actor import Actor
from vault.store import log
from vault.store.database import INSTALLATION

REASON: Final = "too_many_requests"

_Refused = dict[tuple[Actor, str], int]


async def tell(vault: Vault) -> None:
    """Write what was refused since the last time. What cannot be written now is kept for the next."""
    told: dict[OrganizationId, _Refused] = defaultdict(dict)
    for (actor, name), count in vault.memory.refused.items():
        told[actor.organization][actor, name] = count
    vault.memory.refused = {}
    for organization, refused in told.items():
        try:
            await _write(vault, organization, refused=refused)
        except VaultError:
            for key, count in refused.items():
                vault.memory.refused[key] = vault.memory.refused.get(key, 0) + count


async def _write(vault: Vault, organization: OrganizationId, *, refused: _Refused) -> None:
    async with vault.database.work(organization) as work:
        now = vault.clock.now() if organization == INSTALLATION else (await here(vault, work))[1]
        entries = [
            written(vault, actor, kind="denied", at=now, action=name, reason=REASON, times=count if count > 1 else None)
            for (actor, name), count in refused.items()
        ]
        await log.add(work, entries)
