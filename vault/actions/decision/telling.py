"""What is told of a decision: to the log all it rests on, to the client no more than it may know of the person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from vault.actions.decision.answers import Settled, contact
from vault.actions.decision.gate import REMEMBERED
from vault.actions.decision.senders import Proof, name
from vault.base.ids import ContactPointId, EntryId
from vault.base.personal import Personal
from vault.domain.audit.replay import DECISION
from vault.domain.decision.basis import Basis, Person, nobody
from vault.domain.decision.question import (
    ChannelTold,
    Decision,
    LogTold,
    Outcome,
    StandingTold,
    Withheld,
)
from vault.domain.decision.reason import REASONS
from vault.domain.decision.told import AChannel, Told, encoded, form
from vault.domain.entry import VERSION, stamp
from vault.domain.merging.merged import Facts, only, spelled
from vault.policy.decide import Ground, Verdict


def told_to_log(settled: Settled, released: Iterable[str], *, own: EntryId, salt: str, at: datetime) -> bytes:
    """Return the bytes of the entry `own`. `salt` is told only where no subject is."""
    person, prepared = settled.person, settled.prepared
    if person is not None and not released and (plain := _plain(settled, person)) is not None:
        forms, purposes = prepared.gate.forms, prepared.way.rule.purposes
        facts = [fact.id for fact in person.facts if fact.purpose in purposes]
        if (held := forms.get(plain)) is None:
            if len(forms) >= REMEMBERED:
                forms.clear()
            held = forms[plain] = settled.verdict, form(_told(settled, released, own=own, salt=salt, at=at))
        _, known = held
        if facts and known is not None:
            return known.fill(own, at=stamp(at), decision=prepared.asked.decision, facts=facts, subject=person.subject)
    return encoded(_told(settled, released, own=own, salt=salt, at=at))


def _plain(settled: Settled, person: Person) -> tuple[object, ...] | None:
    """Return all that the entry of this decision depends on, but for whose it is; none where more than that is told.

    What the client is, and what it asks for, is the gate's. Verdicts of other flat facts are other objects, and a form
    is kept with its own: while it is, no other has its id.
    """
    rests, question = settled.basis, settled.prepared.asked.question
    if rests is None or not isinstance(person.facts, tuple):
        return None
    if question.at is not None or settled.among or settled.defer_until is not None or rests.named is not None:
        return None
    if settled.withheld or settled.reserves:
        return None
    return question.campaign, question.customer is None, question.contact is None, id(settled.verdict)


def _told(settled: Settled, released: Iterable[str], *, own: EntryId, salt: str, at: datetime) -> Told:
    prepared, verdict, person, rests = settled.prepared, settled.verdict, settled.person, settled.basis
    question, gate, actor = prepared.asked.question, prepared.gate, prepared.asked.actor
    facts = _own(person.facts, _bearing(settled)) if person is not None else None
    merged = spelled(facts) if facts is not None else None
    return Told(
        actor=gate.by,
        asked_at=stamp(question.at) if question.at else None,
        any=_each(settled) if settled.among else None,
        asked_with=None if gate.verdict.allowed else {fact: bool(held) for fact, held in gate.facts.items()},
        at=stamp(at),
        by="customer" if question.customer else "contact" if question.contact else "external",
        campaign=question.campaign,
        channel=prepared.channel,
        configuration=prepared.here.configuration,
        decision=prepared.asked.decision,
        defer_until=stamp(settled.defer_until) if settled.defer_until is not None else None,
        facts=[fact.id for fact in facts] if facts is not None else None,
        facts_elsewhere=_elsewhere(facts, rests.named) or None if facts is not None and rests is not None else None,
        flat=settled.flat,
        id=own,
        kind=DECISION,
        merges=merged[1] if merged is not None else None,
        organization=actor.organization,
        outcome=settled.outcome,
        parts=merged[0] if merged is not None else None,
        permit_for=name(prepared.here, settled.sender) if settled.sender is not None else None,
        policies=verdict.policies,
        purpose=question.purpose,
        reasons=verdict.codes,
        released=sorted(released) or None,
        reserved=settled.reserves or None,
        salt=salt if person is None else None,
        standing=rests.standing.state if rests is not None else None,
        subject=person.subject if person is not None else None,
        v=VERSION,
        withheld={field: ground.code for field, ground in settled.withheld} or None,
    )


def _bearing(settled: Settled) -> Collection[str]:
    """Return what a fact names that its question rests on: over several channels, on what it does over any of them."""
    if not settled.among:
        return settled.prepared.way.rule.purposes
    return {purpose for one in settled.among for purpose in one.prepared.way.rule.purposes}


def _own(facts: Facts, purposes: Collection[str]) -> Facts:
    """Return the facts that a question about these purposes rests on; the rest ride for others in the batch."""
    return only(facts, lambda fact: fact.purpose in purposes)


def told_to_client(settled: Settled, log: LogTold, *, released: Mapping[str, Personal], proof: Proof) -> Decision:
    """Return what the client is told: no more than its ceiling and its scopes let it know of the person."""
    prepared = settled.prepared
    full = prepared.gate.client.ceiling.reasons == "full"
    hidden = _is_hidden(settled)
    shown = settled.among[0] if hidden and settled.among else settled  # which was the best would tell of somebody
    verdict = _shown(shown, hidden=hidden)
    return Decision(
        id=prepared.asked.decision,
        allowed=verdict.allowed,
        outcome="deny" if hidden else settled.outcome,
        defer_until=None if hidden else settled.defer_until,
        reasons=verdict.told if full else verdict.told_plainly,
        channel=shown.prepared.channel,
        configuration=prepared.here.configuration,
        log=log,
        standing=_standing(settled.basis) if full and not hidden and settled.basis is not None else None,
        released=released or None,
        withheld=_withheld(settled.withheld) if settled.withheld else (),
        withdrawal_link=proof.link,
        channels=_channels(settled, hidden=hidden, full=full) if settled.among else None,
        permit=proof.permit,
    )


def told_in_brief(settled: Settled) -> ChannelTold:
    """Return the same in brief: the outcome, and reasons by their codes."""
    full = settled.prepared.gate.client.ceiling.reasons == "full"
    return _channel(settled, hidden=_is_hidden(settled), full=full)


def _is_hidden(settled: Settled) -> bool:
    """Without `lookup`, a no by contact value or reference reads as if nobody had ever said anything."""
    if settled.verdict.allowed or not settled.prepared.gate.verdict.allowed:
        return False
    asked = settled.prepared.asked
    return asked.question.customer is None and "lookup" not in asked.actor.scopes


def _withheld(fields: Iterable[tuple[str, Ground]]) -> tuple[Withheld, ...]:
    return tuple(
        Withheld(field=field, code=ground.code, message=REASONS[ground.code].to_developer) for field, ground in fields
    )


def _channels(settled: Settled, *, hidden: bool, full: bool) -> dict[str, ChannelTold]:
    return {one.prepared.channel: _channel(one, hidden=hidden, full=full) for one in settled.among}


def _standing(rests: Basis) -> StandingTold:
    return StandingTold(state=rests.standing.state, until=rests.standing.until)


def _elsewhere(facts: Facts, named: ContactPointId | None) -> list[str]:
    if named is None:
        return []
    return [fact.id for fact in facts if fact.contact_point not in (None, named)]


def _shown(settled: Settled, *, hidden: bool) -> Verdict:
    return contact(settled.prepared, nobody(settled.prepared.way, known=True)) if hidden else settled.verdict


def _channel(settled: Settled, *, hidden: bool, full: bool) -> ChannelTold:
    verdict = _shown(settled, hidden=hidden)
    outcome: Outcome = "deny" if hidden else settled.outcome
    codes = verdict.codes if full else verdict.plain_codes
    return ChannelTold(outcome=outcome, reasons=codes, defer_until=None if hidden else settled.defer_until)


def _each(settled: Settled) -> dict[str, AChannel]:
    return {
        one.prepared.channel: AChannel(
            flat=one.flat, outcome=one.outcome, policies=one.verdict.policies, reasons=one.verdict.codes
        )
        for one in settled.among
    }
