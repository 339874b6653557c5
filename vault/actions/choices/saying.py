"""Saying: a yes or a no of whoever is signed in, in person, under their own lock, together with its entry.

A yes cites the words that were on the page, and counts only while they are the ones that ask. A no is never refused.
To say the same once more changes nothing; to say it again for longer is a new yes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.choices.preferences import narrow
from vault.actions.customer.customers import locked
from vault.actions.joining import asking
from vault.actions.vault import Vault
from vault.base.errors import Unknown
from vault.base.ids import FACT, ContactPointId, FactId, Subject
from vault.domain.actor import Actor
from vault.domain.choices.asked import Asking, Yes, check, seen
from vault.domain.consent import Said, say
from vault.domain.decision.basis import Person
from vault.domain.entry import told
from vault.domain.fact import Fact, FactKind
from vault.domain.leaving.stopping import way_of
from vault.domain.standing import Instants, Standing, standing
from vault.store.customer import consents
from vault.store.customer.consents import Kept
from vault.store.decision import questions

STEP: Final = timedelta(microseconds=1)
"""What lies between two things said at once."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The fact that stands for it, and since when."""

    id: FactId
    at: datetime


async def say_yes(vault: Vault, actor: Actor, *, said: Yes) -> Chosen:
    """Say yes, or ask to confirm it where it begins with a message; `Conflict` where other words ask by now."""
    async with acting(vault, actor, name="me_grant") as act:
        organization = act.here.organization
        shown = cited(act, said)
        subject = await locked(act, actor.me)
        if said.seldom and said.channel in organization.channels:
            await narrow(act, actor.me, channel=said.channel, paused_until=None)
        stands = await standing_of(act, purpose=said.purpose, channel=said.channel)
        last = stands.rests_on
        same = last is not None and last.notice == said.notice and not last.guardian  # theirs is a word of their own
        if stands.state == "granted" and last is not None and not said.again and same:
            return Chosen(id=last.id, at=last.at)
        word = own_yes(said, shown)
        if said.channel in organization.purpose(said.purpose).double_opt_in:
            asked = await asking.first(act, await person_of(act), said=word, asks=shown)
            return Chosen(id=asked.id, at=asked.at)
        return await write(act, word, subject=subject)


def cited(act: Acting, said: Yes) -> Asking:
    """Return the words a yes cites; `Conflict` where other words ask by now."""
    organization = act.here.organization
    purpose = organization.purpose(said.purpose)
    found = seen(organization, purpose, version=said.notice, digest=said.words)
    return check(organization, purpose, found=found, at=act.now)


def own_yes(said: Yes, shown: Asking, *, contact_point: ContactPointId | None = None) -> Said:
    """Return a yes of whoever is signed in to the words they were shown."""
    return Said(
        kind="granted",
        purpose=said.purpose,
        channel=said.channel,
        source="person",
        method="portal",
        contact_point=contact_point,
        notice=shown.notice.version,
        locale=shown.locale,
    )


async def say_no(vault: Vault, actor: Actor, *, purpose: str, channel: str) -> Chosen:
    """Say no, to whatever was declared: an objection where an interest of the organization is the ground."""
    async with acting(vault, actor, name="me_withdraw") as act:
        act.here.organization.purpose(purpose)
        subject = await locked(act, actor.me)
        stands = await standing_of(act, purpose=purpose, channel=channel)
        kind, last = _kind(act, purpose, stands=stands), stands.rests_on
        if last is not None and (last.kind, last.source, last.purpose) == (kind, "person", purpose):
            own = {fact.id for fact in await consents.read(act.work, subject)}  # it may be of who was merged with them
            if last.id in own:
                return Chosen(id=last.id, at=last.at)
        word = Said(kind=kind, purpose=purpose, channel=channel, source="person", method="portal")
        return await write(act, word, subject=subject)


async def person_of(act: Acting) -> Person:
    """Return whoever acts as a decision would read them; `Unknown` for somebody erased a moment ago."""
    read = await questions.read(act.work, [act.actor.me], sought=[], purposes=act.here.organization.bearing)
    if (person := read.people.get(act.actor.me)) is None:
        raise Unknown("unknown_customer", "there is no such customer")
    return person


async def standing_of(act: Acting, *, purpose: str, channel: str) -> Standing:
    """Return what whoever acts said of one purpose over one channel, as a decision would read it.

    What a law implies is left out: it is nobody's yes, so a yes and a no are still to be said.
    """
    rule = way_of(act.here.organization, purpose=purpose, channel=channel)
    read = await questions.read(act.work, [act.actor.me], sought=[], purposes=rule.purposes)
    return standing(read.people[act.actor.me].facts, rule, instants=Instants(now=read.now))


async def write(act: Acting, word: Said, *, subject: Subject) -> Chosen:
    """Write down what was said, with its entry. Under the lock of whoever says it."""
    [fact] = await write_all(act, [word], subject=subject)
    return Chosen(id=fact.id, at=fact.at)


async def write_all(act: Acting, words: list[Said], *, subject: Subject) -> list[Fact]:
    """Write down several things said at once, each at an instant of its own."""
    known = await consents.read(act.work, subject)
    at = await consents.instant(act.work, subject)
    facts = [
        say(
            word,
            known,
            organization=act.here.organization,
            fresh=act.id(FACT),
            recorded_at=at + place * STEP,
        )
        for place, word in enumerate(words)
    ]
    kept = [
        Kept(subject=subject, fact=fact, entry=await act.detailed("fact", subject=subject, **told(fact)))
        for fact in facts
    ]
    if kept:
        await consents.add(act.work, kept)
    return facts


def _kind(act: Acting, purpose: str, *, stands: Standing) -> FactKind:
    if act.here.organization.purpose(purpose).basis == "legitimate_interest":
        return "objected"
    return "refused" if stands.state in {"never_asked", "pending", "refused"} else "withdrawn"
