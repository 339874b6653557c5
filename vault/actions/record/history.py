"""A customer's history: each yes and no, what it is worth today, and the words shown then.

The words are taken from the configuration in force, else from the one that was in force when it was said, and only if
they have the fingerprint that was kept: other words are never shown in their place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.customer import whole
from vault.actions.vault import Vault, rebuild
from vault.base.errors import Invalid, Unknown
from vault.base.ids import ClientId, CustomerId, FactId, Subject
from vault.domain.actor import Actor
from vault.domain.fact import Fact
from vault.domain.importing.undone import counted
from vault.domain.organization import Notice, Organization, Words
from vault.domain.receipt.told import has_receipt
from vault.domain.record.evidence import missing
from vault.domain.record.worth import Worth, worth
from vault.store import keys, organizations
from vault.store.audit import about
from vault.store.audit.about import About
from vault.store.customer import brought, consents
from vault.store.decision import questions
from vault.tlog.line import encode

_MOST: int = 5_000
_FACTS: Final = ("fact", "imported", "restored")


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Where the entry of a line stands in the log: the hash of its leaf in base64, and its number once it has one."""

    leaf: str
    number: int | None
    generation: int | None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was said. `words` are those shown then, if they are known; `system` is who wrote it down.

    `missing` are names of evidence that nobody could show; `receipt` says whether there is a receipt of it.
    """

    fact: Fact
    worth: Worth
    notice: Notice | None
    words: Words | None
    system: str | None
    missing: tuple[str, ...]
    receipt: bool
    proof: Proof | None


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a customer said, the newest first."""

    customer: CustomerId
    lines: list[Line]


async def history(vault: Vault, actor: Actor) -> History:
    """Return the history of whoever is signed in."""
    async with acting(vault, actor, name="me_history") as act:
        subject, lines = await read(act, actor.me)
        await act.log("history_read", subject=subject, found=len(lines))
    return History(customer=actor.me, lines=lines)


async def read(act: Acting, customer: CustomerId) -> tuple[Subject, list[Line]]:
    """Return a customer's subject and lines, as part of an action that writes its entry."""
    declared = act.here.organization
    found = await questions.read(act.work, [customer], sought=[], purposes=declared.bearing)
    if (person := found.people.get(customer)) is None:
        raise Unknown("unknown_customer", "there is no such customer")
    whose = await whole.whose(act, person)
    said = {one: await consents.every(act.work, subject) for one, subject in whose.items()}
    every = [fact for facts in said.values() for fact in facts]
    undone = {one.import_: one for one in await brought.undone(act.work)}
    own = counted(every, undone.values())
    theirs = {fact.id for fact in own}
    shared = [fact for fact in person.facts if fact.id not in theirs]
    proofs = await _proofs(act, [*whose.values()])
    given = await _given(act, {one: [fact for fact in facts if not fact.proven] for one, facts in said.items()})
    folded = person.facts if person.family else own
    shown = Shown(act)
    lines = []
    for fact in sorted(every, key=lambda one: (one.at, one.recorded_at, one.id), reverse=True):
        notice = await shown.notice(fact)
        gone = undone[fact.brought_by] if fact.brought_by is not None and fact.id not in theirs else None
        lines.append(
            Line(
                fact=fact,
                worth=worth(fact, folded, shared=shared, organization=declared, now=act.now)
                if gone is None
                else Worth(why="undone", at=gone.recorded_at),
                notice=notice,
                words=None if notice is None else notice.texts[fact.locale or ""],
                system=systems(act).get(fact.client) if fact.client is not None else None,
                missing=() if fact.proven else missing(fact, given.get(fact.id, ()), organization=declared),
                receipt=gone is None and has_receipt(fact, await shown.declared(fact)),
                proof=proofs.get(fact.id),
            )
        )
    return person.subject, lines


def systems(act: Acting) -> Mapping[ClientId, str]:
    """Return what the systems of an organization are called, by id."""
    declared = act.here.organization.clients
    return {kept.id: declared[key].title for key, kept in act.here.clients.items() if key in declared}


def proof(one: About) -> Proof:
    """Return where an entry stands."""
    place = one.place
    return Proof(
        leaf=encode(one.leaf),
        number=None if place is None else place.number,
        generation=None if place is None else place.generation,
    )


class Shown:
    """Finds the words that were shown, reading each configuration of the past once."""

    def __init__(self, act: Acting) -> None:
        self._act = act
        self._kept: dict[str, Organization] = {}

    async def notice(self, fact: Fact) -> Notice | None:
        """Return the version somebody was shown, if it has words with the fingerprint that was kept."""
        if fact.notice is None or fact.locale is None or fact.words is None:
            return None
        if (found := _notice(self._act.here.organization, fact)) is not None:
            return found
        before = await self._before(fact)
        return None if before is None else _notice(before, fact)

    async def declared(self, fact: Fact) -> Organization:
        """Return the declarations in force, or, where they no longer have its purpose, those of when it was said."""
        now = self._act.here.organization
        return now if fact.purpose in now.purposes else await self._before(fact) or now

    async def words(self, fact: Fact | None) -> Words | None:
        """Return the words somebody was shown, if they are known."""
        notice = None if fact is None else await self.notice(fact)
        return None if fact is None or notice is None else notice.texts[fact.locale or ""]

    async def _before(self, fact: Fact) -> Organization | None:
        work = self._act.work
        then = await organizations.in_force(work, fact.recorded_at)
        if then is None:
            return None
        if then.digest not in self._kept:
            document = await organizations.configuration(work, then.digest)
            if document is None:
                return None
            self._kept[then.digest], _ = rebuild(document)
        return self._kept[then.digest]


def _notice(declared: Organization, fact: Fact) -> Notice | None:
    purpose = declared.purposes.get(fact.purpose)
    if purpose is None or purpose.notice is None or fact.notice is None:
        return None
    try:
        found = declared.notice(purpose.notice, fact.notice)
        return found if found.words(fact.locale or "") == fact.words else None
    except Invalid:
        return None


async def _proofs(act: Acting, subjects: Sequence[Subject]) -> dict[FactId, Proof]:
    entries = [
        *await about.waiting(act.work, subjects),
        *await about.numbered(act.work, subjects, kinds=_FACTS, limit=_MOST),
    ]
    told = [(json.loads(one.body), one) for one in entries]
    return {fact: proof(one) for body, one in told if body["kind"] in _FACTS for fact in _facts(body)}


def _facts(body: Mapping[str, Any]) -> list[FactId]:
    """Return the facts that an entry tells of: one, or all that came at once."""
    return [FactId(one["fact"]) for one in ([body] if body["kind"] == "fact" else body.get("facts", []))]


async def _given(act: Acting, unproven: Mapping[CustomerId, Sequence[Fact]]) -> Mapping[FactId, frozenset[str]]:
    """Return the names of what evidence there is for claims that do not count, by whose they are."""
    found: dict[FactId, frozenset[str]] = {}
    for customer, facts in unproven.items():
        sealed = await consents.evidence(act.work, [fact.id for fact in facts]) if facts else {}
        if sealed:
            safe = act.here.safe
            key = await keys.opened(act.work, safe, customer=customer, kind="proof")
            for fact, one in sealed.items():
                found[fact] = frozenset(json.loads(consents.unseal(safe, key, fact=fact, sealed=one).reveal()))
    return found
