"""Consents: a yes or a no is recorded under the customer's lock, together with its entry; the next decision sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.customer import whole
from vault.actions.customer.customers import locked, meant
from vault.actions.joining import asking
from vault.actions.vault import Vault
from vault.base.errors import Denied, Invalid, Unknown
from vault.base.ids import FACT, SUBJECT, ContactPointId, CustomerId, FactId, Subject, raw, show
from vault.domain.actor import Actor
from vault.domain.consent import Said, repeated, say
from vault.domain.customer import may_know_age
from vault.domain.entry import told
from vault.domain.fact import Fact, FactKind, Method, Source, check_instants
from vault.domain.organization import EVERY, Organization
from vault.domain.standing import Instants, standing
from vault.domain.statement import (
    ConsentShown,
    Evidence,
    NewGrant,
    NewNo,
    OwnNo,
    Stated,
    check_age,
    majority,
    proves,
    shown,
    suffices,
)
from vault.store import keys
from vault.store.customer import consents, customers
from vault.store.customer.consents import Kept
from vault.store.customer.customers import KeptPoint
from vault.store.decision import questions
from vault.store.decision.questions import How

_OPERATIONS: Final[Mapping[FactKind, str]] = {"refused": "refuse", "withdrawn": "withdraw", "objected": "object"}
SOURCES: Final[Mapping[str, Source]] = {"client": "client", "import": "import", "operator": "admin"}
_METHODS: Final[Mapping[Source, Method]] = {"import": "import", "person": "portal"}


class _No(msgspec.Struct, frozen=True, kw_only=True):
    kind: FactKind
    said: NewNo
    repeat: str | None


async def grant(
    vault: Vault, actor: Actor, *, customer: CustomerId, said: NewGrant, repeat: str | None = None
) -> Stated:
    """Record a yes, and where it is to be confirmed ask for that. `repeat` is the caller's Idempotency-Key."""
    async with acting(vault, actor, name="grant") as act:
        return await granted_in(act, customer, said=said, repeat=repeat)


async def granted_in(act: Acting, customer: CustomerId, *, said: NewGrant, repeat: str | None) -> Stated:
    """Record a yes in an action of its own name."""
    check_ceiling(act, said)
    subject = await locked(act, customer)
    organization = act.here.organization
    ends = await _check_age(act, customer, said=said)
    point = await _point(act, customer, wanted=said.contact_point)
    _check_point(organization, said, point=point)
    words = msgspec.structs.replace(
        _said(act, "granted", said=said, repeat=repeat),
        proven=_is_proven(act, said),
        notice=said.notice,
        locale=said.locale,
        until=min((end for end in (said.until, ends) if end is not None), default=None),
    )
    stated, fact = await record(act, customer, subject=subject, said=words, evidence=said.evidence)
    confirmed = act.actor.kind == "import" and proves(organization, said.evidence, double_opt_in=True)
    if point is not None and confirmed and not stated.repeated:
        await customers.verify(act.work, customer, point=point.id, at=fact.at)
    if act.actor.kind != "import" and not stated.repeated:
        await asking.follow(act, customer, yes=fact)
    return stated


async def refuse(vault: Vault, actor: Actor, *, customer: CustomerId, said: NewNo, repeat: str | None = None) -> Stated:
    """Record a no to being asked."""
    return await _deny(vault, actor, customer=customer, no=_No(kind="refused", said=said, repeat=repeat))


async def withdraw(
    vault: Vault, actor: Actor, *, customer: CustomerId, said: NewNo, repeat: str | None = None
) -> Stated:
    """Record that a yes is taken back (GDPR Art. 7(3))."""
    return await _deny(vault, actor, customer=customer, no=_No(kind="withdrawn", said=said, repeat=repeat))


async def withdraw_own(vault: Vault, actor: Actor, *, said: OwnNo, repeat: str | None = None) -> Stated:
    """Record that who acts takes a yes back: nothing else is asked of them (law 12).

    What a client says for somebody on the line is its word, not the person's own.
    """
    no = NewNo(purpose=said.purpose, channel=said.channel, method="phone")
    return await _deny(vault, actor, customer=None, no=_No(kind="withdrawn", said=no, repeat=repeat))


async def object_to(
    vault: Vault, actor: Actor, *, customer: CustomerId, said: NewNo, repeat: str | None = None
) -> Stated:
    """Record an objection (GDPR Art. 21). Only the customer in person lifts it."""
    return await _deny(vault, actor, customer=customer, no=_No(kind="objected", said=said, repeat=repeat))


async def consents_of(
    vault: Vault,
    actor: Actor,
    *,
    customer: CustomerId | None = None,
    at: datetime | None = None,
    known_at: datetime | None = None,
) -> list[ConsentShown]:
    """Return how a customer, or who acts, stands to every purpose and channel; for a client, those of its ceiling."""
    check_instants(at, known_at)
    async with acting(vault, actor, name="me_consents" if customer is None else "show_consents") as act:
        customer = meant(act, customer)
        purposes = act.here.organization.bearing
        how = How(known_at=known_at)  # what was undone later counts
        read = await questions.read(act.work, [customer], sought=[], purposes=purposes, how=how)
        if (person := read.people.get(customer)) is None:
            raise Unknown("unknown_customer", "there is no such customer")
        ceiling = act.here.ceiling(actor, act.now) if actor.client is not None else None
        instants = Instants(now=act.now, at=at, known_at=known_at)
        minor = person.is_minor(instants.instant)
        await act.log("consents_read", subject=person.subject)
        return [
            shown(purpose.key, channel, found=found, full=ceiling is None or ceiling.reasons == "full")
            for purpose, channel in act.here.organization.ways()
            if ceiling is None or (purpose.key in ceiling.purposes and channel in (*ceiling.channels, EVERY))
            for found in [
                standing(
                    person.facts,
                    act.here.way(purpose.key, channel).rule.within(person.country),
                    instants=instants,
                    minor=minor,
                )
            ]
        ]


async def _deny(vault: Vault, actor: Actor, *, customer: CustomerId | None, no: _No) -> Stated:
    # Any client may, whatever its ceiling (law 12).
    async with acting(vault, actor, name="me_withdraw" if customer is None else _OPERATIONS[no.kind]) as act:
        return await _denied(act, meant(act, customer), no=no)


async def refused_in(act: Acting, customer: CustomerId, *, said: NewNo, repeat: str | None) -> Stated:
    """Record a no to being asked, in an action of its own name."""
    return await _denied(act, customer, no=_No(kind="refused", said=said, repeat=repeat))


async def _denied(act: Acting, customer: CustomerId, *, no: _No) -> Stated:
    subject = await locked(act, customer)
    point = await _point(act, customer, wanted=no.said.contact_point)
    said = _said(act, no.kind, said=no.said, repeat=no.repeat)
    stated, fact = await record(act, customer, subject=subject, said=said)
    if point is not None and not stated.repeated:
        await _bind(act, fact, point=point)
    return stated


def check_ceiling(act: Acting, said: NewGrant) -> None:
    """Refuse a client what is beyond its ceiling, or beyond its token."""
    if act.actor.kind != "client":
        return
    whole, left = act.here.client(act.actor, act.now).ceiling, act.here.ceiling(act.actor, act.now)
    act.here.organization.purpose(said.purpose)
    if said.purpose not in whole.purposes:
        raise Denied("purpose_not_granted_to_client", "this purpose is not in your client's ceiling")
    if said.channel != EVERY:
        act.here.organization.channel(said.channel)
        if said.channel not in whole.channels:
            raise Denied("channel_not_granted_to_client", "this channel is not in your client's ceiling")
    if said.purpose not in left.purposes or said.channel not in (*left.channels, EVERY):
        raise Denied("outside_token", "the authorization_details of this token do not name this purpose and channel")


async def _check_age(act: Acting, customer: CustomerId, *, said: NewGrant) -> datetime | None:
    """Refuse what may not be said for a minor; return when a guardian's word ends. An import tells of the past."""
    if act.actor.kind == "import":
        return None
    until = await customers.minor_until(act.work, customer)
    minor = until is not None and act.now.date() < until
    full = act.actor.kind != "client" or may_know_age(act.here.ceiling(act.actor, act.now))
    check_age(act.here.organization, said, minor=minor, full=full)
    return majority(until) if said.guardian and until is not None else None


async def _point(act: Acting, customer: CustomerId, *, wanted: ContactPointId | None) -> KeptPoint | None:
    if wanted is None:
        return None
    kept = await whole.points(act, customer)
    return next((point for _, point in kept if point.id == wanted), None)


def _check_point(organization: Organization, said: NewGrant, *, point: KeptPoint | None) -> None:
    """Refuse a yes for a contact point that is not there, or that its channel does not reach. A no needs neither."""
    if said.contact_point is None:
        return
    if point is None:
        raise Unknown("unknown_contact_point", "this customer has no such contact point")
    if organization.channel(said.channel).reaches != point.kind:
        raise Invalid("contact_point_not_for_channel", "this channel does not reach this kind of contact point")


def _is_proven(act: Acting, said: NewGrant) -> bool:
    """Whether a yes comes with its evidence: a client answers for what it sends; anybody else's has to be complete."""
    if act.actor.kind == "client":
        return any(said.evidence.values())
    return suffices(act.here.organization, said.evidence, purpose=said.purpose, channel=said.channel)


def _said(act: Acting, kind: FactKind, *, said: NewGrant | NewNo, repeat: str | None) -> Said:
    who = (act.actor.client or act.actor.kind).encode()
    tag = act.here.safe.repeat
    source = SOURCES.get(act.actor.kind) or ("person" if act.actor.client is None else "client")
    return Said(
        kind=kind,
        purpose=said.purpose,
        channel=said.channel,
        source=source,
        method=_METHODS.get(source, said.method),
        at=said.at,
        client=act.actor.client,
        contact_point=said.contact_point,
        guardian=said.guardian,
        reference=None if said.reference is None else tag(b"reference", who, said.reference.encode()),
        idempotency=None if repeat is None else tag(b"fact", who, repeat.encode()),
    )


async def record(
    act: Acting, customer: CustomerId, *, subject: Subject, said: Said, evidence: Evidence | None = None
) -> tuple[Stated, Fact]:
    """Write what was said under a subject that is locked, with its entry; a retry finds what stands."""
    known = await consents.read(act.work, subject)
    recorded_at = await consents.instant(act.work, subject)
    own = act.id(FACT)
    fact = say(said, known, organization=act.here.organization, fresh=own, recorded_at=recorded_at)
    new = fact.id == own
    if new:
        sealed = await _sealed(act, customer, fact=own, evidence=evidence or {})
        entry = await act.detailed("fact", subject=subject, **told(fact))
        await consents.add(act.work, [Kept(subject=subject, fact=fact, entry=entry, evidence=sealed)])
    return Stated(id=fact.id, at=fact.at, recorded_at=fact.recorded_at, repeated=not new), fact


async def _bind(act: Acting, fact: Fact, *, point: KeptPoint) -> None:
    """Write a no about a contact point under its tag: it binds everybody who has the point, now and later.

    Its entry names no subject, so that after an erasure nothing leads from the tag to a person.
    """
    organization = act.here.organization
    channels = [
        channel.key
        for channel in organization.channels.values()
        if channel.reaches == point.kind and fact.channel in (channel.key, EVERY)
    ]
    holder = show(SUBJECT, point.tag)
    known = await consents.read(act.work, holder)
    kept: list[Kept] = []
    for channel in channels:
        shared = msgspec.structs.replace(
            fact, id=act.id(FACT), channel=channel, contact_point=None, reference=None, idempotency=None
        )
        if not _stands(known, shared):
            entry = act.entry("fact", **told(shared))  # its device would lead to a person
            kept.append(Kept(subject=holder, fact=shared, entry=entry))
    if kept:
        await consents.add(act.work, kept)


def _stands(known: Iterable[Fact], shared: Fact) -> bool:
    said = Said(
        kind=shared.kind,
        purpose=shared.purpose,
        channel=shared.channel,
        source=shared.source,
        method=shared.method,
        at=shared.at,
        client=shared.client,
    )
    return repeated(known, said) is not None


async def _sealed(act: Acting, customer: CustomerId, *, fact: FactId, evidence: Evidence) -> bytes | None:
    if not evidence:
        return None
    proof = await keys.opened(act.work, act.here.safe, customer=customer, kind="proof")
    text = msgspec.json.encode({name: value.reveal() for name, value in sorted(evidence.items())})
    return act.here.safe.seal(proof, "fact", column="evidence", row=raw(fact), value=text)
