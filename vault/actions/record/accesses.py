"""Who asked about a customer: each question, release, read and change by somebody else, told from the log's own bytes.

What the customer did themselves is in their history, not here. Reading it is an entry.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.record.history import Proof, proof, systems
from vault.actions.vault import Vault
from vault.base.errors import Unknown
from vault.base.ids import ClientId, EntryId, FactId
from vault.domain.actor import Actor
from vault.domain.audit.wanted import Place
from vault.domain.fact import Fact
from vault.domain.standing import Instants, Standing, rule, standing
from vault.store.audit import about
from vault.store.audit.about import About
from vault.store.customer import consents
from vault.store.decision import questions

MOST: Final = 500
DAYS: Final = 90
KINDS: Final = (
    "decision", "fact", "customer_registered", "customer_filled", "customer_corrected", "contact_point_added",
    "contact_point_removed", "customer_read", "consents_read", "lookup", "code_sent", "name_opened", "details_opened",
    "story_read",
)  # fmt: skip
_THEMSELVES: Final = frozenset({"customer", "link"})


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Something somebody else did. `told` is what its entry says; `since` and `until` are of the fact it rested on.

    `elsewhere`: it rested on what was said of an address, and not by this person.
    """

    entry: EntryId
    at: datetime
    kind: str
    client: ClientId | None
    system: str | None
    role: str
    told: Mapping[str, Any]
    since: datetime | None
    until: datetime | None
    elsewhere: bool
    proof: Proof


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Questions of the last 90 days, by how many systems, and how they were answered."""

    asked: int
    systems: int
    allowed: int
    refused: int
    waited: int


class Accesses(msgspec.Struct, frozen=True, kw_only=True):
    """The newest accesses; `before` is where earlier ones begin, if there are any."""

    figures: Figures
    accesses: list[Access]
    before: Place | None


async def accesses(vault: Vault, actor: Actor, *, before: Place | None = None) -> Accesses:
    """Return who asked about whoever is signed in, the newest first, or those before a place."""
    async with acting(vault, actor, name="me_asked") as act:
        found = await questions.read(act.work, [actor.me], sought=[], purposes=act.here.organization.purposes)
        if (person := found.people.get(actor.me)) is None:
            raise Unknown("unknown_customer", "there is no such customer")
        own = {fact.id: fact for fact in await consents.read(act.work, person.subject)}
        waiting = await about.waiting(act.work, person.subject)
        rows = await about.numbered(act.work, person.subject, kinds=KINDS, before=before, limit=MOST)
        counted = await about.counted(act.work, person.subject, since=act.now - timedelta(days=DAYS))
        shown = [_access(act, one, own=own) for one in (*([] if before else waiting), *rows)]
        await act.log("asked_read", subject=person.subject)
    return Accesses(
        figures=_figures(counted, [json.loads(one.body) for one in waiting]),
        accesses=[one for one in shown if one.kind in KINDS and one.role not in _THEMSELVES],
        before=rows[-1].place if len(rows) == MOST else None,
    )


def _access(act: Acting, one: About, *, own: Mapping[FactId, Fact]) -> Access:
    told = json.loads(one.body)
    client = told["actor"].get("client")
    at = datetime.fromisoformat(told["at"])
    rests = _rested(act, told, facts=[own[fact] for fact in told.get("facts", ()) if fact in own], at=at)
    return Access(
        entry=one.entry,
        at=at,
        kind=told["kind"],
        client=client,
        system=systems(act).get(client),
        role=told["actor"]["kind"],
        told=told,
        since=None if rests is None else rests.since,
        until=None if rests is None else rests.until,
        elsewhere=rests is None and any(fact not in own for fact in told.get("facts", ())),
        proof=proof(one),
    )


def _rested(act: Acting, told: Mapping[str, Any], *, facts: list[Fact], at: datetime) -> Standing | None:
    """Return what a decision rested on, as far as this person said it: never what another did."""
    declared = act.here.organization
    purpose = declared.purposes.get(told.get("purpose", ""))
    if not facts or purpose is None or told["kind"] != "decision":
        return None
    found = standing(facts, rule(declared, purpose, channel=told["channel"]), instants=Instants(now=at))
    return found if found.state == told.get("standing") else None


def _figures(counted: list[tuple[str, str | None, int]], waiting: list[dict[str, Any]]) -> Figures:
    asked = [one for one in waiting if one["kind"] == "decision"]
    by: dict[str, int] = {}
    for outcome, _, count in [*counted, *((one["outcome"], None, 1) for one in asked)]:
        by[outcome] = by.get(outcome, 0) + count
    clients = {client for _, client, _ in counted if client} | {_raw(one) for one in asked}
    return Figures(
        asked=sum(by.values()),
        systems=len(clients),
        allowed=by.get("allow", 0),
        refused=by.get("deny", 0),
        waited=by.get("defer", 0),
    )


def _raw(told: Mapping[str, Any]) -> str:
    return str(told["actor"].get("client"))
