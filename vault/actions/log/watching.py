"""The log watched: what stopped and what waits too long is said in log lines, again each minute, until it is mended.

Each process learns that a log stopped with its organization's next epoch.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from vault.actions.log.guarding import Broken
from vault.actions.log.parts import Sequencing
from vault.actions.vault import Vault
from vault.base.ids import OrganizationId
from vault.store import organizations
from vault.store.log import state as states

LATE_SECONDS: Final = 60
_BEAT_SECONDS: Final = 5
_AGAIN_SECONDS: Final = 60
_log = structlog.get_logger()


class Watch:
    """When what was told last."""

    def __init__(self) -> None:
        self.looked: float | None = None
        self.told: dict[tuple[OrganizationId, str], float] = {}


async def look(vault: Vault, sequencing: Sequencing, *, watch: Watch) -> None:
    """Note which logs have nothing waiting, and tell of the others; at most every few seconds."""
    now = asyncio.get_running_loop().time()
    if watch.looked is not None and now - watch.looked < _BEAT_SECONDS:
        return
    watch.looked = now
    async with sequencing.database.work() as work:
        await states.beat(work)
        troubled = await states.troubled(work, seconds=LATE_SECONDS)
    for one in troubled:
        last = watch.told.get((one.organization, one.stopped or "late"))
        if last is not None and now - last < _AGAIN_SECONDS:
            continue
        watch.told[one.organization, one.stopped or "late"] = now
        if one.stopped is None:
            _log.error("log_late", organization=one.organization, seconds=one.seconds)
            continue
        _log.error("log_stopped", organization=one.organization, code=one.stopped)
        if last is None:
            await _spread(vault, one.organization)


async def stop(vault: Vault, sequencing: Sequencing, *, organization: OrganizationId, broken: Broken) -> None:
    """Stop a log, so that nothing more is signed by anybody, and say so."""
    async with sequencing.database.work(organization) as work:
        stopped = await states.stop(work, broken.before, code=broken.stopped)
    if stopped:
        _log.error(
            "log_stopped",
            organization=organization,
            code=broken.stopped,
            generation=broken.before.generation,
            size=broken.before.size,
        )
        await _spread(vault, organization)


async def _spread(vault: Vault, organization: OrganizationId) -> None:
    """Let every process read anew; done again at the next start, should we crash before."""
    async with vault.database.work(organization) as work:
        await organizations.grow(work)
