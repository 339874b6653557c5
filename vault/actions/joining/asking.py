"""Asking to say it once more: the fact that a message was sent, and the message, in one transaction.

No address is asked more than three times a day, whoever wants it. Where the person in person wants it and it cannot be
done they are told; a system's yes is kept all the same, and waits.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vault.actions import limits, outbox
from vault.actions.acting import Acting
from vault.actions.joining.letters import Invitation, letter
from vault.actions.joining.links import address, value_of
from vault.base.errors import Conflict, TooMany
from vault.base.ids import FACT, ContactPointId, CustomerId, Subject
from vault.domain.choices.asked import Asking, asking, current
from vault.domain.consent import Said, say
from vault.domain.decision.basis import Person, basis, way
from vault.domain.entry import told
from vault.domain.fact import Fact
from vault.domain.joining.asking import begins, follows, is_declared
from vault.domain.joining.link import Confirmation, ending
from vault.domain.standing import Instants
from vault.store.customer import consents, customers, suppressions
from vault.store.customer.consents import Kept
from vault.store.decision import questions

BY_ADDRESS: Final = 3
_DAY_SECONDS: Final = 24 * 3600
_NAME: Final = "ask_to_confirm"


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asked, where, and with which words; `said` is the fact to be."""

    customer: CustomerId
    subject: Subject
    point: ContactPointId
    asking: Asking
    said: Said


async def first(act: Acting, person: Person, *, said: Said, asks: Asking) -> Fact:
    """Ask who acts to confirm the yes `said`, under their lock; `Conflict` where no message can be sent, `TooMany`."""
    wanted = way(act.here.organization, said.purpose, channel=said.channel)
    instants = Instants(now=act.now)
    found = basis(person, wanted, instants=instants)
    if found.point is None or not begins(wanted, found, instants=instants):
        raise Conflict("not_confirmed", "a yes to this begins with a message, and none can be sent to them")
    if not await _count(act, person.customer, point=found.point.id):
        limits.note(act.vault, act.actor, name=_NAME)
        raise TooMany("too_many_requests", "three messages asked this address today", retry_after_seconds=_DAY_SECONDS)
    return await _ask(
        act,
        _Asked(
            customer=person.customer,
            subject=person.subject,
            point=found.point.id,
            asking=asks,
            said=msgspec.structs.replace(said, kind="asked", contact_point=found.point.id),
        ),
    )


async def follow(act: Acting, customer: CustomerId, *, yes: Fact) -> Fact | None:
    """Ask a customer to confirm what somebody else said for them, where that needs it and may be. Under their lock."""
    organization = act.here.organization
    wanted = way(organization, yes.purpose, channel=yes.channel)
    if not is_declared(wanted):
        return None
    read = await questions.read(act.work, [customer], sought=[], purposes=wanted.rule.purposes)
    instants = Instants(now=read.now)
    found = basis(read.people[customer], wanted, instants=instants, named=yes.contact_point)
    notice = current(organization, wanted.purpose, at=read.now)
    if found.point is None or notice is None or not follows(wanted, found, yes=yes, instants=instants):
        return None
    if await _is_marked(act, customer, point=found.point.id) or not await _count(act, customer, point=found.point.id):
        return None
    asks = asking(organization, notice, language=(yes.locale or organization.locale).partition("-")[0])
    said = Said(
        kind="asked",
        purpose=yes.purpose,
        channel=yes.channel,
        source=yes.source,
        method=yes.method,
        client=yes.client,
        contact_point=found.point.id,
        notice=notice.version,
        locale=asks.locale,
    )
    subject = read.people[customer].subject
    return await _ask(act, _Asked(customer=customer, subject=subject, point=found.point.id, asking=asks, said=said))


async def _ask(act: Acting, asked: _Asked) -> Fact:
    organization = act.here.organization
    known = await consents.read(act.work, asked.subject)
    at = await consents.instant(act.work, asked.subject)
    fact = say(asked.said, known, organization=organization, fresh=act.id(FACT), recorded_at=at)
    entry = await act.detailed("fact", subject=asked.subject, **told(fact))
    await consents.add(act.work, [Kept(subject=asked.subject, fact=fact, entry=entry)])
    said = Confirmation(
        subject=asked.subject,
        point=asked.point,
        purpose=fact.purpose,
        channel=fact.channel,
        notice=asked.asking.notice.version,
        words=asked.asking.digest,
        asked_at=fact.at,
        ends_at=ending(fact.at, keep=organization.keep_unconfirmed),
    )
    to = await value_of(act, asked.customer, point=asked.point)
    invitation = Invitation(asking=asked.asking, address=address(act.here, said, issuer=act.vault.issuer), said=said)
    await outbox.put(act, letter(organization, invitation, to=to), customer=asked.customer)
    return fact


async def _count(act: Acting, customer: CustomerId, *, point: ContactPointId) -> bool:
    tag = await _tag(act, customer, point=point)
    name = act.here.safe.repeat(b"confirm_limit", b"address", tag)
    return await limits.count(act.work, name, window_seconds=_DAY_SECONDS, limit=BY_ADDRESS)


async def _is_marked(act: Acting, customer: CustomerId, *, point: ContactPointId) -> bool:
    """Whether somebody with this address was erased: then imports and clients may not bring anybody back to it."""
    kept = await customers.points(act.work, customer)
    return bool(await suppressions.marked(act.work, [one.tag for one in kept if one.id == point]))


async def _tag(act: Acting, customer: CustomerId, *, point: ContactPointId) -> bytes:
    [tag] = [one.tag for one in await customers.points(act.work, customer) if one.id == point]
    return tag.bytes
