"""Hearing: what a gateway hands on that came from a number. A word that stops binds everybody who has the number.

It is never refused, and counts for a number that nobody has, too: the answer is the same. A word that starts again ends
the stop, for whoever hands on what came of messages; it grants nothing. The message itself is kept nowhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from vault.actions import limits
from vault.actions.acting import Acting, acting
from vault.actions.customer.points import Tagged, lock_tags, tag_point
from vault.actions.proving.lifting import lift
from vault.actions.vault import Vault
from vault.base.ids import FACT, SUBJECT, SUPPRESSION, CustomerId, Subject, show
from vault.domain.actor import Actor
from vault.domain.consent import say
from vault.domain.entry import told
from vault.domain.fact import check_instants
from vault.domain.leaving.hearing import LIFTED, STOP_WORD, TextMessage, Understood, is_stopped, noes, said, spoken
from vault.domain.leaving.stopping import Stop
from vault.domain.leaving.words import heard
from vault.domain.suppression import Suppression
from vault.domain.timing.area import PHONE
from vault.store.customer import consents, customers, suppressions
from vault.store.customer.consents import Kept
from vault.words.catalogue import Words, words

_STEP: Final = timedelta(microseconds=1)
_LOWER: Final = 2**63 - 1
_DAY_SECONDS: Final = 24 * 3600
_REMEMBERED_SECONDS: Final = 30 * _DAY_SECONDS
_HELPED: Final = 3
"""How often a day a number is told what it can write."""


class _From(msgspec.Struct, frozen=True, kw_only=True):
    """The number a message came from, everybody who has it, when, and whether it was handed on for the first time."""

    tagged: Tagged
    holders: tuple[CustomerId, ...]
    at: datetime
    fresh: bool

    @property
    def subject(self) -> Subject:
        """Under what the facts about the number are kept."""
        return show(SUBJECT, self.tagged.tag)


async def hear(vault: Vault, actor: Actor, *, message: TextMessage) -> Understood:
    """Do what a message says, and return what to answer."""
    check_instants(message.received_at)
    async with acting(vault, actor, name="hear_sms") as act:
        tagged = tag_point(act.here, PHONE, value=message.number)
        meant = heard(message.text.reveal(), act.here.organization.stop_words)
        await act.log("message_heard", heard=meant)
        if meant == "none":
            return Understood(heard=meant)
        sender = await _from(act, tagged, message=message)
        organization, answer = act.here.organization, await _words(act, sender, message=message)
        reply = None
        match meant:
            case "stop":
                if await _stop(act, sender):
                    reply = answer.say("Done. %(name)s sends you no more text messages.", name=organization.name)
            case "start":
                if await _start(act, sender):
                    reply = answer.say(
                        "The stop has ended. %(name)s sends you adverts only after a yes of yours.",
                        name=organization.name,
                    )
            case "help":
                if sender.fresh and await _may_help(act, tagged):
                    reply = answer.say(
                        "%(name)s: write STOP, and no more text messages come. All else: %(address)s",
                        name=organization.name,
                        address=f"{act.vault.issuer}/p/{organization.slug}",
                    )
        return Understood(heard=meant, reply=reply)


async def _from(act: Acting, tagged: Tagged, *, message: TextMessage) -> _From:
    await lock_tags(act, [tagged])
    await act.work.lock([tagged.tag.int & _LOWER])
    found = await customers.find(act.work, [tagged.sought])
    own = act.here.safe.repeat(b"heard", (act.actor.client or "").encode(), message.id.encode(), tagged.tag.bytes)
    return _From(
        tagged=tagged,
        holders=tuple(found.get(tagged.sought, ())),
        at=min(message.received_at or act.now, act.now),
        fresh=await limits.count(act.work, own, window_seconds=_REMEMBERED_SECONDS, limit=1),
    )


async def _words(act: Acting, sender: _From, *, message: TextMessage) -> Words:
    """Return the language of the answer. It tells nothing of who has the number to a client that may not look it up."""
    locales: list[str | None] = []
    if "lookup" in act.actor.scopes:
        locales = await customers.locales(act.work, sender.holders)
    organization = act.here.organization
    return words(spoken(organization, message.text.reveal(), locales=locales), organization.region)


async def _stop(act: Acting, sender: _From) -> bool:
    """Stop a number; whether it was not stopped before. Handed on again, it does nothing to one that is stopped."""
    stopped = is_stopped(await suppressions.of(act.work, sender.tagged.tag))
    if stopped and not sender.fresh:
        return False
    subjects = await customers.subjects(act.work, sender.holders)
    await _deny(act, sender, subjects=subjects, anew=not stopped)
    if stopped:
        return False
    own = act.id(SUPPRESSION)
    suppression = Suppression(id=own, kind=STOP_WORD, at=sender.at)
    await suppressions.add(act.work, sender.tagged.tag, suppression=suppression, recorded_at=act.now)
    await act.log("suppressed", suppression=own, cause=STOP_WORD)
    for subject in subjects:
        await act.log("contact_point_stopped", subject=subject, cause=STOP_WORD)
    return True


async def _deny(act: Acting, sender: _From, *, subjects: list[Subject], anew: bool) -> None:
    """Take back what anybody who has the number said yes to (47 CFR 64.1200(a)(10)), so that a START revives nothing.

    Of a number that is stopped already, only what somebody said yes to since.
    """
    known = await consents.read(act.work, sender.subject)
    at = await consents.instant(act.work, sender.subject)
    organization = act.here.organization
    wanted = noes(organization, () if anew else known, now=at)
    if not anew:
        for subject in subjects:
            both = [*known, *await consents.read(act.work, subject)]
            wanted += [one for one in noes(organization, both, now=at) if one not in wanted]
    kept = [_kept(act, sender, stop=stop, at=at + place * _STEP) for place, stop in enumerate(wanted)]
    if kept:
        await consents.add(act.work, kept)


def _kept(act: Acting, sender: _From, *, stop: Stop, at: datetime) -> Kept:
    word = msgspec.structs.replace(said(stop), client=act.actor.client)
    fact = say(word, (), organization=act.here.organization, fresh=act.id(FACT), recorded_at=at)
    return Kept(subject=sender.subject, fact=fact, entry=act.entry("fact", **told(fact)))  # it leads to no person


async def _start(act: Acting, sender: _From) -> bool:
    """End what a word or a complaint stopped earlier than this message; whether there was anything."""
    act.here.admit(act.actor, "lift_stop", now=act.now)
    return sender.fresh and bool(await lift(act, sender.tagged, before=sender.at, kinds=LIFTED))


async def _may_help(act: Acting, tagged: Tagged) -> bool:
    name = act.here.safe.repeat(b"helped", tagged.tag.bytes)
    return await limits.count(act.work, name, window_seconds=_DAY_SECONDS, limit=_HELPED)
