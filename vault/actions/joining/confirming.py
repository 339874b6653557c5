"""Confirming: a press on the page of a link says the yes it asks for, or a no, and tells of it in one transaction.

A yes counts for the one contact point the message went to, which is thereby shown to be the customer's, and ends what
stopped it since before the message. A no is never refused while the link lasts. Either repeats harmlessly.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.customer.points import tag_point
from vault.actions.joining.links import person_of, read, value_of, whose
from vault.actions.leaving import links
from vault.actions.proving.lifting import lift
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.ids import FACT, CustomerId, Subject
from vault.domain.actor import Actor
from vault.domain.choices.asked import Asking
from vault.domain.consent import Said, say
from vault.domain.decision.basis import Person
from vault.domain.entry import told
from vault.domain.fact import Fact
from vault.domain.joining.asking import EMAIL
from vault.domain.joining.confirming import cited, is_live, standing_no
from vault.domain.joining.link import Confirmation, packed
from vault.domain.leaving.stopping import way_of
from vault.domain.sign_in.device import Device
from vault.domain.standing import Instants, standing
from vault.store.customer import consents, customers
from vault.store.customer.consents import Kept

Word = Literal["yes", "no"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was pressed, on whose device. A yes names the notice and the hash of the words it was shown with.

    Where it names none, it is to the words of the message.
    """

    word: Word
    device: Device
    notice: int | None = None
    words: str = ""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """It is said, since `at`."""

    said: Confirmation
    word: Word
    at: datetime


class _Meant(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a link asks, held."""

    customer: CustomerId
    subject: Subject
    said: Confirmation
    person: Person


async def answer(vault: Vault, token: str, *, given: Answer) -> Answered:
    """Say what was pressed; `Gone`, and for a yes to other words than those that ask now `Conflict`."""
    if (organization := links.organization(token)) is None:
        raise links.gone()
    actor = Actor(organization=organization, kind="link", device=given.device)
    async with acting(vault, actor, name="answer_by_link") as act:
        meant = await _meant(act, token)
        fact = await (_yes(act, meant, given=given) if given.word == "yes" else _no(act, meant))
        return Answered(said=meant.said, word=given.word, at=fact.at)


async def _meant(act: Acting, token: str) -> _Meant:
    """Return whom a link asks; `Gone` after the same statements, whyever nobody is."""
    said = read(act.here, token, now=act.now)
    customer = await whose(act.work, said)
    subject = await customers.lock(act.work, customer)
    person = await person_of(act.work, act.here, said=said, customer=customer)
    if said is None or subject is None or person is None:
        raise links.gone()
    return _Meant(customer=customer, subject=subject, said=said, person=person)


async def _yes(act: Acting, meant: _Meant, *, given: Answer) -> Fact:
    said, organization = meant.said, act.here.organization
    if not is_live(organization, said, person=meant.person):
        raise links.gone()
    notice, words = (said.notice, said.words) if given.notice is None else (given.notice, given.words)
    words_shown = cited(organization, said, notice=notice, words=words, instants=Instants(now=act.now))
    if words_shown is None:
        raise links.gone()
    try:
        fact, is_new = await _write(act, meant, word=_granted(act, meant, shown=words_shown))
    except Invalid:  # the file came to declare something else under the page
        raise links.gone() from None
    if is_new:
        await customers.verify(act.work, meant.customer, point=said.point, at=fact.at)
        value = await value_of(act, meant.customer, point=said.point)
        await lift(act, tag_point(act.here, EMAIL, value=value), before=said.asked_at)
    return fact


async def _no(act: Acting, meant: _Meant) -> Fact:
    said, organization = meant.said, act.here.organization
    if (already := standing_no(organization, said, facts=meant.person.facts)) is not None:
        return already
    rule = way_of(organization, purpose=said.purpose, channel=said.channel)
    stands = standing(meant.person.facts, rule, instants=Instants(now=act.now))
    word = Said(
        kind="withdrawn" if stands.state == "granted" else "refused",
        purpose=said.purpose,
        channel=said.channel,
        source="link",
        method="form",
    )
    fact, _ = await _write(act, meant, word=word)
    return fact


def _granted(act: Acting, meant: _Meant, *, shown: Asking) -> Said:
    return Said(
        kind="granted",
        purpose=meant.said.purpose,
        channel=meant.said.channel,
        source="person",
        method="form",
        contact_point=meant.said.point,
        notice=shown.notice.version,
        locale=shown.locale,
        idempotency=act.here.safe.repeat(b"confirm", packed(meant.said)),
    )


async def _write(act: Acting, meant: _Meant, *, word: Said) -> tuple[Fact, bool]:
    known = await consents.read(act.work, meant.subject)
    own, at = act.id(FACT), await consents.instant(act.work, meant.subject)
    fact = say(word, known, organization=act.here.organization, fresh=own, recorded_at=at)
    if fact.id == own:
        entry = await act.detailed("fact", subject=meant.subject, **told(fact))
        await consents.add(act.work, [Kept(subject=meant.subject, fact=fact, entry=entry)])
    return fact, fact.id == own
