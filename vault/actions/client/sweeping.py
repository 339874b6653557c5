"""Sweeping: what was kept of tokens, tries and messages goes when they are over.

Each process does it every minute for the organizations it served.
"""

from __future__ import annotations

from typing import Final

import structlog

from vault.actions.client.signing_keys import destroy_spent
from vault.actions.vault import Vault
from vault.base.errors import VaultError
from vault.base.ids import OrganizationId
from vault.store import limits, prompts
from vault.store.audience import jobs
from vault.store.client import assertions, revocations
from vault.store.decision import permits, reservations

_LOCK: Final = 7_310_411_602_240_023
_LOWER: Final = 2**62 - 1
_log = structlog.get_logger()


async def sweep(vault: Vault) -> None:
    """Forget used assertions, revoked tokens, tries, signing keys, messages and audiences that are over.

    What fails is done next time.
    """
    try:
        await destroy_spent(vault)
        for organization in [*vault.memory.here]:
            await _sweep(vault, organization)
    except VaultError as error:
        _log.warning("not_swept", code=error.code)


async def _sweep(vault: Vault, organization: OrganizationId) -> None:
    async with vault.database.work(organization) as work:
        await work.lock([_LOCK ^ (work.own.int & _LOWER)])  # two who take the same rows away would wait for each other
        await revocations.sweep(work)
        await assertions.sweep(work)
        await limits.sweep(work)
        await prompts.sweep(work)
        await reservations.sweep(work)
        await permits.sweep(work)
        await jobs.sweep(work)
