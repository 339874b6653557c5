"""Carrying a plan out: values sealed under their customers' keys, words made facts, and what is told of each.

Everybody touched has one entry. What stands under a tag has entries of its own, which lead to no person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

import msgspec

from vault.actions.acting import Acting
from vault.actions.importing.batch import Batch
from vault.actions.importing.settling.knowing import Knowledge, Tag, tag_reference
from vault.actions.importing.settling.likening import Likening
from vault.base.canonical import Json
from vault.base.errors import Invalid
from vault.base.ids import (
    CONTACT_POINT,
    CUSTOMER,
    FACT,
    REQUEST,
    SUBJECT,
    SUPPRESSION,
    ContactPointId,
    CustomerId,
    FactId,
    ImportId,
    raw,
    show,
    uuid7,
)
from vault.base.personal import Personal
from vault.domain.customer import BIRTH_DATE, minor_until
from vault.domain.entry import told
from vault.domain.fact import Fact
from vault.domain.organization import Organization
from vault.domain.rights.request import Request, Right
from vault.domain.suppression import Suppression, SuppressionKind
from vault.domain.timing.area import area_of
from vault.domain.timing.implied import Dealing, spelled
from vault.imports.identity.resolution import Resolution
from vault.imports.planning.addition import Addition
from vault.imports.planning.plan import Plan
from vault.imports.planning.word import PointKey, Word
from vault.imports.row import Spelled
from vault.store.customer import merges, requests
from vault.store.imports import held
from vault.store.imports.held import HeldCustomer, HeldPoint
from vault.store.imports.writing import Clear, NewPoint, NewReference, Writing
from vault.store.keys import CustomerKey

_MOST: Final = 100
"""How many facts an entry tells of."""
_RIGHTS: Final[Mapping[str, Right]] = {"restriction": "restriction", "erase": "erasure", "erasure": "erasure"}


class Words:
    """How words become facts of an organization, at an instant."""

    def __init__(self, organization: Organization, import_: ImportId, *, recorded_at: datetime) -> None:
        self._organization = organization
        self._import = import_
        self._now = recorded_at
        self._version = cache(self._versions)

    def fact(self, word: Word, *, fresh: FactId, point: ContactPointId | None = None) -> Fact:
        """Return the fact; a yes is to the version of the notice in force when it was said."""
        deal = None
        if word.dealing:
            what, *met = word.dealing
            deal = spelled(msgspec.convert({"what": what, "met": met}, Dealing))
        return Fact(
            id=fresh,
            kind=word.kind,
            purpose=word.purpose,
            channel=word.channel,
            at=word.at,
            recorded_at=self._now,
            source="import",
            method="import",
            contact_point=point,
            notice=self._notice(word) if word.kind == "granted" else None,
            until=word.until,
            proven=word.proven,
            dealing=deal,
            brought_by=self._import,
        )

    def _notice(self, word: Word) -> int | None:
        return next((version for version, since in self._version(word.purpose) if since <= word.at), None)

    def _versions(self, purpose: str) -> Sequence[tuple[int, datetime]]:
        """Return the versions of a purpose's notice, the newest first."""
        notices = self._organization.notices.get(self._organization.purpose(purpose).notice or "", ())
        return [(notice.version, notice.published) for notice in reversed(notices)]


async def carry_out(act: Acting, plan: Plan, *, batch: Batch, knowledge: Knowledge, resolution: Resolution) -> None:
    """Write what is planned, and suggest who may be one person."""
    at = await held.instant(act.work, [one.subject for one in knowledge.customers.values()])
    carrying = _Carrying(act, batch, knowledge=knowledge, at=at)
    await carrying.carry_out(plan, Likening(act, resolution))


class _Carrying:
    def __init__(self, act: Acting, batch: Batch, *, knowledge: Knowledge, at: datetime) -> None:
        self._act = act
        self._named = {"import": str(batch.import_)}
        self._import = batch.import_
        self._knowledge = knowledge
        self._at = at
        self._exported_at = min(batch.exported_at, at)
        self._words = Words(act.here.organization, batch.import_, recorded_at=at)
        self._writing = Writing(act.work.own, batch.import_, recorded_at=at)
        self._asked: list[requests.Kept] = []

    async def carry_out(self, plan: Plan, likening: Likening) -> None:
        whose = [None if one is None else self._add(one) for one in plan.people]
        for point, word in plan.words:
            fact = self._words.fact(word, fresh=self._act.id(FACT))
            self._writing.fact(self._knowledge.tags.points[point].tag, fact)
            self._writing.entries.append(self._act.entry("fact", **told(fact)))
        for point, stop in plan.stops:
            kind: Any = stop.kind
            self._stop(point, kind, at=stop.at, until=stop.until)
        self._tell_holders(plan, {*whose})
        pairs = await likening.liken(whose, self._writing)
        await self._writing.write(self._act.work)
        for kept in self._asked:
            await requests.keep(self._act.work, kept)
        await merges.suggest(self._act.work, pairs)

    def _add(self, addition: Addition) -> CustomerId:
        if not addition.changes:
            return CustomerId(addition.who or "")
        one = _Customer(self._act, addition, held=self._knowledge.customers.get(CustomerId(addition.who or "")))
        one.begin(self._writing, self._clear(addition))
        for name, value in addition.fields.items():
            self._writing.field(one.id, name, sealed=one.seal("attribute", name, row=one.id, value=value))
        for name in addition.dropped:
            self._writing.drop(one.id, name)
        one.add_points(self._writing, self._knowledge.tags.points)
        for key, own in addition.references.items():
            tag = self._knowledge.tags.references.get(key) or tag_reference(self._act.here, key)
            one.refer(self._writing, key[0], own=own, tag=tag)
        facts = [self._say(one, word) for word in addition.words]
        self._ask(one, addition)
        self._writing.entries.append(self._entry(one, addition, facts=facts[:_MOST]))
        for start in range(_MOST, len(facts), _MOST):
            rest: list[Json] = [_told(fact) for fact in facts[start : start + _MOST]]
            entry = self._act.entry("imported", subject=show(SUBJECT, one.subject), facts=rest, **self._named)
            self._writing.entries.append(entry)
        return one.customer

    def _say(self, one: _Customer, word: Word) -> Fact:
        point = None if word.point is None else one.points[word.point]
        own = uuid7(self._act.vault.clock, self._act.vault.entropy)
        fact = self._words.fact(
            word,
            fresh=show(FACT, own),
            point=None if point is None else show(CONTACT_POINT, point),
        )
        sealed = None
        if word.evidence:
            text = {name: value.reveal() for name, value in sorted(word.evidence.items())}
            sealed = one.prove(own, msgspec.json.encode(text))
        self._writing.fact(one.subject, fact, evidence=sealed)
        return fact

    def _clear(self, addition: Addition) -> Clear:
        until = None
        if (born := addition.fields.get(BIRTH_DATE)) is not None:
            try:
                until = minor_until(born, self._act.here.organization, today=self._act.now.date())
            except Invalid:
                until = None  # a birthday yet to come tells nobody's age
        return Clear(
            minor_until=until,
            country=addition.country,
            restricted_since=self._exported_at if addition.restricts else None,
        )

    def _ask(self, one: _Customer, addition: Addition) -> None:
        for right in addition.requests:
            made = Request(id=self._act.id(REQUEST), right=_RIGHTS[right], asked_at=self._exported_at)
            subject = show(SUBJECT, one.subject)
            self._asked.append(
                requests.Kept(customer=one.customer, subject=subject, request=made, brought_by=self._import)
            )
            self._writing.entries.append(self._act.entry("right_asked", subject=subject, right=made.right))

    def _stop(self, point: PointKey, kind: SuppressionKind, *, at: datetime, until: datetime | None) -> None:
        stop = Suppression(id=self._act.id(SUPPRESSION), kind=kind, at=at, until=until)
        self._writing.stop(self._knowledge.tags.points[point].tag, stop)
        entry = self._act.entry("suppressed", suppression=stop.id, cause=kind, **self._named)
        self._writing.entries.append(entry)

    def _tell_holders(self, plan: Plan, told: set[CustomerId | None]) -> None:
        """Tell everybody else who has an address that was stopped; not which stop, for that outlives them."""
        for point, stop in plan.stops:
            for customer in self._knowledge.holders.get(point, ()):
                if customer not in told:
                    subject = show(SUBJECT, self._knowledge.customers[customer].subject)
                    entry = self._act.entry("contact_point_stopped", subject=subject, cause=stop.kind)
                    self._writing.entries.append(entry)

    def _entry(self, one: _Customer, addition: Addition, *, facts: Sequence[Fact]) -> tuple[Any, bytes]:
        points: list[Json] = [*sorted(kind for kind, _ in addition.points)]
        sources: list[Json] = [*sorted(source for source, _ in addition.references)]
        return self._act.entry(
            "imported",
            subject=show(SUBJECT, one.subject),
            made=addition.who is None or None,
            facts=[_told(fact) for fact in facts],
            fields=[*sorted(addition.fields)],
            gone=[*sorted(addition.dropped)] or None,
            points=points,
            sources=sources,
            stopped=[*addition.stopped] or None,
            restricted=addition.restricts or None,
            **self._named,
        )


class _Customer:
    """A customer to whom something comes: made, or held."""

    def __init__(self, act: Acting, addition: Addition, *, held: HeldCustomer | None) -> None:
        self._act = act
        self._addition = addition
        self._held = held
        safe, clock, entropy = act.here.safe, act.vault.clock, act.vault.entropy
        self.id = uuid7(clock, entropy) if held is None else held.id
        self.subject = raw(act.subject()) if held is None else held.subject
        self.customer = show(CUSTOMER, self.id)
        self.points: dict[PointKey, UUID] = {}
        self._keys: dict[str, CustomerKey] = {}
        self._wrapped: dict[str, bytes] = {}
        if held is None:
            self._keys["data"], self._wrapped["data"] = safe.new_key(self.customer, "data")
            self._keys["proof"], self._wrapped["proof"] = safe.new_key(self.customer, "proof")

    def begin(self, writing: Writing, clear: Clear) -> None:
        """Make the customer, or change what is kept in the clear."""
        if self._held is None:
            keys = self._wrapped
            writing.customer(self.id, self.subject, data=keys["data"], proof=keys["proof"], clear=clear)
        else:
            writing.change(self.id, clear)

    def seal(self, table: str, column: str, *, row: UUID, value: Personal) -> bytes:
        """Seal a value under the customer's key."""
        return self._act.here.safe.seal(self._key("data"), table, column=column, row=row, value=value.reveal().encode())

    def prove(self, fact: UUID, evidence: bytes) -> bytes:
        """Seal the evidence of a fact."""
        return self._act.here.safe.seal(self._key("proof"), "fact", column="evidence", row=fact, value=evidence)

    def add_points(self, writing: Writing, tags: Mapping[PointKey, Tag]) -> None:
        """Add new contact points, the first of its kind the primary one; note of all when they proved to be theirs."""
        keys = {tag.tag: key for key, tag in tags.items()} if self._held else {}
        held: list[HeldPoint] = [] if self._held is None else self._held.points
        self.points = {keys[point.tag]: point.id for point in held if point.tag in keys}
        primary = {point.kind for point in held if point.primary}
        confirmed = self._addition.confirmed
        for key, at in confirmed.items():
            if key in self.points:
                writing.verify(self.id, self.points[key], at=at)
        for key, point in self._addition.points.items():
            own = self.points[key] = uuid7(self._act.vault.clock, self._act.vault.entropy)
            writing.point(self.id, self._sealed(own, point, tag=tags[key], primary=key[0] not in primary))
            primary.add(key[0])

    def refer(self, writing: Writing, source: str, *, own: Personal, tag: Tag) -> None:
        """Add a reference."""
        row = uuid7(self._act.vault.clock, self._act.vault.entropy)
        sealed = self.seal("external_reference", "id", row=row, value=own)
        writing.reference(self.id, NewReference(id=row, source=source, sealed=sealed, found_by=tag.found_by))

    def _sealed(self, own: UUID, point: Spelled, *, tag: Tag, primary: bool) -> NewPoint:
        return NewPoint(
            id=own,
            kind=point.kind,
            sealed=self.seal("contact_point", "value", row=own, value=point.value),
            tag=tag.tag,
            found_by=tag.found_by,
            primary=primary,
            verified_at=self._addition.confirmed.get((point.kind, point.index.reveal())),
            area=area_of(point.kind, point.value),
        )

    def _key(self, kind: str) -> CustomerKey:
        if kind not in self._keys:
            assert self._held is not None  # noqa: S101 - for mypy: whoever is made has both
            kept = self._held.keys[kind]
            name: Any = kind
            self._keys[kind] = self._act.here.safe.open_key(
                self._held.id, name, version=kept.version, wrapped=kept.wrapped
            )
        return self._keys[kind]


def _told(fact: Fact) -> dict[str, Json]:
    """Return what an entry about many facts says of one: the import it names itself."""
    return {name: value for name, value in told(fact).items() if value is not None and name != "import"}
