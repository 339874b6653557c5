"""Limits: never more than so many in a second, across all workers; and exact counts over longer, in PostgreSQL.

A worker leases units for 100 ms and gives them out from memory: a request that finds some waits for nothing. Names are
tags of 16 bytes. Refusals are counted, and told to the log together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final

from vault.actions.gatherer import Gatherer
from vault.actions.vault import Here, Vault, here
from vault.base.clock import passed
from vault.base.errors import Denied, Invalid, TooMany, VaultError
from vault.base.ids import ClientId, OrganizationId
from vault.domain.actor import Actor
from vault.domain.limit import Purse
from vault.store import limits
from vault.store.database import Work

_MOST_PURSES: Final = 10_000
_MOST_AT_ONCE: Final = 10_000
_NOES: Final = frozenset(
    {"withdraw", "refuse", "object", "suppress", "hear_sms", "answer_prompt", "me_withdraw", "me_ask_right"}
)  # counted apart: nothing else keeps a no out
_OUTCOME: Final = "tell_outcome"  # there may be as many as decisions, and they take nothing from these
_DEAD: Final = 20  # requests in a second with tokens of one client that are good for nothing any more

_Held = tuple[Purse, Gatherer[tuple[int, int], int]]


async def take(vault: Vault, organization: OrganizationId, *, name: bytes, limit: int, amount: int = 1) -> int:
    """Take `amount` of what `limit` allows in a second; `TooMany` when there is not as much, says how long to wait.

    Never inside a work: it may open one of its own. What is returned, `give` wants.
    """
    purse, fill = vault.memory.purses.get((organization, name)) or _hold(vault, organization, name=name)
    now = passed()
    if purse.take(amount, now):
        if purse.is_low(now):
            fill.ask_ahead((0, limit))
        return purse.slice
    if amount > limit:
        raise Invalid("over_limit", "this is more at once than its limit allows in a second; send less at a time")
    if wait := purse.wait(amount, now):
        raise _too_many(wait)
    [taken] = await fill.ask_all([(amount, limit)])
    return taken


def give(vault: Vault, organization: OrganizationId, *, name: bytes, taken: int) -> None:
    """Give one back that was taken for nothing; `taken` is what `take` returned."""
    if (held := vault.memory.purses.get((organization, name))) is not None:
        held[0].give(1, taken)


async def let_in(vault: Vault, actor: Actor, *, name: str, questions: int = 0) -> None:
    """Count the action `name` of a client, for itself or for a customer; `TooMany` beyond what its limits allow.

    Where it asks `questions`, each of them counts. Whoever has a token that is dead takes nothing from its client.
    """
    if actor.client is None:
        return
    current = await current_of(vault, actor.organization)
    kind, limit = _limit(current, actor, name=name, questions=questions, now=vault.clock.now())
    amount = questions if kind == "decisions" else 1
    try:
        await take(vault, actor.organization, name=client_tag(actor.client, kind), limit=limit, amount=amount)
    except TooMany:
        note(vault, actor, name=name)
        raise


async def wait_in(vault: Vault, actor: Actor, *, questions: int) -> int:
    """Count some of these questions, as many as its limit allows at once, and wait while there is no room for them."""
    current = await current_of(vault, actor.organization)
    kind, limit = _limit(current, actor, name="", questions=questions, now=vault.clock.now())
    amount = max(1, min(questions, limit // 2))
    while actor.client is not None:
        try:
            await take(vault, actor.organization, name=client_tag(actor.client, kind), limit=limit, amount=amount)
        except TooMany as full:
            await asyncio.sleep(full.retry_after_seconds)
        else:
            break
    return amount


def note(vault: Vault, actor: Actor, *, name: str) -> None:
    """Count a refusal by a limit; `denials.tell` writes how many there were, once a second."""
    who = Actor(organization=actor.organization, kind=actor.kind, client=actor.client, staff=actor.staff)
    refused = vault.memory.refused
    refused[who, name] = refused.get((who, name), 0) + 1


@lru_cache(maxsize=4096)
def client_tag(client: ClientId, kind: str) -> bytes:
    """Return the name of a client's limit of one kind."""
    return sha256(f"{kind} {client}".encode()).digest()[:16]


async def count(work: Work, name: bytes, *, window_seconds: int, limit: int) -> bool:
    """Count one more in the window that ends now; false, and nothing counted, when it has `limit` already.

    Exact, and only with this work's COMMIT. Whoever else counts the name waits for it: count several in one order.
    """
    return await limits.count(work, name, window_seconds=window_seconds, limit=limit)


async def current_of(vault: Vault, organization: OrganizationId) -> Here:
    """Return an organization as this process last saw it, which is good enough for its limits."""
    if (held := vault.memory.here.get(organization)) is not None:
        return held
    async with vault.database.work(organization) as work:
        current, _ = await here(vault, work)
    return current


def _limit(current: Here, actor: Actor, *, name: str, questions: int, now: datetime) -> tuple[str, int]:
    try:
        limits = current.bearer(actor, now).limits
    except Denied:
        return "dead", _DEAD
    if questions:
        return "decisions", limits.decisions_per_second
    if name == _OUTCOME:
        return "outcomes", limits.decisions_per_second
    return "noes" if name in _NOES else "requests", limits.requests_per_second


def _hold(vault: Vault, organization: OrganizationId, *, name: bytes) -> _Held:
    purses, now = vault.memory.purses, passed()
    if len(purses) >= _MOST_PURSES:
        vault.memory.purses = purses = {key: held for key, held in purses.items() if not held[0].is_over(now)}
    purse = Purse()

    async def fill(asked: Sequence[tuple[int, int]]) -> Sequence[VaultError | int]:
        asked_at, had = passed(), purse.slice
        waiting = [amount if amount and not purse.take(amount, asked_at) else 0 for amount, _ in asked]
        needs = [amount for amount in waiting if amount]
        if not needs and all(amount for amount, _ in asked):
            return [had] * len(asked)
        asking = purse.ask(needs, asked_at, limit=asked[-1][1])
        async with vault.database.work(organization) as work:
            leased = await limits.lease(work, name, asking=asking)
        waits = iter(purse.put(leased, needs, asked_at=asked_at))
        got = [(_too_many(wait) if (wait := next(waits)) else purse.slice) if amount else had for amount in waiting]
        return list[VaultError | int](got)

    # One at a time: a second lease would be for those the first one serves.
    held = purses[organization, name] = (purse, Gatherer(fill, lanes=1, most=_MOST_AT_ONCE))
    return held


def _too_many(wait: int) -> TooMany:
    return TooMany(
        "too_many_requests",
        "this is more than its limit allows; wait as long as Retry-After says",
        retry_after_seconds=wait,
    )
