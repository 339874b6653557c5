"""How an organization's log is, for the line above every page about it. It tells of nobody, so looking is no entry."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from vault.actions.acting import acting
from vault.actions.log.watching import LATE_SECONDS
from vault.actions.vault import Vault
from vault.base.errors import Unknown
from vault.base.ids import OrganizationId
from vault.domain.actor import Actor
from vault.store.audit import wellness
from vault.store.database import Work


class WitnessSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A witness: its name, how far it cosigned and when, and whether it is still asked."""

    name: str
    size: int
    cosigned_at: datetime | None
    is_asked: bool


class LogHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a log is in order. `stopped`: nothing more is signed, `why` says the code. `late`: entries wait too long.

    `checkpoint_age_seconds` is none where nothing is signed yet; in a quiet log it grows, and that is in order.
    """

    state: Literal["ok", "late", "stopped"]
    entries: int
    waiting: int
    checkpoint_age_seconds: float | None
    witnesses: list[WitnessSeen]
    generation: int
    why: str | None


async def health(vault: Vault, organization: OrganizationId) -> LogHealth:
    """Return how the log of an organization is."""
    async with vault.database.work(organization) as work:
        return await _health(vault, work)


async def health_for(vault: Vault, actor: Actor) -> LogHealth:
    """Return the same to somebody who asks for it alone."""
    async with acting(vault, actor, name="show_log") as act:
        return await _health(vault, act.work)


async def _health(vault: Vault, work: Work) -> LogHealth:
    log = await wellness.read(work)
    if log is None:
        raise Unknown("no_log", "there is no such log")
    is_late = log.behind and abs(log.unseen_seconds) > LATE_SECONDS
    age = None if log.signed_at is None else max(0.0, (log.now - log.signed_at).total_seconds())
    return LogHealth(
        state="stopped" if log.stopped is not None else "late" if is_late else "ok",
        entries=log.size,
        waiting=log.waiting,
        checkpoint_age_seconds=age,
        witnesses=await _witnesses(vault, work, generation=log.generation),
        generation=log.generation,
        why=log.stopped or ("log_late" if is_late else None),
    )


async def _witnesses(vault: Vault, work: Work, *, generation: int) -> list[WitnessSeen]:
    seen = {one.witness: one for one in await wellness.cosigned(work, generation)}
    return [
        WitnessSeen(
            name=vkey.partition("+")[0],
            size=seen[vkey].size if vkey in seen else 0,
            cosigned_at=seen[vkey].recorded_at if vkey in seen else None,
            is_asked=vkey in vault.witnesses,
        )
        for vkey in dict.fromkeys([*vault.witnesses, *seen])
    ]
