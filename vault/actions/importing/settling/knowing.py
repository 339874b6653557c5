"""Knowing: what the vault holds of the people and addresses that a batch of rows is about.

Whoever registers one of them right now is waited for, and every customer found is held until the work ends. Only what
rows are compared with is opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from vault.actions.acting import Acting
from vault.actions.customer.points import reference_tag
from vault.actions.importing.batch import Staged
from vault.actions.vault import Here
from vault.base.ids import CUSTOMER, ContactPointId, CustomerId, raw, show
from vault.base.personal import Personal
from vault.domain.customer import BIRTH_DATE, COUNTRY, country_of
from vault.domain.fact import Fact
from vault.imports.identity.joining import Reference
from vault.imports.identity.resolution import Known
from vault.imports.layout import FIRST_NAME, LAST_NAME
from vault.imports.planning.held import Customer, No, Stop, Yes
from vault.imports.planning.held import Tagged as Marked
from vault.imports.planning.plan import Held
from vault.imports.planning.word import NOES, PointKey, ReferenceKey, Word, key_of
from vault.store.decision.questions import Sought
from vault.store.imports import held
from vault.store.imports.held import HeldCustomer, HeldStop
from vault.store.keys import REFERENCE

_NAMES: Final = frozenset({FIRST_NAME, LAST_NAME, BIRTH_DATE})
_RIGHTS: Final[Mapping[str, str]] = {"erasure": "erase"}
"""Rights as files name them."""
DISPUTED: Final = ""
"""The country of whom files tell several."""


class Tag(msgspec.Struct, frozen=True):
    """How a value is found, and how it is stopped."""

    found_by: UUID
    tag: UUID


class Tags(msgspec.Struct, frozen=True, kw_only=True):
    """The tags of all addresses and references that are in a batch."""

    points: Mapping[PointKey, Tag]
    references: Mapping[ReferenceKey, Tag]

    @property
    def sought(self) -> list[Sought]:
        """Their places in the blind index."""
        points = [(kind, tag.found_by) for (kind, _), tag in self.points.items()]
        return points + [(REFERENCE, tag.found_by) for tag in self.references.values()]


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """What is known: for who is who, for the plan, and for writing. `holders` tells who has an address."""

    tags: Tags
    people: tuple[Known, ...]
    held: Held
    customers: Mapping[CustomerId, HeldCustomer]
    holders: Mapping[PointKey, Sequence[CustomerId]]


async def know(act: Acting, told: Sequence[Staged]) -> Knowledge:
    """Return what the vault holds of whom and what these rows are about."""
    tags = tags_of(act.here, told)
    await act.work.lock([tag.int & (2**63 - 1) for _, tag in tags.sought])
    found = await held.find(act.work, tags.sought)
    names = {*_NAMES, COUNTRY}.union(*(one.row.attributes for one in told))
    everybody = sorted({customer for customers in found.values() for customer in customers})
    people = await held.hold(act.work, everybody, names=[*names]) if everybody else {}
    marks = [tag.tag for tag in (*tags.points.values(), *tags.references.values())]
    facts = await held.facts(act.work, [*marks, *(one.subject for one in people.values())])
    stops = await held.stops(act.work, [tag.tag for tag in tags.points.values()])
    erased = await held.marked(act.work, marks)
    read = _Read(act.here, tags, facts=facts)
    customers = [read.customer(one) for one in people.values()]
    ids = {customer: show(CUSTOMER, customer) for customer in people}
    return Knowledge(
        tags=tags,
        people=tuple(known for known, _ in customers),
        held=Held(
            customers={known.customer: customer for known, customer in customers},
            points=read.marked(tags.points, stops=stops, erased=erased),
            references=read.marked(tags.references, stops={}, erased=erased),
        ),
        customers={ids[customer]: one for customer, one in people.items()},
        holders={
            key: [ids[one] for one in found.get((key[0], tag.found_by), ()) if one in ids]
            for key, tag in tags.points.items()
        }
        if ids
        else {},
    )


def tags_of(here: Here, told: Iterable[Staged]) -> Tags:
    """Return the tags of what stands in rows."""
    points: dict[PointKey, Tag] = {}
    references: dict[ReferenceKey, Tag] = {}
    for one in told:
        for point in one.row.points:
            key = key_of(point)
            if key not in points:
                points[key] = tag_point(here, key)
        for reference in _references(one):
            if reference not in references:
                references[reference] = tag_reference(here, reference)
    return Tags(points=points, references=references)


def tag_point(here: Here, key: PointKey) -> Tag:
    """Return the tags of an address."""
    kind, index = key[0], key[1].encode()
    return Tag(here.safe.index(kind, index), here.safe.suppression(kind, index))


def tag_reference(here: Here, key: ReferenceKey) -> Tag:
    """Return the tags of a reference."""
    source, own = key[0], key[1].encode()
    return Tag(here.safe.index(REFERENCE, source.encode(), own), reference_tag(here, source, own=own))


def _references(told: Staged) -> Iterable[ReferenceKey]:
    row = told.row
    if row.reference is not None:
        yield row.source, row.reference.reveal()
    for link in row.links:
        yield link.source, link.id.reveal()


class _Read:
    """Rows of the store, read as what plans are made of."""

    def __init__(self, here: Here, tags: Tags, *, facts: Mapping[UUID, Sequence[Fact]]) -> None:
        self._here = here
        self._facts = facts
        self._keys = {tag.tag: key for key, tag in tags.points.items()}

    def customer(self, one: HeldCustomer) -> tuple[Known, Customer]:
        """Return a customer as who is who is told by, and as rows are held against."""
        safe, key = self._here.safe, one.keys["data"]
        data = safe.open_key(one.id, "data", version=key.version, wrapped=key.wrapped)
        fields = {
            field.name: safe.open(data, "attribute", column=field.name, row=one.id, sealed=field.sealed)
            for field in one.fields
        }
        references = [
            Reference(
                source=reference.source,
                id=safe.open(data, "external_reference", column="id", row=reference.id, sealed=reference.sealed),
            )
            for reference in one.references
        ]
        own = show(CUSTOMER, one.id)
        known = Known(
            customer=own,
            references=references,
            points=[(point[0], Personal(point[1])) for point in self._points(one).values()],
            first_name=fields.get(FIRST_NAME),
            last_name=fields.get(LAST_NAME),
            birth_date=_birth_date(fields.get(BIRTH_DATE)),
        )
        return known, self._customer(one, fields=fields, references=references)

    def marked(
        self, tags: Mapping[PointKey, Tag], *, stops: Mapping[UUID, Sequence[HeldStop]], erased: set[UUID]
    ) -> dict[PointKey, Marked]:
        """Return what is held of those addresses or references of which anything is."""
        known = {*self._facts, *stops, *erased}
        return {
            key: self._marked(tag.tag, stops=stops.get(tag.tag, ()), erased=tag.tag in erased)
            for key, tag in tags.items()
            if tag.tag in known
        }

    def _marked(self, tag: UUID, *, stops: Sequence[HeldStop], erased: bool) -> Marked:
        words = [(_word(fact, None), fact.source) for fact in self._facts.get(tag, ()) if fact.kind in NOES]
        return Marked(
            words=tuple(word for word, _ in words),
            said=frozenset(word.key for word, source in words if source == "import"),
            stops=tuple(Stop(kind=stop.kind, at=stop.at, until=stop.until) for stop in stops),
            erased=erased,
        )

    def _customer(
        self, one: HeldCustomer, *, fields: Mapping[str, Personal], references: Sequence[Reference]
    ) -> Customer:
        points = self._points(one)
        facts = self._facts.get(one.subject, ())
        told = fields.get(COUNTRY)
        code = None if told is None else country_of(told, self._here.organization) or told.reveal()
        return Customer(
            fields=fields if code is None else {**fields, COUNTRY: Personal(code)},
            own=frozenset(field.name for field in one.fields if field.own),
            points=frozenset(points.values()),
            references=frozenset((reference.source, reference.id.reveal()) for reference in references),
            said=frozenset(_word(fact, _about(fact, points)).key for fact in facts if fact.source == "import"),
            noes=tuple(
                No(purpose=fact.purpose, channel=fact.channel, at=fact.at) for fact in facts if fact.kind in NOES
            ),
            in_person=tuple(
                Yes(purpose=fact.purpose, channel=fact.channel, at=fact.at)
                for fact in facts
                if fact.kind == "granted" and fact.in_person
            ),
            disputed=one.country == DISPUTED,
            requests=frozenset(_RIGHTS.get(right, right) for right in one.requests),
        )

    def _points(self, one: HeldCustomer) -> dict[UUID, PointKey]:
        """Return those contact points of a customer that rows are about, by their ids."""
        return {point.id: self._keys[point.tag] for point in one.points if point.tag in self._keys}


def _about(fact: Fact, points: Mapping[UUID, PointKey]) -> PointKey | None:
    """Return the contact point of a fact; of one that no row is about, its id stands for it."""
    own: ContactPointId | None = fact.contact_point
    return None if own is None else points.get(raw(own), ("", own))


def _word(fact: Fact, point: PointKey | None) -> Word:
    assert fact.kind != "asked"  # noqa: S101 - for mypy: an import asks nobody
    return Word(
        kind=fact.kind,
        purpose=fact.purpose,
        channel=fact.channel,
        at=fact.at,
        point=point,
        dealing=() if fact.dealing is None else tuple(fact.dealing.split(" ")),
        proven=fact.proven,
        until=fact.until,
    )


def _birth_date(told: Personal | None) -> date | None:
    try:
        return None if told is None else date.fromisoformat(told.reveal())
    except ValueError:
        return None
