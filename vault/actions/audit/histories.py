"""The question of history: what was allowed at an instant, as it was known then, and as it is known today.

It decides nothing: nothing is released, reserved or told to a client. It is an entry itself, under the subject it was
asked about.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.audit.rules import Rules, rules_at
from vault.actions.vault import Vault
from vault.base.errors import Invalid, Unknown
from vault.base.ids import SUBJECT, read
from vault.domain.actor import Actor
from vault.domain.audit.clocks import clocks
from vault.domain.audit.history import (
    Allowed,
    Held,
    HistoryAnswer,
    HistoryAsked,
    bearing_facts,
    gated,
    learnt,
    rests,
)
from vault.domain.decision.basis import Way, way
from vault.domain.entry import stamp
from vault.domain.standing import Instants, Standing
from vault.policy.decide import Verdict
from vault.store.log import history


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """A question of history that makes sense under these rules, and what is held of whom it is about."""

    held: Held
    rules: Rules
    way: Way
    asked: HistoryAsked

    def answer(self, instants: Instants) -> HistoryAnswer:
        """Answer it at some instants."""
        verdict, standing = self.verdict(instants)
        known_at = instants.known_at or instants.now
        return HistoryAnswer(
            at=instants.instant,
            known_at=known_at,
            allowed=verdict.allowed,
            reasons=verdict.codes,
            policies=verdict.policies,
            configuration=self.rules.configuration,
            rules_since=self.rules.since,
            first_rules=self.rules.first,
            standing=standing.state if standing else None,
            rests_on=standing.rests_on.id if standing and standing.rests_on else None,
            until=standing.until if standing else None,
            facts=sum(
                fact.at <= instants.instant and fact.recorded_at <= known_at
                for fact in bearing_facts(self.held, self.way)
            ),
        )

    def verdict(self, instants: Instants) -> tuple[Verdict, Standing | None]:
        """Ask the policies whether the client might ask this at all, and then, on what stands, whether it might act."""
        client, policies = self.asked.client, self.rules.policies
        gate = policies.ask(
            gated(self.rules.declared, self.way, client=client), client=client, purpose=self.way.purpose.key
        )
        if not gate.allowed:
            return gate, None
        found = rests(self.held, self.way, subject=self.asked.subject, instants=instants)
        return policies.contact(
            policies.known_of(found.flat), client=client, purpose=self.way.purpose.key
        ), found.standing


async def allowed(vault: Vault, actor: Actor, *, asked: HistoryAsked) -> Allowed:
    """Answer a question of history, as it was known then, as it is known today, and about today by today's rules.

    `Invalid` for what the rules of the instant do not know, `Unknown` for a subject nothing was ever written about.
    """
    read(SUBJECT, asked.subject)
    async with acting(vault, actor, name="was_it_allowed") as act:
        asked.check(act.now)
        if (held := await history.held(act.work, asked.subject)) is None:
            raise Unknown("unknown_subject", "nothing was ever written about such a subject")
        rules = await rules_at(act, asked.at)
        if asked.client not in rules.declared.clients and asked.client not in act.here.organization.clients:
            raise Invalid("unknown_client", "no client has this key, neither then nor today")
        asking = Asking(
            held=held, rules=rules, way=way(rules.declared, asked.purpose, channel=asked.channel), asked=asked
        )
        answered = await _answered(act, asking)
        told = {"purpose": asked.purpose, "channel": asked.channel, "asked_by": asked.client}
        times = {"asked_at": stamp(asked.at), "known_at": stamp(asked.known)}
        await act.log("history_asked", subject=asked.subject, **told, **times)
    return answered


async def _answered(act: Acting, asking: Asking) -> Allowed:
    asked, now = asking.asked, act.now
    then = asking.answer(Instants(now=now, at=asked.at, known_at=asked.known))
    today = asking.answer(Instants(now=now, at=asked.at, known_at=now))
    question = history.Question(
        subject=asked.subject,
        client=act.here.clients[asked.client].id,
        purpose=asked.purpose,
        channel=asked.channel,
    )

    def ask(at: datetime, known_at: datetime) -> bool:
        return asking.verdict(Instants(now=now, at=at, known_at=known_at))[0].allowed

    return Allowed(
        asked=asked,
        then=then,
        today=today,
        now=await _now(act, asking),
        same=(then.allowed, then.reasons) == (today.allowed, today.reasons),
        erased=asking.held.erased,
        learnt=learnt(asking.held, asking.way, asked=asked),
        map=clocks(asking.held, asking.way, asked=asked, now=now, ask=ask),
        logged=await history.last_answer(act.work, question, before=asked.at),
    )


async def _now(act: Acting, asking: Asking) -> HistoryAnswer | None:
    """Return what today's rules say about today; none where they know no such purpose, channel or client any more."""
    rules, asked = await rules_at(act, act.now), asking.asked
    if asked.client not in rules.declared.clients:
        return None
    try:
        found = way(rules.declared, asked.purpose, channel=asked.channel)
    except Invalid:
        return None
    fresh = Asking(held=asking.held, rules=rules, way=found, asked=asked)
    return fresh.answer(Instants(now=act.now, at=act.now, known_at=act.now))
