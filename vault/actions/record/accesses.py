"""Who asked about a customer: each question, release, read and change by somebody else, told from the log's own bytes.

What the customer did themselves is in their history, not here. Reading it is an entry.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.customer import whole
from vault.actions.record.history import Proof, Shown, proof, systems
from vault.actions.vault import Vault
from vault.base.errors import Unknown
from vault.base.ids import ClientId, EntryId, Subject
from vault.domain.actor import Actor
from vault.domain.audit.replay import DECISION
from vault.domain.audit.wanted import Place
from vault.domain.decision.basis import Person
from vault.domain.fact import Fact
from vault.domain.organization import Words
from vault.domain.record.code import message_code
from vault.domain.record.rested import NOTHING, Asked, Rested, rested
from vault.domain.standing import Instants
from vault.store.audit import about
from vault.store.audit.about import About
from vault.store.decision import questions

MOST: Final = 500
DAYS: Final = 90
KINDS: Final = (
    "decision", "fact", "customer_registered", "customer_filled", "customer_corrected", "customer_merged",
    "customer_unmerged", "contact_point_added", "contact_point_removed", "contact_point_stopped",
    "contact_point_freed", "customer_read", "consents_read", "preferences_read", "preference_set", "receipts_issued",
    "lookup", "code_sent", "name_opened", "details_opened", "story_read", "entry_read", "log_searched",
    "history_asked", "decision_replayed", "outcome", "rights_read", "rights_request_read", "right_asked",
    "right_withdrawn", "right_done", "right_refused", "right_extended", "imported",
)  # fmt: skip
_THEMSELVES: Final = frozenset({"customer", "link"})
_SHARED: Final = "contact_point_freed"
"""What everybody who has a contact point is told of, whoever of them did it."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Something somebody else did. `told` is what its entry says, `rests` what a decision rested on.

    `words` are those that the person said yes or no to, where one decision was asked for by its code.
    """

    entry: EntryId
    at: datetime
    kind: str
    client: ClientId | None
    system: str | None
    role: str
    told: Mapping[str, Any]
    rests: Rested
    proof: Proof
    words: Words | None = None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Questions of the last 90 days, by how many systems, and how they were answered."""

    asked: int
    systems: int
    allowed: int
    refused: int
    waited: int


class Accesses(msgspec.Struct, frozen=True, kw_only=True):
    """The newest accesses; `before` is where earlier ones begin, if there are any.

    `coded` are the answers behind the code of a message, the newest first; a retry asks anew under the same id.
    """

    figures: Figures
    coded: list[Access]
    accesses: list[Access]
    before: Place | None


async def accesses(vault: Vault, actor: Actor, *, before: Place | None = None, code: str | None = None) -> Accesses:
    """Return who asked about whoever is signed in, the newest first, or those before a place.

    `code` is that of a message. One that was about somebody else finds as little as one that never was.
    """
    async with acting(vault, actor, name="me_asked") as act:
        found = await questions.read(act.work, [actor.me], sought=[], purposes=act.here.organization.bearing)
        if (person := found.people.get(actor.me)) is None:
            raise Unknown("unknown_customer", "there is no such customer")
        subjects = await whole.subjects(act, person)
        telling = _Telling(act, person, own=await whole.facts(act, person), subjects=subjects)
        waiting = await about.waiting(act.work, subjects)
        rows = await about.numbered(act.work, subjects, kinds=KINDS, before=before, limit=MOST)
        counted = await about.counted(act.work, subjects, since=act.now - timedelta(days=DAYS))
        shown = [telling.access(one) for one in (*([] if before else waiting), *rows)]
        coded = [] if code is None else await telling.coded(code, waiting=waiting)
        await act.log("asked_read", subject=person.subject)
    return Accesses(
        figures=_figures(counted, [json.loads(one.body) for one in waiting]),
        coded=coded,
        accesses=[one for one in shown if _is_of_others(one)],
        before=rows[-1].place if len(rows) == MOST else None,
    )


async def everything(act: Acting, person: Person) -> list[Access]:
    """Return whatever anybody else did about a person, the newest first, as part of an action that writes its entry."""
    subjects = await whole.subjects(act, person)
    telling = _Telling(act, person, own=await whole.facts(act, person), subjects=subjects)
    found = [*await about.waiting(act.work, subjects)]
    before: Place | None = None
    while rows := await about.numbered(act.work, subjects, kinds=KINDS, before=before, limit=MOST):
        found += rows
        before = rows[-1].place
    shown = [telling.access(one) for one in found]
    return [one for one in shown if _is_of_others(one)]


def _is_of_others(one: Access) -> bool:
    """Whether somebody else did it, be it for the customer on the line: never another who shares an address."""
    by_another = one.role not in _THEMSELVES or (one.client is not None and one.kind != _SHARED)
    return one.kind in KINDS and by_another


class _Telling:
    """Reads entries for the person they are about."""

    def __init__(self, act: Acting, person: Person, *, own: Sequence[Fact], subjects: Sequence[Subject]) -> None:
        self._act = act
        self._person = person
        self._subjects = subjects
        self._own: Final = {fact.id: fact for fact in own}
        self._shared: Final = {fact.id: fact for fact in person.facts if fact.id not in self._own}

    def access(self, one: About) -> Access:
        """Return what an entry says."""
        told = json.loads(one.body)
        client = told["actor"].get("client")
        return Access(
            entry=one.entry,
            at=datetime.fromisoformat(told["at"]),
            kind=told["kind"],
            client=client,
            system=systems(self._act).get(client),
            role=told["actor"]["kind"],
            told=told,
            rests=self._rested(told) if told["kind"] == DECISION else NOTHING,
            proof=proof(one),
        )

    async def coded(self, code: str, *, waiting: Sequence[About]) -> list[Access]:
        """Return the answers whose decision has this code, with the words they rested on."""
        letters = code.replace("-", "")
        rows = await about.holding(self._act.work, self._subjects, kind=DECISION, part=letters)
        accesses = [self.access(one) for one in (*waiting, *rows) if letters.encode() in one.body]
        shown = Shown(self._act)
        return [
            msgspec.structs.replace(one, words=await shown.words(one.rests.fact))
            for one in accesses
            if one.kind == DECISION and message_code(one.told["decision"]) == code
        ]

    def _rested(self, told: Mapping[str, Any]) -> Rested:
        """Return what a decision rested on, as far as this person said it: never what another did."""
        past = told.get("asked_at")
        at, then = datetime.fromisoformat(told["at"]), None if past is None else datetime.fromisoformat(past)
        asked = Asked(
            instants=Instants(now=at, at=then),
            purpose=told["purpose"],
            channel=told["channel"],
            standing=told.get("standing"),
            implied=told.get("flat", {}).get("implied", ""),
        )
        read = told.get("facts", ())
        return rested(
            asked,
            own=[self._own[fact] for fact in read if fact in self._own],
            shared=[self._shared[fact] for fact in read if fact in self._shared],
            points=self._person.points,
            organization=self._act.here.organization,
        )


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
