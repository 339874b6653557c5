"""From one question to its answer: prepared before anything is read, settled on what was read, told after the COMMIT.

Pure but for the policies' memory. What a client may not ask is settled before anybody is looked up.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from vault.actions.customer.points import read_point
from vault.actions.decision import senders
from vault.actions.decision.gate import REMEMBERED, Asked, Gate, gate_of
from vault.actions.vault import Here
from vault.base.errors import Invalid
from vault.base.ids import ContactPointId
from vault.domain.decision.basis import Basis, Flat, Person, Way, basis, may_leave, nobody
from vault.domain.decision.question import Outcome, Question
from vault.domain.merging.merged import only
from vault.domain.organization import CONTACT
from vault.domain.standing import Instants
from vault.domain.timing.budget import LAPSE
from vault.domain.timing.moment import earliest
from vault.policy.decide import Ground, Verdict
from vault.store.decision.questions import Read, Sought
from vault.store.decision.releases import Wanted
from vault.store.keys import REFERENCE

_LOOKS: Final = 4  # by then another contact point may be picked, whose hours are others


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A question that makes sense here. `sought` is the tag by which the person is to be found, if not by id.

    `reserves`: a yes counts as a message. Asked over any channel, `each` is the question over each that may be asked.
    """

    asked: Asked
    here: Here
    gate: Gate
    sought: Sought | None
    reserves: bool
    each: tuple[Prepared, ...] = ()

    @property
    def way(self) -> Way:
        """The purpose over the channel asked about."""
        return self.gate.way

    @property
    def channel(self) -> str:
        """The channel asked about; of a question over any, the one it was decided for."""
        return self.asked.question.channel


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """A question decided. `person` is none where nobody was looked up or nobody was found.

    Asked over any channel, it is the answer for the channel that was chosen, and `among` are the answers for each.
    """

    prepared: Prepared
    instants: Instants
    verdict: Verdict
    person: Person | None = None
    flat: Flat | None = None
    basis: Basis | None = None
    leaving: tuple[str, ...] = ()
    withheld: tuple[tuple[str, Ground], ...] = ()
    defer_until: datetime | None = None
    among: tuple[Settled, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The answer in a word."""
        return "allow" if self.verdict.allowed else "deny" if self.defer_until is None else "defer"

    @property
    def reserves(self) -> bool:
        """Whether it is a message that is to be sent."""
        return self.prepared.reserves and self.verdict.allowed and self.person is not None

    @property
    def sender(self) -> str | None:
        """The key of the client that gets a permit with this answer."""
        return self.prepared.asked.question.permit_for if self.reserves else None


def prepare(here: Here, asked: Asked, *, now: datetime) -> Prepared:
    """Check a question against what the organization declares; `Invalid` or `Denied` when it cannot be asked."""
    question = asked.question
    gate = gate_of(here, asked, now=now)
    question.check(now)
    if question.release:
        _check_fields(here, question.release)
    if question.permit_for is not None:
        senders.check(here, question.permit_for, way=gate.way, now=now)
    return Prepared(
        asked=asked,
        here=here,
        gate=gate,
        sought=_sought(here, question) if gate.verdict.allowed else None,
        reserves=question.reserves,
    )


def settle(prepared: Prepared, read: Read) -> Settled:
    """Decide on what was read."""
    question, gate = prepared.asked.question, prepared.gate
    instants = read.present if question.at is None else Instants(now=read.now, at=question.at)
    if not gate.verdict.allowed:
        return Settled(prepared=prepared, instants=instants, verdict=gate.verdict)
    person, named = find(prepared, read)
    if person is None:
        flat = nobody(gate.way, known=question.customer is None)
        return Settled(prepared=prepared, instants=instants, verdict=contact(prepared, flat), flat=flat)
    if person.spends:
        person = _counted(person, prepared, instants=instants)
    rests = basis(person, gate.way, instants=instants, named=named, hours=gate.client.hours)
    verdict = _known(prepared, rests.flat)
    leaving, withheld = _fields(prepared, rests) if question.release and verdict.allowed else ((), ())
    return Settled(
        prepared=prepared,
        instants=instants,
        verdict=verdict,
        person=person,
        flat=rests.flat,
        basis=rests,
        leaving=leaving,
        withheld=withheld,
        defer_until=_defer_until(prepared, person, rests=rests, instants=instants) if verdict.passes else None,
    )


def wanted(settled: Settled) -> Wanted | None:
    """Return which sealed fields leave with this answer, or none."""
    if settled.person is None or settled.basis is None or not settled.leaving:
        return None
    point = settled.basis.point
    return Wanted(
        customer=settled.person.customer,
        others=settled.person.family,
        attributes=tuple(field for field in settled.leaving if field != CONTACT),
        point=point.id if point is not None and CONTACT in settled.leaving else None,
    )


def _check_fields(here: Here, fields: Iterable[str]) -> None:
    declared = here.organization
    kinds = {channel.reaches for channel in declared.channels.values()}
    for field in fields:
        if field != CONTACT and field not in declared.attributes and field not in kinds:
            raise Invalid("unknown_field", "release names a field that this organization does not declare")


def _sought(here: Here, question: Question) -> Sought | None:
    if question.contact is not None:
        kind = question.contact.kind
        read = read_point(here, kind, value=question.contact.value)
        return kind, here.safe.index(kind, read.index.reveal().encode())
    if question.external is not None:
        source, own = question.external.source, question.external.id
        return REFERENCE, here.safe.index(REFERENCE, source.encode(), own.reveal().encode())
    return None


def find(prepared: Prepared, read: Read) -> tuple[Person | None, ContactPointId | None]:
    """Return who is meant. An address that several people share means nobody: whose yes it were could not be said."""
    question = prepared.asked.question
    if prepared.sought is None:
        return (read.people.get(question.customer) if question.customer else None), None
    found = read.found.get(prepared.sought, ())
    if len(found) != 1:
        return None, None
    customer, owner = found[0]
    return read.people.get(customer), (owner if question.contact is not None else None)


def _counted(person: Person, prepared: Prepared, *, instants: Instants) -> Person:
    """Leave out what this question itself spent when it was asked before; of the past nothing is counted at all."""
    own, since = prepared.asked.decision, instants.now - LAPSE
    others = [spend for spend in person.spends if spend.decision != own or spend.at <= since]
    return msgspec.structs.replace(person, spends=tuple(others) if instants.at is None else ())


def contact(prepared: Prepared, flat: Flat) -> Verdict:
    """Return what the policies say of a person with these flat facts."""
    return prepared.here.policies.contact(flat, client=prepared.gate.client.key, purpose=prepared.way.purpose.key)


def _known(prepared: Prepared, flat: Flat) -> Verdict:
    """Return the same, of flat facts that are one object wherever they are the same."""
    verdicts = prepared.gate.verdicts
    held = verdicts.get(id(flat))
    if held is not None and held[0] is flat:
        return held[1]
    if len(verdicts) >= REMEMBERED:
        verdicts.clear()
    verdict = contact(prepared, flat)
    verdicts[id(flat)] = flat, verdict
    return verdict


def _defer_until(prepared: Prepared, person: Person, *, rests: Basis, instants: Instants) -> datetime | None:
    """Return the earliest instant at which these facts would allow it; none where something else refuses by then.

    What was said after the instant of a question about the past is not among its facts.
    """
    if instants.at is not None:
        facts = only(person.facts, lambda fact: fact.at <= instants.instant)
        person = msgspec.structs.replace(person, facts=facts)
    start = instants.instant
    for _ in range(_LOOKS):
        found = earliest([bound for _, bound in rests.bounds], start=start)
        if found is None:
            return None
        then = Instants(now=found)
        rests = basis(person, prepared.way, instants=then, named=rests.named, hours=prepared.gate.client.hours)
        verdict = contact(prepared, rests.flat)
        if verdict.allowed or not verdict.passes:
            return found if verdict.allowed else None
        start = found
    return None


def _fields(prepared: Prepared, rests: Basis) -> tuple[tuple[str, ...], tuple[tuple[str, Ground], ...]]:
    """Decide field by field what leaves with a yes; a question about the past wants none."""
    leaving: list[str] = []
    withheld: list[tuple[str, Ground]] = []
    way, ceiling = prepared.way, prepared.gate.ceiling
    for field in dict.fromkeys(prepared.asked.question.release):
        is_contact = field == CONTACT
        reaches = way.channel.reaches if way.channel is not None else ""
        facts = {
            "contact": is_contact or field not in way.organization.attributes,
            "for_channel": is_contact and rests.point is not None,
            "for_purpose": not is_contact and may_leave(way, field),
            "granted_to_client": (is_contact and way.channel is None)
            or (reaches if is_contact else field) in ceiling.fields,
        }
        verdict = prepared.here.policies.release(facts, client=prepared.gate.client.key, field=field)
        if verdict.allowed:
            leaving.append(field)
        else:
            withheld.append((field, verdict.reasons[0]))
    return tuple(leaving), tuple(withheld)
