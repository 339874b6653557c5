"""Limits: never more than so many in a second, across all workers; and exact counts over longer, in PostgreSQL.

A worker leases units for 100 ms and gives them out from memory: a request that finds some waits for nothing. Names are
tags of 16 bytes. Refusals are counted, and told to the log together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vault.actions.gatherer import Gatherer
from vault.actions.vault import Vault
from vault.base.clock import passed
from vault.base.errors import Invalid, TooMany, VaultError
from vault.base.ids import OrganizationId
from vault.domain.limit import Purse
from vault.store import limits
from vault.store.database import Work

_MOST_PURSES: Final = 10_000
_MOST_AT_ONCE: Final = 10_000

_Held = tuple[Purse, Gatherer[tuple[int, int], None]]


async def take(vault: Vault, organization: OrganizationId, *, name: bytes, limit: int, amount: int = 1) -> None:
    """Take `amount` of what `limit` allows in a second; `TooMany` when there is not as much, says how long to wait.

    Never inside a work: it may open one of its own.
    """
    purse, fill = vault.memory.purses.get((organization, name)) or _hold(vault, organization, name)
    now = passed()
    if purse.take(amount, now):
        return
    if amount > limit:
        raise Invalid("over_limit", "this asks for more at once than its limit allows in a second; send less at a time")
    if wait := purse.wait(amount, now):
        raise _too_many(wait)
    await fill.ask_all([(amount, limit)])


async def count(work: Work, name: bytes, *, window_seconds: int, limit: int) -> bool:
    """Count one more in the window that ends now; false, and nothing counted, when it has `limit` already.

    Exact, and only with this work's COMMIT. Whoever else counts the name waits for it: count several in one order.
    """
    return await limits.count(work, name, window_seconds=window_seconds, limit=limit)


def _hold(vault: Vault, organization: OrganizationId, name: bytes) -> _Held:
    purses, now = vault.memory.purses, passed()
    if len(purses) >= _MOST_PURSES:
        vault.memory.purses = purses = {key: held for key, held in purses.items() if not held[0].is_over(now)}
    purse = Purse()

    async def fill(asked: Sequence[tuple[int, int]]) -> Sequence[VaultError | None]:
        asked_at, needs = passed(), [amount for amount, _ in asked]
        asking = purse.ask(needs, asked_at, limit=asked[-1][1])
        async with vault.database.work(organization) as work:
            leased = await limits.lease(work, name, asking)
        return [_too_many(wait) if wait else None for wait in purse.put(leased, needs, asked_at=asked_at)]

    # One at a time: a second lease would be for those the first one serves.
    held = purses[organization, name] = (purse, Gatherer(fill, lanes=1, most=_MOST_AT_ONCE))
    return held


def _too_many(wait: int) -> TooMany:
    return TooMany(
        "too_many_requests",
        "this is more than its limit allows; wait as long as Retry-After says",
        retry_after_seconds=wait,
    )
