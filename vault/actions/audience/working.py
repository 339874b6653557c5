"""Working on audiences, for ever: two chunks at a time, one of each audience in turn, beside other workers.

Whoever takes a chunk is its only taker until its transaction ends; so workers need no leader, and one that dies leaves
nothing behind that another could not take at once.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from vault.actions.audience.screening import fail, step
from vault.actions.vault import Vault
from vault.base.errors import VaultError, place
from vault.base.ids import AudienceId, OrganizationId
from vault.store.audience import jobs

_PAUSE_SECONDS: Final = 0.5
_MOST_FAILURES: Final = 5
_log = structlog.get_logger()

Failures = dict[AudienceId, int]


async def keep(vault: Vault) -> None:
    """Screen what is to be screened, for ever."""
    failures: Failures = {}
    async with asyncio.TaskGroup() as group:
        for _ in range(vault.lanes):
            group.create_task(_lane(vault, failures))


async def _lane(vault: Vault, failures: Failures) -> None:
    while True:
        if not await once(vault, failures):
            await asyncio.sleep(_PAUSE_SECONDS)


async def once(vault: Vault, failures: Failures) -> bool:
    """Do a step for each audience under way; false if there was nothing to do."""
    async with vault.database.work() as work:
        found = await jobs.underway(work)
    done = [await _step(vault, organization, audience=audience, failures=failures) for organization, audience in found]
    return any(done)


async def _step(vault: Vault, organization: OrganizationId, *, audience: AudienceId, failures: Failures) -> bool:
    """Do a step. One that fails again and again ends its own audience, and holds up no other."""
    try:
        return await step(vault, organization, audience=audience)
    except VaultError:
        raise  # the database is away or the log is stopped: that is no audience's fault
    except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
        _log.error("audience_stumbled", audience=audience, kind=type(error).__name__, where=place(error))
        failures[audience] = failures.get(audience, 0) + 1
        if failures[audience] < _MOST_FAILURES:
            return False
        del failures[audience]
        return await fail(vault, organization, audience=audience, code="unexpected")
