"""Asking: a customer uses a right, in person or through somebody on the line; what counts at once counts at once.

To ask once more for what is open already changes nothing. What somebody writes is sealed under their own key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from vault.actions import limits
from vault.actions.acting import Acting, acting
from vault.actions.choices.saying import person_of, write_all
from vault.actions.customer import whole
from vault.actions.customer.customers import locked
from vault.actions.vault import Vault
from vault.base.errors import TooMany, Unknown
from vault.base.ids import REQUEST, RequestId, Subject, raw
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.consent import Said
from vault.domain.leaving.stopping import objections
from vault.domain.rights.request import AT_ONCE, NewRequest, Request, RequestTold, check, told
from vault.domain.standing import Instants
from vault.store import keys
from vault.store.customer import customers, requests
from vault.store.customer.requests import Kept
from vault.store.keys import CustomerKey, Safe

TABLE: Final = "rights_request"
MOST: Final = 20
"""How much of what admins work off somebody asks for in a day."""
_DAY_SECONDS: Final = 24 * 3600


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the person who asked sees it, with all that was written of it."""

    request: Request
    told: RequestTold
    words: Personal | None
    extended_because: Personal | None
    refused_because: Personal | None


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asked for, what is due first before all else; and since when their data is locked, if it is."""

    open: tuple[Asked, ...]
    closed: tuple[Asked, ...]
    is_locked: bool
    now: datetime


async def own(vault: Vault, actor: Actor) -> Own:
    """Return what whoever is signed in asked for."""
    async with acting(vault, actor, name="me_rights") as act:
        [subject] = await _subjects(act)
        found = await requests.of(act.work, actor.me)
        key = await keys.opened(act.work, act.here.safe, customer=actor.me, kind="data")
        is_locked = await requests.is_restricted(act.work, actor.me)
        await act.log("rights_read", subject=subject, found=len(found))
    shown = [read(act, one, key=key) for one in found]
    return Own(
        open=tuple(sorted((one for one in shown if one.request.is_open), key=lambda one: (one.told.due, one.told.id))),
        closed=tuple(one for one in shown if not one.request.is_open),
        is_locked=is_locked,
        now=act.now,
    )


async def listed(vault: Vault, actor: Actor) -> Sequence[RequestTold]:
    """Return what who acts asked for, without a word that anybody wrote."""
    async with acting(vault, actor, name="me_rights") as act:
        [subject] = await _subjects(act)
        found = await requests.of(act.work, actor.me)
        await act.log("rights_read", subject=subject, found=len(found))
    return [shown(act, one) for one in found]


async def ask(vault: Vault, actor: Actor, *, wanted: NewRequest) -> RequestTold:
    """Ask for something by right; return the request there is, where it was asked for before and is open."""
    async with acting(vault, actor, name="me_ask_right") as act:
        check(wanted, act.here.organization)
        subject = await locked(act, actor.me)
        key = await keys.opened(act.work, act.here.safe, customer=actor.me, kind="data")
        if wanted.right == "restriction":
            await _lock(act)
        if wanted.right == "objection":
            await _object(act, subject=subject)
        for one in await requests.of(act.work, actor.me):
            if one.request.is_open and _same(act, one, wanted=wanted, key=key):
                return shown(act, one)
        if wanted.right not in AT_ONCE:
            await _limit(act)
        return shown(act, await add(act, wanted, subject=subject, key=key))


async def take_back(vault: Vault, actor: Actor, *, request: RequestId) -> RequestTold:
    """Take a request back; `Conflict` for what counted at once, `Unknown` for one of somebody else."""
    async with acting(vault, actor, name="me_take_back") as act:
        subject = await locked(act, actor.me)
        found = {one.request.id: one for one in await requests.of(act.work, actor.me)}
        if (one := found.get(request)) is None or one.request.right in AT_ONCE:
            raise Unknown("unknown_request", "there is no such request that could be taken back")
        return shown(act, await _withdraw(act, one, subject=subject))


async def unlock(vault: Vault, actor: Actor) -> None:
    """Have one's data used again as it was allowed; the request for the lock ends with it."""
    async with acting(vault, actor, name="me_unlock") as act:
        held = await whole.hold(act, actor.me)
        subject = held[actor.me]
        for one in [one for whose in held for one in await requests.of(act.work, whose)]:
            if one.request.is_open and one.request.right == "restriction":
                await _withdraw(act, one, subject=subject)
        if await requests.is_restricted(act.work, actor.me):
            for whose in held:
                await customers.update(act.work, whose, values={"restricted_since": None})
            await act.log("unlocked", subject=subject)


async def add(act: Acting, wanted: NewRequest, *, subject: Subject, key: CustomerKey) -> Kept:
    """Write a request down, with its entry. Under the lock of whoever asks."""
    made = Request(id=act.id(REQUEST), right=wanted.right, asked_at=act.now, field=wanted.field)
    words = None if not wanted.text else seal(act.here.safe, key, request=made.id, column="words", text=wanted.text)
    kept = Kept(customer=act.actor.me, subject=subject, request=made, words=words)
    await requests.keep(act.work, kept)
    await act.log("right_asked", subject=subject, right=wanted.right, field=wanted.field)
    return kept


def shown(act: Acting, kept: Kept) -> RequestTold:
    """Return how a request is listed."""
    return told(kept.request, now=act.now, zone=act.here.organization.time_zone)


def read(act: Acting, kept: Kept, *, key: CustomerKey) -> Asked:
    """Return a request with all that was written of it, opened."""
    safe, own = act.here.safe, kept.request.id
    return Asked(
        request=kept.request,
        told=shown(act, kept),
        words=_opened(safe, key, request=own, column="words", sealed=kept.words),
        extended_because=_opened(safe, key, request=own, column="extended_because", sealed=kept.extended_because),
        refused_because=_opened(safe, key, request=own, column="refused_because", sealed=kept.refused_because),
    )


def seal(safe: Safe, key: CustomerKey, *, request: RequestId, column: str, text: Personal) -> bytes:
    """Seal what somebody wrote into its place beside a request."""
    return safe.seal(key, TABLE, column=column, row=raw(request), value=text.reveal().strip().encode())


def _opened(safe: Safe, key: CustomerKey, *, request: RequestId, column: str, sealed: bytes | None) -> Personal | None:
    return None if sealed is None else safe.open(key, TABLE, column=column, row=raw(request), sealed=sealed)


async def _subjects(act: Acting) -> list[Subject]:
    if not (found := await customers.subjects(act.work, [act.actor.me])):
        raise Unknown("unknown_customer", "there is no such customer")
    return found


async def _limit(act: Acting) -> None:
    """Count what admins are to work off; what counts at once is a no, and never too much (law 12)."""
    name = act.here.safe.repeat(b"rights_limit", raw(act.actor.me).bytes)
    if not await limits.count(act.work, name, window_seconds=_DAY_SECONDS, limit=MOST):
        limits.note(act.vault, act.actor, name="me_ask_right")
        raise TooMany("too_many_requests", "you asked for a lot today", retry_after_seconds=_DAY_SECONDS)


async def _lock(act: Acting) -> None:
    if not await requests.is_restricted(act.work, act.actor.me):
        await customers.update(act.work, act.actor.me, values={"restricted_since": act.now})


async def _object(act: Acting, *, subject: Subject) -> None:
    """Say every objection that is not said yet, in this transaction. Through somebody on the line it is relayed."""
    person = await person_of(act)
    relayed = act.actor.client is not None
    words = [
        Said(
            kind=stop.kind,
            purpose=stop.purpose,
            channel=stop.channel,
            source="client" if relayed else "person",
            method="phone" if relayed else "portal",
            client=act.actor.client,
        )
        for stop in objections(act.here.organization, person.facts, instants=Instants(now=act.now))
    ]
    await write_all(act, words, subject=subject)


async def _withdraw(act: Acting, kept: Kept, *, subject: Subject) -> Kept:
    closed = msgspec.structs.replace(kept, request=kept.request.withdrawn(act.now))
    await requests.keep(act.work, closed)
    await act.log("right_withdrawn", subject=subject, right=kept.request.right)
    return closed


def _same(act: Acting, kept: Kept, *, wanted: NewRequest, key: CustomerKey) -> bool:
    """Whether a request asks for the same: of several wrongs of one field, each is a request of its own."""
    asked = kept.request
    if (asked.right, asked.field) != (wanted.right, wanted.field):
        return False
    before = _opened(act.here.safe, key, request=asked.id, column="words", sealed=kept.words)
    said = (before.reveal() if before else "", wanted.text.reveal().strip() if wanted.text else "")
    return said[0] == said[1]
