"""Pruning: bodies of entries go when the years are over that the organization file declares; proofs stay valid.

By the rule of C2SP tlog-tiles only whole entry bundles go, from the beginning of a generation, below what is signed.
First the mark is written with the entry that tells of it, then bodies go. A crash in between leaves bodies that nobody
is shown any more; the next run takes them.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
import structlog

from vault.actions.acting import acting, written
from vault.actions.vault import Vault, here
from vault.base.canonical import Json
from vault.base.errors import VaultError
from vault.base.ids import OrganizationId
from vault.domain.actor import Actor
from vault.store import log, organizations
from vault.store.database import Database, DatabaseError
from vault.store.log import pruned
from vault.store.log import state as states

_STEP: Final = 4096
_LEAD: Final = 7_310_411_602_240_042
_TURN: Final = 7_310_411_602_240_043
_DAY_SECONDS: Final = 24 * 3600
_log = structlog.get_logger()


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """A range of entries whose bodies went, or in a dry run would: from `start` up to `end`."""

    organization: str
    generation: int
    start: int
    end: int


async def prune(vault: Vault, retention: Database, *, actor: Actor, dry_run: bool = False) -> list[Pruned]:
    """Let go of what the actor's organization need not keep any longer; nothing where its file names no time."""
    found = []
    for generation in range(1, await _generations(vault, actor) + 1):
        async with vault.database.work(actor.organization) as work:
            before, last = await pruned.marks(work, generation)
        if not dry_run:
            await _sweep(retention, actor, generation=generation, start=before, end=last)  # what a crash left
        one = await _mark(vault, actor, generation=generation, dry_run=dry_run)
        if one is not None:
            found.append(one)
            if not dry_run:
                await _sweep(retention, actor, generation=generation, start=one.start, end=one.end)
    return found


async def keep(vault: Vault) -> None:
    """Prune every log once a day, until cancelled. A process without a way to prune never does."""
    retention = vault.sequencing.retention if vault.sequencing is not None else None
    if retention is None:
        await asyncio.Event().wait()
        return
    async with retention.leading(_LEAD) as lead:
        while True:
            await lead.check()
            async with vault.database.work() as work:
                every = await organizations.every(work)
            for one in every:
                await _try(vault, retention, organization=one.id)
            await asyncio.sleep(_DAY_SECONDS)


async def _try(vault: Vault, retention: Database, *, organization: OrganizationId) -> None:
    try:
        await prune(vault, retention, actor=Actor(organization=organization, kind="operator"))
    except DatabaseError:
        raise
    except VaultError as error:
        _log.error("log_prune_failed", organization=organization, code=error.code)


async def _generations(vault: Vault, actor: Actor) -> int:
    """Return how many generations the log has; none where nothing of it is ever to go."""
    async with vault.database.work(actor.organization) as work:
        current, _ = await here(vault, work)
        state = await states.read(work)
    return state.generation if state is not None and current.organization.keep_log is not None else 0


async def _mark(vault: Vault, actor: Actor, *, generation: int, dry_run: bool) -> Pruned | None:
    """Mark what goes, if anything does, with the entry that says so."""
    async with acting(vault, actor, name="prune_log") as act:
        await act.work.lock([_TURN])
        keep, organization = act.here.organization.keep_log, act.here.organization.slug
        start = await pruned.minimum(act.work, generation)
        if keep is None:
            return None
        end = await pruned.reach(act.work, generation, start=start, keep=keep, now=act.now)
        if end > start and not dry_run:
            ends: dict[str, Json | None] = {"generation": generation, "start": start, "end": end, "keep": str(keep)}
            told = written(vault, actor, kind="log_pruned", at=act.now, **ends)
            await log.add(act.work, [told])
            await pruned.mark(act.work, generation, minimum=end, entry=told[0], now=act.now)
    return Pruned(organization=organization, generation=generation, start=start, end=end) if end > start else None


async def _sweep(retention: Database, actor: Actor, *, generation: int, start: int, end: int) -> None:
    for first in range(start, end, _STEP):
        async with retention.work(actor.organization) as work:
            await pruned.sweep(work, generation, start=first, end=min(first + _STEP, end))
