"""Sealing a restored customer: new keys, a new subject, the old ids, and every fact as it was.

This is the operator's restore, and no import: a yes keeps its source, its evidence and both its instants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from vault.actions.acting import Acting
from vault.actions.rights.asking import seal as seal_words
from vault.base.canonical import Json
from vault.base.ids import ClientId, ContactPointId, Subject, raw
from vault.base.personal import Personal
from vault.domain.contact_point import normalise
from vault.domain.entry import told
from vault.domain.exported.line import FactLine, HolderLine, PersonLine, PointLine, ReferenceLine, StopLine, fact_of
from vault.domain.timing.area import area_of
from vault.store.exporting.writing import Rows
from vault.store.keys import REFERENCE, VERSION, CustomerKey, KeyKind
from vault.store.log import Entry

_AT_ONCE: Final = 100  # facts that one entry tells of


class Sealer:
    """Turns lines of an export into rows and entries of one transaction. `known` are facts that are here already."""

    def __init__(self, act: Acting, *, known: Iterable[UUID]) -> None:
        self.rows = Rows()
        self.entries: list[Entry] = []
        self._act = act
        self._safe = act.here.safe
        self._known = set(known)
        self._clients: Mapping[str, ClientId] = {key: one.id for key, one in act.here.clients.items()}

    def person(self, person: PersonLine, said: Sequence[FactLine]) -> None:
        """Add a customer with everything about them."""
        own, subject = raw(person.id), self._act.subject()
        keys: dict[KeyKind, CustomerKey] = {}
        self.rows.add(
            "vault.customer", own, person.locale, person.time_zone, person.minor_until, person.restricted_since,
            person.country, person.registered_at, None if person.family is None else raw(person.family),
        )  # fmt: skip
        self.rows.add("keystore.subject", own, raw(subject))
        for kind in ("data", "proof"):
            keys[kind], wrapped = self._safe.new_key(person.id, kind)
            self.rows.add("keystore.customer_key", own, kind, VERSION, wrapped)
        data = keys["data"]
        for name, value in person.attributes.items():
            self.rows.add(
                "vault.attribute", own, name, self._seal(data, "attribute", column=name, row=own, value=value)
            )
        tags = {point.id: self._point(data, point) for point in person.contact_points}
        for reference in person.external:
            self._reference(data, reference)
        self._wishes(person)
        self._requests(person, data)
        self._messages(person, subject, tags=tags)
        for fact in said:
            self._fact(raw(subject), fact, key=keys["proof"])
        self._tell(
            [fact for fact in said if raw(fact.id) not in self._known],
            subject=subject,
            fields=[*sorted(person.attributes)],
            points=[*sorted(point.kind for point in person.contact_points)],
            sources=[*sorted(one.source for one in person.external)],
        )

    def holder(self, line: HolderLine) -> None:
        """Add what stands under a tag or a subject that leads to nobody."""
        self._under(UUID(hex=line.holder), said=line.said, stops=line.stops)
        if line.marked_at is not None:
            self.rows.add("vault.erasure_mark", UUID(hex=line.holder), line.marked_at)

    def _point(self, key: CustomerKey, point: PointLine) -> UUID:
        read = normalise(point.kind, point.value, region=self._act.here.organization.region)
        index, own = read.index.reveal().encode(), raw(point.id)
        tag, found_by = self._safe.suppression(point.kind, index), self._safe.index(point.kind, index)
        sealed = self._seal(key, "contact_point", column="value", row=own, value=read.value)
        self.rows.add(
            "vault.contact_point", key.customer, own, point.kind, sealed, tag, point.primary, point.verified_at,
            point.recorded_at, area_of(point.kind, read.value),
        )  # fmt: skip
        self.rows.add("keystore.blind_index", point.kind, VERSION, found_by, key.customer, own)
        self._under(tag, said=point.said, stops=point.stops)
        if point.marked_at is not None:
            self.rows.add("vault.erasure_mark", tag, point.marked_at)
        return tag

    def _reference(self, key: CustomerKey, line: ReferenceLine) -> None:
        own, theirs = raw(line.id), line.value.reveal().encode()
        sealed = self._seal(key, "external_reference", column="id", row=own, value=line.value)
        self.rows.add("vault.external_reference", key.customer, own, line.source, sealed, line.recorded_at)
        tag = self._safe.index(REFERENCE, line.source.encode(), theirs)
        self.rows.add("keystore.blind_index", REFERENCE, VERSION, tag, key.customer, own)
        if line.marked_at is not None:
            self.rows.add("vault.erasure_mark", self._safe.reference(line.source, theirs), line.marked_at)

    def _under(self, tag: UUID, *, said: Sequence[FactLine], stops: Sequence[StopLine]) -> None:
        """Add what was said under a tag. Its entry names no tag and no subject."""
        new = [fact for fact in said if raw(fact.id) not in self._known]
        for fact in new:
            self._fact(tag, fact, key=None)
            self._known.add(raw(fact.id))  # several people may have the address
        for stop in stops:
            self.rows.add(
                "vault.suppression", tag, raw(stop.id), stop.kind, stop.channel, stop.at, stop.until, stop.recorded_at
            )
        if new:
            self._tell(new)

    def _fact(self, holder: UUID, line: FactLine, *, key: CustomerKey | None) -> None:
        client = None if line.client is None else self._clients[line.client]
        fact = fact_of(line, client=client)
        self.rows.add(
            "vault.fact", holder, raw(fact.id), fact.kind, fact.purpose, fact.channel, fact.at, fact.recorded_at,
            fact.source, fact.method, client and raw(client), fact.contact_point and raw(fact.contact_point),
            fact.notice, fact.locale, fact.words, fact.until, fact.proven, fact.guardian, fact.dealing,
            None if key is None or not line.evidence else self._evidence(key, line),
        )  # fmt: skip

    def _evidence(self, key: CustomerKey, line: FactLine) -> bytes:
        text = msgspec.json.encode({name: value.reveal() for name, value in sorted(line.evidence.items())})
        return self._safe.seal(key, "fact", column="evidence", row=raw(line.id), value=text)

    def _wishes(self, person: PersonLine) -> None:
        if (kept := person.preferences) is not None:
            quiet, at_most = (msgspec.json.encode(one).decode() for one in (kept.wishes.quiet, kept.wishes.at_most))
            order = " ".join(kept.wishes.order)
            row = (raw(person.id), kept.wishes.paused_until, quiet, order, at_most, kept.recorded_at)
            self.rows.add("vault.preference", *row)

    def _requests(self, person: PersonLine, key: CustomerKey) -> None:
        for one in person.requests:
            words, longer, no = (
                None if text is None else seal_words(self._safe, key, request=one.id, column=column, text=text)
                for column, text in (
                    ("words", one.words),
                    ("extended_because", one.extended_because),
                    ("refused_because", one.refused_because),
                )
            )
            self.rows.add(
                "vault.rights_request", raw(person.id), raw(one.id), one.right, one.field, one.asked_at, words,
                one.extended_at, longer, one.closed_at, one.outcome, no,
            )  # fmt: skip

    def _messages(self, person: PersonLine, subject: Subject, *, tags: Mapping[ContactPointId, UUID]) -> None:
        for one in person.messages:
            sender = None if one.sender is None else raw(self._clients[one.sender])
            tag = None if one.point is None else tags.get(one.point)
            self.rows.add(
                "vault.reservation", raw(subject), raw(one.decision), one.at, raw(self._clients[one.client]), sender,
                one.purpose, " ".join(one.lineage), one.channel, tag, one.state, one.told_at,
            )  # fmt: skip

    def _tell(self, said: Sequence[FactLine], **more: Json | None) -> None:
        for start in range(0, max(len(said), 1), _AT_ONCE):
            facts: list[Json] = [
                {name: value for name, value in told(fact_of(one, client=None)).items() if value is not None}
                for one in said[start : start + _AT_ONCE]
            ]
            self.entries.append(self._act.entry("restored", facts=facts, **more))
            more = {name: value for name, value in more.items() if name == "subject"}

    def _seal(self, key: CustomerKey, table: str, *, column: str, row: UUID, value: Personal) -> bytes:
        return self._safe.seal(key, table, column=column, row=row, value=value.reveal().encode())
