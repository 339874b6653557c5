"""The overview: the log in numbers over the last days. It names nobody and reads no entry to anybody: no entry of it.

Days are days in UTC, today included, and each is there, also one without a decision.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec

from vault.actions.acting import acting
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.domain.actor import Actor
from vault.store.audit import figures
from vault.store.audit.figures import Decided, Said, Times

RANGES: Final = (7, 30, 90)
"""How many days may be looked at."""


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """The log in numbers. `reasons` are those for no, `failed` messages could not be delivered.

    `began_at` is when the log was signed first, if it was. `said` leaves out what was imported.
    """

    decided: list[Decided]
    reasons: list[Times]
    said: list[Said]
    failed: int
    began_at: datetime | None
    now: datetime


async def overview(vault: Vault, actor: Actor, *, days: int) -> Overview:
    """Return the numbers of the last `days`, one of `RANGES`."""
    if days not in RANGES:
        raise Invalid("bad_range", "look at 7, 30 or 90 days")
    async with acting(vault, actor, name="show_overview") as act:
        today = act.now.astimezone(UTC).date()
        first = today - timedelta(days=days - 1)
        since = datetime.combine(first, time(), UTC)
        decided = {one.day: one for one in await figures.decided(act.work, since)}
        said = {one.day: one for one in await figures.said(act.work, since)}
        every: list[date] = [first + timedelta(days=number) for number in range(days)]
        return Overview(
            decided=[decided.get(day, Decided(day=day)) for day in every],
            reasons=await figures.reasons(act.work, since),
            said=[said.get(day, Said(day=day)) for day in every],
            failed=await figures.failed(act.work, since),
            began_at=await figures.began(act.work),
            now=act.now,
        )
