"""The gate: whether a client may ask this at all, before anything about a person is read.

What a token may ask stays the same while the organization does, so it is worked out once for each token and held with
the organization, for an epoch. Whether the token still counts is asked each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from vault.actions.vault import Here
from vault.base.errors import Unavailable
from vault.base.ids import DecisionId
from vault.domain.actor import Actor
from vault.domain.decision.basis import Flat, Way
from vault.domain.decision.question import Question
from vault.domain.decision.told import Form
from vault.domain.entry import by_whom
from vault.domain.organization import Ceiling, Client
from vault.domain.reach import Reach
from vault.policy.decide import Facts, Verdict

REMEMBERED: Final = 10_000
"""Of each kind."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question with whoever asks it and by which operation, and the id its answer will have."""

    actor: Actor
    name: str
    question: Question
    decision: DecisionId


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """What the policies say of a client that asks for a purpose over a channel, and the flat facts they were told.

    `ceiling` is what the token leaves of the client's own. `by` is what entries say of who asks. `verdicts` are those
    on people, by the identity of their flat facts, and `forms` those of the entries, by what they are the same in.
    """

    client: Client
    ceiling: Ceiling
    way: Way
    facts: Facts
    verdict: Verdict
    by: Mapping[str, str]
    verdicts: dict[int, tuple[Flat, Verdict]] = {}
    forms: dict[tuple[object, ...], tuple[Verdict, Form | None]] = {}


def gate_of(here: Here, asked: Asked, *, now: datetime) -> Gate:
    """Return the gate for a question; `Invalid` or `Denied` when it cannot be asked."""
    actor, question = asked.actor, asked.question
    client = here.bearer(actor, now)
    if here.stopped is not None:
        raise Unavailable("log_stopped", "the access log is stopped, and nothing is decided that it does not hold")
    key = (actor.token, asked.name, question.purpose, question.channel, bool(question.release))
    known: Gate | None = here.gates.get(key)
    if known is not None:
        return known
    made = _gate(here, asked, client=client, now=now)
    if actor.kind == "client" and actor.token is not None:
        if len(here.gates) >= REMEMBERED:
            here.gates.clear()
        here.gates[key] = made
    return made


def _gate(here: Here, asked: Asked, *, client: Client, now: datetime) -> Gate:
    actor, question = asked.actor, asked.question
    here.allow(actor, asked.name, now=now)
    if question.release:
        here.allow(actor, "receive_fields", now=now)
    way = here.way(question.purpose, question.channel)
    reach = actor.reach or Reach.whole(client.ceiling)
    facts = _facts(here, client, reach=reach, way=way)
    verdict = here.policies.ask(facts, client=client.key, purpose=question.purpose)
    return Gate(
        client=client,
        ceiling=reach.within(client.ceiling),
        way=way,
        facts=facts,
        verdict=verdict,
        by=by_whom(actor),
    )


def _facts(here: Here, client: Client, *, reach: Reach, way: Way) -> Facts:
    purpose, channel = way.purpose.key, way.channel
    return {
        "suspended": here.is_suspended(client),
        "purpose_granted": purpose in client.ceiling.purposes,
        "channel_granted": channel is None or channel.key in client.ceiling.channels,
        "purpose_in_token": purpose in reach.purposes,
        "channel_in_token": channel is None or channel.key in reach.channels,
    }
