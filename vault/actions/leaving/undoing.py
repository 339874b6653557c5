"""Undoing: for 15 minutes the page that says "stopped" carries a credential of its own, which a link is not.

It brings back the one yes that the press ended, with the words the page shows, and only while nothing was said since:
so it works once without a row that says it was used, and never against a later no. Pressed twice it says one yes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.choices.preferences import narrow
from vault.actions.leaving import links
from vault.actions.vault import Here, Vault
from vault.base.errors import Invalid
from vault.base.ids import FACT, ContactPointId, CustomerId, Subject, raw
from vault.base.spelling import spelled, unspelled
from vault.crypto.box import SealError
from vault.domain.actor import Actor
from vault.domain.consent import Said, say
from vault.domain.entry import told
from vault.domain.leaving.link import Link
from vault.domain.leaving.stopping import Offer, offer, way_of
from vault.domain.organization import Words
from vault.domain.sign_in.device import Device
from vault.domain.standing import Instants, Standing, standing
from vault.store.customer import consents, customers
from vault.store.customer.consents import Kept
from vault.store.decision import questions

LASTS: Final = timedelta(minutes=15)
_USE: Final = "undo"


class Undo(msgspec.Struct, frozen=True, kw_only=True):
    """What may be taken back, and by what: `words` in `locale` are those that the yes says yes to."""

    credential: str
    words: Words
    locale: str

    def __repr__(self) -> str:
        return f"Undo(locale={self.locale!r})"


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """It is a yes again, since `at`."""

    link: Link
    at: datetime


class _Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """What a credential says."""

    subject: Subject
    purpose: str
    channel: str
    offer: Offer
    ends_at: datetime


async def stands(act: Acting, link: Link, *, customer: CustomerId) -> Standing:
    """Return how a customer stands to what a link names, as a decision would read it; what it rests on, in full."""
    way = way_of(act.here.organization, purpose=link.purpose, channel=link.channel)
    read = await questions.read(act.work, [customer], sought=[], purposes=way.purposes)
    found = standing(read.people[customer].facts, way, instants=Instants(now=read.now))
    own = {fact.id: fact for fact in await consents.read(act.work, link.subject)}
    full = own.get(found.rests_on.id) if found.rests_on is not None else None
    return found if full is None else msgspec.structs.replace(found, rests_on=full)


def undo_of(act: Acting, *, before: Standing, after: Standing, link: Link, locale: str) -> Undo | None:
    """Return what may be taken back of a press that led from one standing to another; none where nothing may."""
    found = offer(act.here.organization, before=before, after=after, link=link, locale=locale)
    if found is None:
        return None
    made, notice = found
    ticket = _Ticket(
        subject=link.subject, purpose=link.purpose, channel=link.channel, offer=made, ends_at=act.now + LASTS
    )
    credential = spelled(act.here.safe.ticket(_USE, msgspec.json.encode(ticket)))
    return Undo(credential=credential, words=notice.texts[made.locale], locale=made.locale)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken back, by its credential; `seldom`: from now on at most once a month over its channel."""

    credential: str
    seldom: bool = False

    def __repr__(self) -> str:
        return f"Taken(seldom={self.seldom})"


async def undo(vault: Vault, token: str, *, taken: Taken, device: Device) -> Undone:
    """Say the yes again that a press ended; `Gone` for whatever does not fit, is over, or was overtaken."""
    if (organization := links.organization(token)) is None:
        raise links.gone()
    actor = Actor(organization=organization, kind="link", device=device)
    async with acting(vault, actor, name="undo_leaving") as act:
        link = links.read(act.here, token, now=act.now)
        ticket = _read(act.here, taken.credential)
        if link is None or ticket is None or not _fits(ticket, link, now=act.now):
            raise links.gone()
        customer = await customers.of_subject(act.work, link.subject)
        if customer is None or await customers.lock(act.work, customer) is None:
            raise links.gone()
        undone = await _say_again(act, link, offered=ticket.offer, customer=customer)
        if taken.seldom and link.channel in act.here.organization.channels:
            await narrow(act, customer, channel=link.channel, paused_until=None)
        return undone


async def _say_again(act: Acting, link: Link, *, offered: Offer, customer: CustomerId) -> Undone:
    tag = act.here.safe.repeat(b"undo", raw(offered.stopped_by).bytes)
    last = (await stands(act, link, customer=customer)).rests_on
    known = await consents.read(act.work, link.subject)
    again = [fact for fact in known if fact.idempotency == tag]
    if last is None or last.id not in {offered.stopped_by, *(fact.id for fact in again)}:
        raise links.gone()
    said = Said(
        kind="granted",
        purpose=link.purpose,
        channel=link.channel,
        source="person",
        method="undo",
        contact_point=None if offered.contact_point is None else ContactPointId(offered.contact_point),
        notice=offered.notice,
        locale=offered.locale,
        until=offered.until,
        idempotency=tag,
    )
    own = act.id(FACT)
    at = await consents.instant(act.work, link.subject)
    try:
        fact = say(said, known, organization=act.here.organization, fresh=own, recorded_at=at)
    except Invalid:  # the yes would be over by now, or the file changed under the page
        raise links.gone() from None
    if fact.id == own:
        entry = await act.detailed("fact", subject=link.subject, **told(fact))
        await consents.add(act.work, [Kept(subject=link.subject, fact=fact, entry=entry)])
    return Undone(link=link, at=fact.at)


def _fits(ticket: _Ticket, link: Link, *, now: datetime) -> bool:
    named = (ticket.subject, ticket.purpose, ticket.channel)
    return named == (link.subject, link.purpose, link.channel) and now < ticket.ends_at


def _read(here: Here, credential: str) -> _Ticket | None:
    try:
        return msgspec.json.decode(here.safe.read(_USE, unspelled(credential)), type=_Ticket)
    except SealError:
        return None
