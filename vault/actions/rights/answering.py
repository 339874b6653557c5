"""Answering: admins work off what customers asked for, by right, date and field alone; no value and no word is shown.

Each answer is an entry, and a letter tells the person that there is one: what it says they read signed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from vault.actions import outbox
from vault.actions.acting import Acting, acting
from vault.actions.customer.customers import locked
from vault.actions.rights.asking import seal, shown
from vault.actions.rights.letters import News, letter
from vault.actions.sign_in.reaching import EMAIL
from vault.actions.vault import Vault
from vault.base.errors import Unknown
from vault.base.ids import RequestId
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.rights.request import Request, RequestTold, check_reason, urgent
from vault.store import keys
from vault.store.customer import requests
from vault.store.customer.requests import Kept
from vault.store.sign_in import holders

MOST: Final = 500
_LAST: Final = 20


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done, the most urgent first, and what was answered last. `more`: there is yet more to be done."""

    open: tuple[RequestTold, ...]
    answered: tuple[RequestTold, ...]
    more: bool


async def page(
    vault: Vault, actor: Actor, *, only_open: bool, after: RequestId | None, limit: int
) -> Sequence[RequestTold]:
    """Return requests in the order in which they were asked for."""
    async with acting(vault, actor, name="list_rights_requests") as act:
        found = await requests.page(act.work, only_open=only_open, after=after, limit=limit)
        await act.log("rights_requests_read", found=len(found))
        return [_told(act, one) for one in found]


async def desk(vault: Vault, actor: Actor) -> Desk:
    """Return all that is to be done, the most urgent first."""
    async with acting(vault, actor, name="list_rights_requests") as act:
        found = await requests.page(act.work, only_open=True, after=None, limit=MOST + 1)
        by_id = {one.request.id: one for one in found[:MOST]}
        first = urgent([one.request for one in by_id.values()], zone=act.here.organization.time_zone)
        answered = await requests.answered(act.work, limit=_LAST)
        await act.log("rights_requests_read", found=len(found))
        return Desk(
            open=tuple(_told(act, by_id[one.id]) for one in first),
            answered=tuple(_told(act, one) for one in answered),
            more=len(found) > MOST,
        )


async def show(vault: Vault, actor: Actor, *, request: RequestId) -> RequestTold:
    """Return one request; `Unknown` where there is none, or where its customer was erased."""
    async with acting(vault, actor, name="show_rights_request") as act:
        one = await _one(act, request)
        await act.log("rights_request_read", subject=one.subject, right=one.request.right)
        return _told(act, one)


async def finish(vault: Vault, actor: Actor, *, request: RequestId) -> RequestTold:
    """Say that what was asked for is done; `Conflict` for an erasure, which is done by erasing."""
    async with acting(vault, actor, name="finish_rights_request") as act:
        return await _answer(act, request, news="done", change=lambda one: one.done(act.now))


async def refuse(vault: Vault, actor: Actor, *, request: RequestId, reason: Personal) -> RequestTold:
    """Refuse, and say why (GDPR Art. 12(4)); `Conflict` for what counted from the moment it was asked for."""
    check_reason(reason)
    async with acting(vault, actor, name="refuse_rights_request") as act:
        return await _answer(act, request, news="refused", change=lambda one: one.refused(act.now), reason=reason)


async def extend(vault: Vault, actor: Actor, *, request: RequestId, reason: Personal) -> RequestTold:
    """Take two months more, once and within the first, and say why (GDPR Art. 12(3))."""
    check_reason(reason)
    async with acting(vault, actor, name="extend_rights_request") as act:
        zone = act.here.organization.time_zone
        return await _answer(
            act, request, news="extended", change=lambda one: one.extended(act.now, zone=zone), reason=reason
        )


async def _answer(
    act: Acting,
    request: RequestId,
    *,
    news: News,
    change: Callable[[Request], Request],
    reason: Personal | None = None,
) -> RequestTold:
    """Change a request under its customer's lock: read once to learn whose it is, and once more when it is held."""
    subject = await locked(act, (await _one(act, request)).customer)
    before = await _one(act, request)
    after = msgspec.structs.replace(before, request=change(before.request))
    if reason is not None:
        column = f"{news}_because"
        key = await keys.opened(act.work, act.here.safe, customer=before.customer, kind="data")
        sealed = seal(act.here.safe, key, request=request, column=column, text=reason)
        after = msgspec.structs.replace(after, **{column: sealed})
    await requests.keep(act.work, after)
    await act.log(f"right_{news}", subject=subject, right=before.request.right, field=before.request.field)
    written_to = await _write(act, after, news=news)
    return msgspec.structs.replace(_told(act, after), written_to=written_to)


async def _write(act: Acting, kept: Kept, *, news: News) -> bool:
    """Tell the person by a letter; whoever has no e-mail address is to be told some other way."""
    holder = await holders.of(act.work, act.here.safe, customer=kept.customer, kind=EMAIL)
    if holder is None:
        return False
    organization = act.here.organization
    address = f"{act.vault.issuer}/p/{organization.slug}/rights"
    message = letter(organization, news, address=address, to=holder.address, locale=holder.locale)
    await outbox.put(act, message, customer=kept.customer)
    return True


async def _one(act: Acting, request: RequestId) -> Kept:
    if (found := await requests.one(act.work, request)) is None:
        raise Unknown("unknown_request", "there is no such request")
    return found


def _told(act: Acting, kept: Kept) -> RequestTold:
    """Return a request as staff or a client may see it: a client never learns a subject, staff never a customer."""
    plain = shown(act, kept)
    if act.actor.kind == "client":
        return msgspec.structs.replace(plain, customer=kept.customer)
    return msgspec.structs.replace(plain, subject=kept.subject)
