"""Delivery: what stands in the outbox goes out, each message once.

Never twice: that its delivery begins is committed before anybody outside hears of it. A crash after that leaves a
message of which nobody knows whether it went out; it is told of in the log and not sent again. Who leads spares other
workers the looking; that no two take the same message is the database's doing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

import msgspec
import structlog

from vault.actions.acting import written
from vault.actions.outbox import unsealed
from vault.actions.vault import Here, Vault, here
from vault.base.errors import place
from vault.base.ids import OrganizationId
from vault.base.personal import Personal
from vault.courier.letter import Letter
from vault.courier.mail import Outcome, Post
from vault.crypto.box import SealError
from vault.domain.actor import Actor
from vault.store import keys, log, outbox
from vault.store.database import Work
from vault.store.keys import CustomerKey, Safe
from vault.store.outbox import Taken

_LEADER: Final = 7_310_411_602_240_030
_PAUSE_SECONDS: Final = 0.5
_LANES: Final = 8
_GRACE_SECONDS: Final = 8
_LONGEST_WAIT_SECONDS: Final = 900
_PAUSES_SECONDS: Final = (1, 2, 4, 8)
_UNREADABLE: Final = Outcome(end="failed", code="unreadable")
_log = structlog.get_logger()


class _Underway(msgspec.Struct, frozen=True, kw_only=True):
    """A message whose delivery has begun, with what opens it."""

    organization: OrganizationId
    here: Here
    key: CustomerKey
    taken: Taken
    post: Post


async def deliver(vault: Vault) -> None:
    """Deliver what is due, for ever, while no other worker does. What is under way when told to stop is ended first.

    Without a post nothing goes out, and what is too old is dropped.
    """
    underway: set[asyncio.Task[None]] = set()
    async with vault.database.leading(_LEADER) as lead:
        try:
            while True:
                await lead.check()
                for one in await _begin_due(vault, most=_LANES - len(underway)):
                    task = asyncio.create_task(_deliver(vault, one))
                    underway.add(task)
                    task.add_done_callback(underway.discard)
                if underway:
                    await asyncio.wait(underway, timeout=_PAUSE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                else:
                    await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            if underway:
                await asyncio.wait(underway, timeout=_GRACE_SECONDS)


async def _begin_due(vault: Vault, *, most: int) -> list[_Underway]:
    """Begin some deliveries, one organization after the other: none waits for another's thousands."""
    async with vault.database.work() as work:
        waiting = deque(await outbox.due(work, sending=vault.courier.post is not None))
    begun: list[_Underway] = []
    while waiting and len(begun) < most:
        if (one := await _begin(vault, waiting[0])) is None:
            waiting.popleft()
        else:
            begun.append(one)
            waiting.rotate(-1)
    return begun


async def _begin(vault: Vault, organization: OrganizationId) -> _Underway | None:
    """Begin the delivery of what is due the longest, and drop what can no longer be delivered before it."""
    post = vault.courier.post
    while True:
        async with vault.database.work(organization) as work:
            taken = await outbox.take(work, sending=post is not None)
            if taken is None:
                return None
            current, _ = await here(vault, work)
            if taken.begun:
                outcome = Outcome(end="unknown", code="worker_died")
            elif taken.expired:
                outcome = Outcome(end="failed", code="expired")
            elif post is not None and (key := await _key(work, current.safe, taken=taken)) is not None:
                return _Underway(organization=organization, here=current, key=key, taken=taken, post=post)
            else:
                outcome = _UNREADABLE
            await _drop(vault, work, taken=taken, outcome=outcome)


async def _key(work: Work, safe: Safe, *, taken: Taken) -> CustomerKey | None:
    try:
        return await keys.opened(work, safe, customer=taken.customer, kind="data")
    except SealError:
        return None


async def _deliver(vault: Vault, one: _Underway) -> None:
    try:
        await _end(vault, one, outcome=await _send(vault, one))
    except Exception as error:  # noqa: BLE001 - others are on their way; this one is told of when its time is up
        _log.error("delivery_died", kind=type(error).__name__, where=place(error))


async def _send(vault: Vault, one: _Underway) -> Outcome:
    try:
        plain = unsealed(one.here.safe, one.key, own=one.taken.id, sealed=one.taken.message)
    except SealError:
        return _UNREADABLE
    letter = Letter(
        name=plain.name,
        sender=one.here.organization.name,
        to=Personal(plain.to),
        title=Personal(plain.title),
        text=Personal(plain.text),
        html=Personal(plain.html) if plain.html is not None else None,
        at=vault.clock.now(),
    )
    return await one.post.send(letter)


async def _end(vault: Vault, one: _Underway, *, outcome: Outcome) -> None:
    """Write down how it ended; tried again, whatever is in the way, for what is known must not become unknown."""
    for pause in (*_PAUSES_SECONDS, None):
        try:
            await _write_down(vault, one, outcome=outcome)
        except Exception:
            if pause is None:
                raise
            await asyncio.sleep(pause)
        else:
            return


async def _write_down(vault: Vault, one: _Underway, *, outcome: Outcome) -> None:
    async with vault.database.work(one.organization) as work:
        if outcome.end == "later":
            _log.warning("message_waits", message=one.taken.kind, code=outcome.code)
            await outbox.put_back(work, one.taken, seconds=min(2**one.taken.attempts, _LONGEST_WAIT_SECONDS))
        else:
            await _drop(vault, work, taken=one.taken, outcome=outcome)


async def _drop(vault: Vault, work: Work, *, taken: Taken, outcome: Outcome) -> None:
    _, now = await here(vault, work)
    entry = written(
        vault,
        Actor(organization=work.organization, kind="operator"),
        kind=f"message_{outcome.end}",
        at=now,
        subject=taken.subject,
        message=taken.kind,
        attempts=taken.attempts,
        result=outcome.code,
    )
    await outbox.drop(work, taken)
    await log.add(work, [entry])
