"""Stopping: a press on a link writes noes, in one transaction, for whoever the message went to. It is never refused.

What is stopped already is not said again, so a press repeats harmlessly. Of somebody erased nothing is left that could
be stopped: they are answered like everybody else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.leaving import links
from vault.actions.leaving.undoing import Undo, stands, undo_of
from vault.actions.vault import Vault
from vault.base.ids import FACT, CustomerId, raw
from vault.domain.actor import Actor
from vault.domain.consent import say
from vault.domain.entry import told
from vault.domain.fact import Fact
from vault.domain.leaving.link import Link
from vault.domain.leaving.stopping import Scope, said, stops, way_of
from vault.domain.sign_in.device import Device
from vault.domain.standing import Instants, standing
from vault.store.customer import bridge, consents, customers
from vault.store.customer.consents import Kept
from vault.store.log import Entry

_STEP: Final = timedelta(microseconds=1)
_LOWER: Final = 2**63 - 1


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """How a link was pressed: by a mail provider's one click, or on our page, by somebody's own `device`.

    `locale` is the language of the page.
    """

    scope: Scope
    one_click: bool
    locale: str
    device: Device


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """It is stopped. `already` says since when, where it was before; `undo` is what may be taken back on the page."""

    link: Link
    at: datetime
    already: datetime | None = None
    undo: Undo | None = None


async def leave(vault: Vault, token: str, *, press: Press) -> Stopped:
    """Stop what a link names, or everything; `Gone`."""
    if (organization := links.organization(token)) is None:
        raise links.gone()
    actor = Actor(organization=organization, kind="link", device=None if press.one_click else press.device)
    async with acting(vault, actor, name="leave_by_link") as act:
        link = links.read(act.here, token, now=act.now)
        if link is None:
            raise links.gone()
        if link.about == "point":
            await act.work.lock([raw(link.subject).int & _LOWER])
            return await _stop(act, link, press=press)
        customer = await customers.of_subject(act.work, link.subject)
        if customer is None or await customers.lock(act.work, customer) is None:
            return Stopped(link=link, at=act.now)
        return await _stop_for(act, link, press=press, customer=customer)


async def _stop_for(act: Acting, link: Link, *, press: Press, customer: CustomerId) -> Stopped:
    before = await stands(act, link, customer=customer)
    stopped = await _stop(act, link, press=press)
    if press.one_click or stopped.already is not None:
        return stopped
    after = await stands(act, link, customer=customer)
    undo = undo_of(act, before=before, after=after, link=link, locale=press.locale)
    return msgspec.structs.replace(stopped, undo=undo)


async def _stop(act: Acting, link: Link, *, press: Press) -> Stopped:
    known = await consents.read(act.work, link.subject)
    at = await consents.instant(act.work, link.subject)
    organization, now = act.here.organization, Instants(now=at)
    found = stops(organization, known, link=link, scope=press.scope, instants=now)
    already = None
    if not found:
        way = way_of(organization, purpose=link.purpose, channel=link.channel)
        already = standing(known, way, instants=now).since or max([fact.at for fact in known], default=at)
    if link.about == "point":
        # What somebody said yes to since is stopped, too. The answer does not tell that anybody did.
        for subject in await bridge.holders(act.work, raw(link.subject)):
            both = [*known, *await consents.read(act.work, subject)]
            more = stops(organization, both, link=link, scope=press.scope, instants=now)
            found += [stop for stop in more if stop not in found]
    kept: list[Kept] = []
    for place, stop in enumerate(found):
        own = act.id(FACT)
        word = said(stop, one_click=press.one_click)
        fact = say(word, known, organization=organization, fresh=own, recorded_at=at + place * _STEP)
        kept.append(Kept(subject=link.subject, fact=fact, entry=await _entry(act, link, fact=fact)))
    if kept:
        await consents.add(act.work, kept)
    return Stopped(link=link, at=at, already=already)


async def _entry(act: Acting, link: Link, *, fact: Fact) -> Entry:
    if link.about == "person":
        return await act.detailed("fact", subject=link.subject, **told(fact))
    return act.entry("fact", **told(fact))  # nothing is to lead from a point's tag to a person, nor to a device
