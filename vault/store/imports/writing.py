"""Writing what a batch of rows adds: one statement for each table, whatever the batch holds.

Every row names the import that brought it (law 14). Values come sealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from vault.base.ids import ImportId, raw
from vault.domain.fact import Fact
from vault.domain.suppression import Suppression
from vault.store import log
from vault.store.customer import brought
from vault.store.database import Work
from vault.store.imports.held import LIKENESS
from vault.store.keys import REFERENCE, VERSION
from vault.store.log import Entry

_CUSTOMER: Final = ("organization", "id", "minor_until", "country", "restricted_since", "recorded_at", "brought_by")
_SUBJECT: Final = ("organization", "customer", "subject")
_KEY: Final = ("organization", "customer", "kind", "version", "wrapped")
_POINT: Final = (
    "organization", "customer", "id", "kind", "sealed", "tag", "is_primary", "verified_at", "recorded_at", "area",
    "brought_by",
)  # fmt: skip
_REFERENCE: Final = ("organization", "customer", "id", "source", "sealed", "recorded_at", "brought_by")
_INDEX: Final = ("organization", "field", "version", "tag", "customer", "owner", "brought_by")
_FACT: Final = (
    "organization", "subject", "id", "kind", "purpose", "channel", "at", "recorded_at", "source", "method",
    "contact_point", "notice", "until", "proven", "guardian", "dealing", "evidence", "brought_by",
)  # fmt: skip
_STOP: Final = ("organization", "tag", "id", "kind", "at", "until", "recorded_at", "brought_by")

# What an import that was undone had filled is filled anew.
_FIELDS: Final = """
INSERT INTO vault.attribute (organization, customer, name, sealed, brought_by)
SELECT $1, n.customer, n.name, n.sealed, $2
FROM unnest($3::uuid[], $4::text[], $5::bytea[]) AS n (customer, name, sealed)
ON CONFLICT (organization, customer, name) DO UPDATE SET sealed = excluded.sealed, brought_by = excluded.brought_by
"""
_DROP: Final = """
DELETE FROM vault.attribute a USING unnest($2::uuid[], $3::text[]) AS n (customer, name)
WHERE a.organization = $1 AND a.customer = n.customer AND a.name = n.name
"""
_LIKE: Final = f"""
INSERT INTO keystore.blind_index (organization, field, version, tag, customer, owner, brought_by)
SELECT $1, '{LIKENESS}', {VERSION}, n.tag, n.customer, n.customer, $2
FROM unnest($3::uuid[], $4::uuid[]) AS n (tag, customer) ON CONFLICT DO NOTHING
"""  # noqa: S608 - words of ours
# A reference names one customer.
_REFERRED: Final = f"""
INSERT INTO keystore.blind_index (organization, field, version, tag, customer, owner, brought_by)
SELECT $1, '{REFERENCE}', {VERSION}, n.tag, n.customer, n.owner, $2
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[]) AS n (tag, customer, owner) ON CONFLICT DO NOTHING
"""  # noqa: S608 - words of ours
_CHANGE: Final = """
UPDATE vault.customer c SET minor_until = coalesce(n.minor_until, c.minor_until),
  country = coalesce(n.country, c.country), restricted_since = coalesce(c.restricted_since, n.restricted_since)
FROM unnest($2::uuid[], $3::date[], $4::text[], $5::timestamptz[]) AS n (id, minor_until, country, restricted_since)
WHERE c.organization = $1 AND c.id = n.id
"""
_VERIFY: Final = """
UPDATE vault.contact_point p SET verified_at = n.verified_at
FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) AS n (customer, id, verified_at)
WHERE p.organization = $1 AND p.customer = n.customer AND p.id = n.id
AND (p.verified_at IS NULL OR p.verified_at < n.verified_at)
"""


class Clear(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept in the clear of a customer; none is as it is."""

    minor_until: date | None = None
    country: str | None = None
    restricted_since: datetime | None = None


class NewPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point, sealed and tagged: `tag` for suppression, `found_by` for the blind index."""

    id: UUID
    kind: str
    sealed: bytes
    tag: UUID
    found_by: UUID
    primary: bool
    verified_at: datetime | None
    area: str | None


class NewReference(msgspec.Struct, frozen=True, kw_only=True):
    """A reference, sealed and tagged."""

    id: UUID
    source: str
    sealed: bytes
    found_by: UUID


class Writing:
    """What is to be written for an import, until it is."""

    def __init__(self, organization: UUID, import_: ImportId, *, recorded_at: datetime) -> None:
        self._own = organization
        self._import = raw(import_)
        self._now = recorded_at
        self._customers: list[tuple[Any, ...]] = []
        self._subjects: list[tuple[Any, ...]] = []
        self._keys: list[tuple[Any, ...]] = []
        self._fields: list[tuple[UUID, str, bytes]] = []
        self._dropped: list[tuple[UUID, str]] = []
        self._points: list[tuple[Any, ...]] = []
        self._references: list[tuple[Any, ...]] = []
        self._index: list[tuple[Any, ...]] = []
        self._referred: list[tuple[UUID, UUID, UUID]] = []
        self._likenesses: list[tuple[UUID, UUID]] = []
        self._changes: list[tuple[Any, ...]] = []
        self._verified: list[tuple[UUID, UUID, datetime]] = []
        self._facts: list[tuple[Any, ...]] = []
        self._stops: list[tuple[Any, ...]] = []
        self.entries: list[Entry] = []

    def customer(self, own: UUID, subject: UUID, *, data: bytes, proof: bytes, clear: Clear) -> None:
        """Make a customer, with the bridge and the two wrapped keys."""
        organization = self._own
        self._customers.append(
            (organization, own, clear.minor_until, clear.country, clear.restricted_since, self._now, self._import)
        )
        self._subjects.append((organization, own, subject))
        self._keys.append((organization, own, "data", VERSION, data))
        self._keys.append((organization, own, "proof", VERSION, proof))

    def change(self, own: UUID, clear: Clear) -> None:
        """Change what is kept in the clear of a customer."""
        if clear != Clear():
            self._changes.append((own, clear.minor_until, clear.country, clear.restricted_since))

    def field(self, own: UUID, name: str, *, sealed: bytes) -> None:
        """Fill a field."""
        self._fields.append((own, name, sealed))

    def drop(self, own: UUID, name: str) -> None:
        """Take a field away."""
        self._dropped.append((own, name))

    def point(self, own: UUID, new: NewPoint) -> None:
        """Add a contact point, with its place in the blind index."""
        organization, import_ = self._own, self._import
        self._points.append((
            organization, own, new.id, new.kind, new.sealed, new.tag, new.primary, new.verified_at, self._now, new.area,
            import_,
        ))  # fmt: skip
        self._index.append((organization, new.kind, VERSION, new.found_by, own, new.id, import_))

    def verify(self, own: UUID, point: UUID, *, at: datetime) -> None:
        """Note when a contact point proved to be the customer's, if that is not known of later."""
        self._verified.append((own, point, at))

    def reference(self, own: UUID, new: NewReference) -> None:
        """Add a reference, with its place in the blind index."""
        self._references.append((self._own, own, new.id, new.source, new.sealed, self._now, self._import))
        self._referred.append((new.found_by, own, new.id))

    def liken(self, own: UUID, tag: UUID) -> None:
        """Note by what somebody is like others."""
        self._likenesses.append((tag, own))

    def fact(self, subject: UUID, fact: Fact, *, evidence: bytes | None = None) -> None:
        """Add a fact under a subject or tag."""
        point = None if fact.contact_point is None else raw(fact.contact_point)
        self._facts.append((
            self._own, subject, raw(fact.id), fact.kind, fact.purpose, fact.channel, fact.at, fact.recorded_at,
            fact.source, fact.method, point, fact.notice, fact.until, fact.proven, fact.guardian, fact.dealing,
            evidence, self._import,
        ))  # fmt: skip

    def stop(self, tag: UUID, stop: Suppression) -> None:
        """Stop an address."""
        self._stops.append((self._own, tag, raw(stop.id), stop.kind, stop.at, stop.until, self._now, self._import))

    async def write(self, work: Work) -> None:
        """Write it all."""
        await _copy(work, "vault.customer", columns=_CUSTOMER, rows=self._customers)
        await _copy(work, "keystore.subject", columns=_SUBJECT, rows=self._subjects)
        await _copy(work, "keystore.customer_key", columns=_KEY, rows=self._keys)
        await self._unnest(work, _DROP, rows=self._dropped)
        await self._unnest(work, _FIELDS, rows=self._fields, by=True)
        await _copy(work, "vault.contact_point", columns=_POINT, rows=self._points)
        await _copy(work, "keystore.blind_index", columns=_INDEX, rows=self._index)
        await _copy(work, "vault.external_reference", columns=_REFERENCE, rows=self._references)
        await brought.make_room(work, [tag for tag, _, _ in self._referred])
        await self._unnest(work, _REFERRED, rows=self._referred, by=True)
        await self._unnest(work, _LIKE, rows=self._likenesses, by=True)
        await self._unnest(work, _CHANGE, rows=self._changes)
        await self._unnest(work, _VERIFY, rows=self._verified)
        await _copy(work, "vault.fact", columns=_FACT, rows=self._facts)
        await _copy(work, "vault.suppression", columns=_STOP, rows=self._stops)
        if self.entries:
            await log.add(work, self.entries)

    async def _unnest(self, work: Work, statement: str, *, rows: Sequence[Sequence[Any]], by: bool = False) -> None:
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            named = (self._import,) if by else ()
            await work.fetch(statement, self._own, *named, *columns)


async def _copy(work: Work, table: str, *, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        await work.copy(table, columns, rows=rows)
