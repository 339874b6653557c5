"""Opening a page of customers for an export: each under its own key, one after the other. No key is held on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from vault.base.ids import (
    CLIENT,
    CONTACT_POINT,
    CUSTOMER,
    DECISION,
    MERGE,
    REQUEST,
    ClientId,
    ContactPointId,
    show,
)
from vault.base.personal import Personal
from vault.domain.exported.line import (
    FactLine,
    MergeLine,
    MessageLine,
    PersonLine,
    PointLine,
    ReferenceLine,
    RequestLine,
    StopLine,
    SuggestionLine,
    WishLine,
    fact_line,
    state_of,
    stop_line,
)
from vault.domain.fact import Fact
from vault.store.customer import consents
from vault.store.customer.preferences import read_preference
from vault.store.customer.suppressions import read_suppression
from vault.store.exporting.pages import Page
from vault.store.keys import CustomerKey, Safe


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, opened. `own` is what they said, `shared` what was said of their addresses."""

    person: PersonLine
    said: tuple[FactLine, ...]
    own: tuple[Fact, ...]
    shared: tuple[Fact, ...]
    tags: Mapping[ContactPointId, UUID]  # of references, by which they may be marked


class Opener:
    """Opens the customers of one export. `clients` are their keys in the organization file, by id."""

    def __init__(self, safe: Safe, *, clients: Mapping[ClientId, str], now: datetime) -> None:
        self._safe = safe
        self._clients = clients
        self._now = now

    def persons(self, page: Page) -> Iterator[Opened]:
        """Yield the customers of a page."""
        for row in page.customers:
            yield self._person(page, row)

    def fact(self, fact: Fact, *, evidence: Mapping[str, Personal] | None = None) -> FactLine:
        """Return the line of a fact."""
        client = None if fact.client is None else self._clients.get(fact.client)
        return fact_line(fact, client=client, evidence=evidence)

    def _person(self, page: Page, row: Record) -> Opened:
        own: UUID = row["id"]
        key = self._safe.open_key(own, "data", version=row["data_version"], wrapped=row["data_key"])
        proof = self._safe.open_key(own, "proof", version=row["proof_version"], wrapped=row["proof_key"])
        kept = page.said.facts.get(row["subject"], [])
        points = page.points.get(own, [])
        references = tuple(self._reference(key, one) for one in page.references.get(own, ()))
        return Opened(
            person=PersonLine(
                id=show(CUSTOMER, own),
                registered_at=row["recorded_at"],
                family=None if row["family"] is None else show(CUSTOMER, row["family"]),
                **{name: row[name] for name in ("locale", "time_zone", "country", "minor_until", "restricted_since")},
                attributes={
                    one["name"]: self._open(key, "attribute", column=one["name"], row=own, sealed=one["sealed"])
                    for one in page.attributes.get(own, ())
                },
                contact_points=tuple(self._point(key, one, page=page) for one in points),
                external=references,
                preferences=next((_wish(one) for one in page.wishes.get(own, ())), None),
                requests=tuple(self._request(key, one) for one in page.requests.get(own, ())),
                messages=tuple(self._message(one, points=points) for one in page.messages.get(own, ())),
            ),
            said=tuple(self.fact(fact, evidence=self._evidence(proof, fact, sealed=sealed)) for fact, sealed in kept),
            own=tuple(fact for fact, _ in kept),
            shared=tuple(fact for one in points for fact, _ in page.said.facts.get(one["tag"], ())),
            tags={one.id: self._safe.reference(one.source, one.value.reveal().encode()) for one in references},
        )

    def _point(self, key: CustomerKey, row: Record, *, page: Page) -> PointLine:
        stops = stops_of(page.said.stops.get(row["tag"], ()))
        return PointLine(
            id=show(CONTACT_POINT, row["id"]),
            kind=row["kind"],
            value=self._open(key, "contact_point", column="value", row=row["id"], sealed=row["sealed"]),
            primary=row["is_primary"],
            state=state_of(row["verified_at"], stops, now=self._now),
            recorded_at=row["recorded_at"],
            verified_at=row["verified_at"],
            stops=stops,
            said=tuple(self.fact(fact) for fact, _ in page.said.facts.get(row["tag"], ())),
            marked_at=page.marks.get(row["tag"]),
        )

    def _reference(self, key: CustomerKey, row: Record) -> ReferenceLine:
        return ReferenceLine(
            id=show(CONTACT_POINT, row["id"]),
            source=row["source"],
            value=self._open(key, "external_reference", column="id", row=row["id"], sealed=row["sealed"]),
            recorded_at=row["recorded_at"],
        )

    def _request(self, key: CustomerKey, row: Record) -> RequestLine:
        written: dict[str, Any] = {
            name: self._open(key, "rights_request", column=name, row=row["id"], sealed=row[name])
            for name in ("words", "extended_because", "refused_because")
            if row[name] is not None
        }
        plain = {name: row[name] for name in ("field", "asked_at", "extended_at", "closed_at", "outcome")}
        return RequestLine(id=show(REQUEST, row["id"]), right=row["wanted"], **plain, **written)

    def _message(self, row: Record, *, points: Sequence[Record]) -> MessageLine:
        point = next((one["id"] for one in points if one["tag"] == row["tag"]), None)
        plain = {name: row[name] for name in ("at", "purpose", "channel", "state", "told_at")}
        return MessageLine(
            decision=show(DECISION, row["decision"]),
            client=self._client(row["client"]) or "",
            sender=self._client(row["sender"]),
            lineage=tuple(row["lineage"]),
            point=None if point is None else show(CONTACT_POINT, point),
            **plain,
        )

    def _client(self, own: UUID | None) -> str | None:
        return None if own is None else self._clients.get(show(CLIENT, own))

    def _evidence(self, proof: CustomerKey, fact: Fact, *, sealed: bytes | None) -> dict[str, Personal]:
        if sealed is None:
            return {}
        told: dict[str, Any] = json.loads(consents.unseal(self._safe, proof, fact=fact.id, sealed=sealed).reveal())
        return {name: Personal(str(value)) for name, value in told.items()}

    def _open(self, key: CustomerKey, table: str, *, column: str, row: UUID, sealed: bytes) -> Personal:
        return self._safe.open(key, table, column=column, row=row, sealed=sealed)


def marked(opened: Opened, marks: Mapping[UUID, datetime]) -> Opened:
    """Return a customer whose references say since when they are marked."""
    external = tuple(
        msgspec.structs.replace(one, marked_at=marks.get(opened.tags[one.id])) for one in opened.person.external
    )
    return msgspec.structs.replace(opened, person=msgspec.structs.replace(opened.person, external=external))


def stops_of(rows: Iterable[Record]) -> tuple[StopLine, ...]:
    """Return the suppressions in rows."""
    return tuple(
        stop_line(read_suppression(*(row[name] for name in ("id", "kind", "at", "channel", "until"))),
                  recorded_at=row["recorded_at"])
        for row in rows
    )  # fmt: skip


def merge_line(row: Record) -> MergeLine:
    """Return the line of a merge."""
    return MergeLine(
        id=show(MERGE, row["id"]),
        kept=show(CUSTOMER, row["kept"]),
        joined=show(CUSTOMER, row["joined"]),
        recorded_at=row["recorded_at"],
        undone_at=row["undone_at"],
    )


def suggestion_line(row: Record) -> SuggestionLine:
    """Return the line of a pair who may be one person."""
    return SuggestionLine(
        one=show(CUSTOMER, row["one"]),
        other=show(CUSTOMER, row["other"]),
        why=tuple(row["why"]),
        recorded_at=row["recorded_at"],
        apart_at=row["apart_at"],
    )


def _wish(row: Record) -> WishLine:
    return WishLine(recorded_at=row["recorded_at"], wishes=read_preference(row["wishes"]))
