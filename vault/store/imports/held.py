"""What the vault holds of the people and addresses that a batch of rows is about: each table read once a batch.

What an undone import brought is left out, so that another may bring it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from vault.domain.fact import Fact
from vault.store.customer import brought
from vault.store.customer.consents import BROUGHT, read_fact
from vault.store.database import Work
from vault.store.decision.questions import Sought
from vault.store.keys import VERSION

LIKENESS: Final = "likeness"
"""The field of the blind index in which those are found who may be one person, though nothing proves it."""

_FIND: Final = f"""
SELECT s.field, s.tag, i.customer FROM unnest($2::text[], $3::uuid[]) AS s (field, tag)
CROSS JOIN LATERAL (SELECT b.customer FROM keystore.blind_index b WHERE b.organization = $1 AND b.field = s.field
                    AND b.version = {VERSION} AND b.tag = s.tag AND {brought.stands("b")} OFFSET 0) AS i
"""  # noqa: S608 - a number and a condition of ours
_HOLD: Final = """
SELECT c.id, c.country, b.subject FROM vault.customer c
JOIN keystore.subject b ON b.organization = $1 AND b.customer = c.id
WHERE c.organization = $1 AND c.id = ANY ($2::uuid[]) AND c.erased_at IS NULL ORDER BY c.id FOR UPDATE OF c
"""
_ALIKE: Final = f"""
SELECT s.tag, found.customer FROM unnest($2::uuid[]) AS s (tag)
CROSS JOIN LATERAL (SELECT b.customer FROM keystore.blind_index b WHERE b.organization = $1 AND b.field = '{LIKENESS}'
                    AND b.version = {VERSION} AND b.tag = s.tag AND {brought.stands("b")}
                    ORDER BY b.customer LIMIT $3) AS found
"""  # noqa: S608 - words of ours
_KEYS: Final = """
SELECT customer, kind, version, wrapped FROM keystore.customer_key
WHERE organization = $1 AND customer = ANY ($2::uuid[]) ORDER BY customer, kind, version
"""
_POINTS: Final = f"""
SELECT p.customer, p.id, p.kind, p.tag, p.is_primary, p.verified_at FROM vault.contact_point p
WHERE p.organization = $1 AND p.customer = ANY ($2::uuid[]) AND {brought.stands("p")} ORDER BY p.id
"""  # noqa: S608 - a condition of ours
_ATTRIBUTES: Final = f"""
SELECT a.customer, a.name, a.sealed, a.brought_by IS NULL AS own FROM vault.attribute a
WHERE a.organization = $1 AND a.customer = ANY ($2::uuid[]) AND a.name = ANY ($3::text[]) AND {brought.stands("a")}
"""  # noqa: S608 - a condition of ours
_REFERENCES: Final = f"""
SELECT r.customer, r.id, r.source, r.sealed FROM vault.external_reference r
WHERE r.organization = $1 AND r.customer = ANY ($2::uuid[]) AND {brought.stands("r")} ORDER BY r.id
"""  # noqa: S608 - a condition of ours
_REQUESTS: Final = """
SELECT DISTINCT customer, wanted FROM vault.rights_request WHERE organization = $1 AND customer = ANY ($2::uuid[])
"""
_FACTS: Final = f"""
SELECT f.subject AS whose, {BROUGHT} FROM vault.fact f
WHERE f.organization = $1 AND f.subject = ANY ($2::uuid[]) AND {brought.counts("f")} ORDER BY f.id
"""  # noqa: S608 - columns and a condition of ours
_STOPS: Final = f"""
SELECT s.tag, s.kind, s.at, s.until FROM vault.suppression s
WHERE s.organization = $1 AND s.tag = ANY ($2::uuid[]) AND s.channel IS NULL AND {brought.stops("s")} ORDER BY s.id
"""  # noqa: S608 - a condition of ours
_MARKED: Final = "SELECT tag FROM vault.erasure_mark WHERE organization = $1 AND tag = ANY ($2::uuid[])"
_INSTANT: Final = """
SELECT greatest(clock_timestamp(), max(recorded_at) + interval '1 microsecond') AS instant
FROM vault.fact WHERE organization = $1 AND subject = ANY ($2::uuid[])
"""


class HeldKey(msgspec.Struct, frozen=True):
    """A customer's wrapped key."""

    version: int
    wrapped: bytes


class HeldPoint(msgspec.Struct, frozen=True):
    """A contact point that a customer has."""

    id: UUID
    kind: str
    tag: UUID
    primary: bool
    verified_at: datetime | None


class HeldField(msgspec.Struct, frozen=True):
    """An attribute, sealed. `own`: no import brought it."""

    name: str
    sealed: bytes
    own: bool


class HeldReference(msgspec.Struct, frozen=True):
    """A reference, sealed."""

    id: UUID
    source: str
    sealed: bytes


class HeldCustomer(msgspec.Struct, kw_only=True):
    """A customer whose row is held until the work ends, and all that rows may change."""

    id: UUID
    subject: UUID
    country: str | None
    keys: dict[str, HeldKey] = {}
    points: list[HeldPoint] = []
    fields: list[HeldField] = []
    references: list[HeldReference] = []
    requests: list[str] = []


class HeldStop(msgspec.Struct, frozen=True):
    """A suppression of an address, over all channels its kind declares."""

    kind: str
    at: datetime
    until: datetime | None


async def find(work: Work, sought: Sequence[Sought]) -> dict[Sought, list[UUID]]:
    """Return for each place in the blind index who is there."""
    rows = await work.fetch(_FIND, work.own, [field for field, _ in sought], [tag for _, tag in sought])
    found: dict[Sought, list[UUID]] = {}
    for row in rows:
        found.setdefault((row["field"], row["tag"]), []).append(row["customer"])
    return found


async def alike(work: Work, tags: Sequence[UUID], *, most: int) -> dict[UUID, list[UUID]]:
    """Return who has each likeness, or so many of them."""
    found: dict[UUID, list[UUID]] = {}
    for row in await work.fetch(_ALIKE, work.own, tags, most):
        found.setdefault(row["tag"], []).append(row["customer"])
    return found


async def hold(work: Work, customers: Sequence[UUID], *, names: Sequence[str]) -> dict[UUID, HeldCustomer]:
    """Hold customers' rows, always in the same order, and return what is held of them; of fields those named."""
    rows = await work.fetch(_HOLD, work.own, customers)
    held = {row["id"]: HeldCustomer(id=row["id"], subject=row["subject"], country=row["country"]) for row in rows}
    if not held:
        return held
    own, whom = work.own, list(held)
    for row in await work.fetch(_KEYS, own, whom):
        held[row["customer"]].keys[row["kind"]] = HeldKey(row["version"], row["wrapped"])
    for row in await work.fetch(_POINTS, own, whom):
        customer, *point = row
        held[customer].points.append(HeldPoint(*point))
    for row in await work.fetch(_ATTRIBUTES, own, whom, names):
        customer, *field = row
        held[customer].fields.append(HeldField(*field))
    for row in await work.fetch(_REFERENCES, own, whom):
        customer, *reference = row
        held[customer].references.append(HeldReference(*reference))
    for row in await work.fetch(_REQUESTS, own, whom):
        held[row["customer"]].requests.append(row["wanted"])
    return held


async def facts(work: Work, subjects: Sequence[UUID]) -> Mapping[UUID, list[Fact]]:
    """Return the facts that count under each subject or tag."""
    found: dict[UUID, list[Fact]] = {}
    for row in await work.fetch(_FACTS, work.own, subjects):
        whose, *columns = row
        found.setdefault(whose, []).append(read_fact(columns))
    return found


async def stops(work: Work, tags: Sequence[UUID]) -> Mapping[UUID, list[HeldStop]]:
    """Return what stops the addresses behind these tags."""
    found: dict[UUID, list[HeldStop]] = {}
    for tag, *stop in await work.fetch(_STOPS, work.own, tags):
        found.setdefault(tag, []).append(HeldStop(*stop))
    return found


async def marked(work: Work, tags: Sequence[UUID]) -> set[UUID]:
    """Return those tags that bear an erasure mark."""
    return {row["tag"] for row in await work.fetch(_MARKED, work.own, tags)}


async def instant(work: Work, subjects: Sequence[UUID]) -> datetime:
    """Return PostgreSQL's time, later than the last fact of any of these subjects, whose rows are held."""
    [row] = await work.fetch(_INSTANT, work.own, subjects)
    moment: datetime = row["instant"]
    return moment
