"""Everything a batch of questions reads, in one query: epoch, time, references resolved, facts of all subjects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from vault.base.ids import (
    CONTACT_POINT,
    CUSTOMER,
    DECISION,
    SUBJECT,
    ContactPointId,
    CustomerId,
    DecisionId,
    Subject,
    raw,
    show,
)
from vault.domain.decision.basis import NO_WISHES, Person, Point
from vault.domain.suppression import Suppression
from vault.domain.timing.budget import Spend
from vault.store.customer.consents import FOLDED, read_fact
from vault.store.customer.preferences import FIELDS, read_preference
from vault.store.customer.suppressions import read_suppression
from vault.store.database import Work
from vault.store.keys import VERSION

Sought = tuple[str, UUID]
"""A field of the blind index, and a tag."""
COUNTS: Final = "r.state <> 'not_sent' AND r.lineage <> '{}' AND r.at > now() - interval '32 days'"
"""Which reservations a budget may count: no month is longer."""

SOUGHT: Final = f"""
WITH sought AS (
  SELECT DISTINCT customer FROM (
    SELECT unnest($2::uuid[]) AS customer
    UNION ALL
    SELECT i.customer FROM unnest($3::text[], $4::uuid[]) AS s (field, tag)
    CROSS JOIN LATERAL (SELECT customer FROM keystore.blind_index
                        WHERE organization = $1 AND field = s.field AND version = {VERSION} AND tag = s.tag
                        OFFSET 0) AS i
  ) AS named
)
"""  # noqa: S608 - a number of ours
"""The customers who are meant: by id, or by what the blind index finds."""

# OFFSET 0 and LIMIT 1 keep each look-up by itself, through its key: joined freely, they read whole organizations
# wherever PostgreSQL has not yet counted how large those are.
_PEOPLE: Final = f"""
{SOUGHT}SELECT o.epoch, clock_timestamp() AS now, c.id, c.minor_until, c.time_zone, c.country,
  c.restricted_since, b.subject,
  ARRAY(SELECT ROW(p.id, p.kind, p.is_primary, p.verified_at IS NOT NULL, p.tag, p.area) FROM vault.contact_point p
        WHERE p.organization = $1 AND p.customer = c.id) AS points,
  (SELECT ROW({FIELDS}) FROM vault.preference p WHERE p.organization = $1 AND p.customer = c.id) AS preference,
  ARRAY(SELECT ROW(s.tag, s.id, s.kind, s.at, s.channel, s.until) FROM vault.contact_point p
        JOIN vault.suppression s ON s.organization = $1 AND s.tag = p.tag
        WHERE p.organization = $1 AND p.customer = c.id) AS suppressions,
  ARRAY(SELECT ROW({FOLDED}) FROM vault.fact f WHERE f.organization = $1
        AND f.subject = b.subject AND f.purpose = ANY ($5::text[])) AS facts,
  ARRAY(SELECT ROW({FOLDED}) FROM vault.contact_point p
        JOIN vault.fact f ON f.organization = $1 AND f.subject = p.tag AND f.purpose = ANY ($5::text[])
        WHERE p.organization = $1 AND p.customer = c.id) AS shared,
  CASE WHEN $6 OR EXISTS (SELECT FROM vault.preference p WHERE p.organization = $1 AND p.customer = c.id
                          AND p.at_most <> '{{}}') THEN
    ARRAY(SELECT ROW(r.decision, r.at, r.lineage, r.channel) FROM vault.reservation r
          WHERE r.organization = $1 AND r.subject = b.subject AND {COUNTS}) END AS spends,
  CASE WHEN cardinality($3::text[]) > 0 THEN
    ARRAY(SELECT ROW(i.field, i.tag, i.owner) FROM keystore.blind_index i
          WHERE i.organization = $1 AND i.customer = c.id AND i.tag = ANY ($4::uuid[])) END AS found
FROM vault.organization o
LEFT JOIN sought ON true
LEFT JOIN LATERAL (SELECT id, minor_until, time_zone, country, restricted_since FROM vault.customer
                   WHERE organization = $1 AND id = sought.customer LIMIT 1) AS c ON true
LEFT JOIN LATERAL (SELECT subject FROM keystore.subject
                   WHERE organization = $1 AND customer = c.id LIMIT 1) AS b ON true
WHERE o.id = $1
"""  # noqa: S608 - columns of ours


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What the query returned, at one instant of PostgreSQL's clock.

    `found` tells for each sought tag which customers have it, and the id of the contact point or reference it is of.
    """

    epoch: int
    now: datetime
    people: dict[CustomerId, Person]
    found: Mapping[Sought, Sequence[tuple[CustomerId, ContactPointId]]]


async def read(
    work: Work,
    customers: Sequence[CustomerId],
    *,
    sought: Sequence[Sought],
    purposes: Iterable[str],
    counted: bool = False,
) -> Read:
    """Read the batch, with the facts about these purposes. An erased or unknown customer is not among the people.

    What was spent is read of everybody where it is `counted`, else of those who wish for so many at most.
    """
    asked = {raw(customer): customer for customer in customers}
    fields, tags = [field for field, _ in sought], [tag for _, tag in sought]
    rows = await work.fetch(_PEOPLE, work.own, list(asked), fields, tags, list(purposes), counted)
    people: dict[CustomerId, Person] = {}
    found: dict[Sought, list[tuple[CustomerId, ContactPointId]]] = {}
    for row in rows:
        if row["subject"] is None:
            continue
        person = _person(row, asked.get(row["id"]) or CustomerId(show(CUSTOMER, row["id"])))
        people[person.customer] = person
        for field, tag, owner in row["found"] or ():
            found.setdefault((field, tag), []).append((person.customer, ContactPointId(show(CONTACT_POINT, owner))))
    return Read(epoch=rows[0]["epoch"], now=rows[0]["now"], people=people, found=found)


def _person(row: asyncpg.Record, customer: CustomerId) -> Person:
    stops: dict[UUID, list[Suppression]] = {}
    for tag, *stop in row["suppressions"]:
        stops.setdefault(tag, []).append(read_suppression(*stop))
    return Person(
        customer=customer,
        subject=Subject(show(SUBJECT, row["subject"])),
        minor_until=row["minor_until"],
        points=tuple(_point(point, stops) for point in row["points"]),
        facts=tuple(read_fact(fact) for fact in (*row["facts"], *row["shared"])),
        time_zone=row["time_zone"],
        country=row["country"],
        restricted_since=row["restricted_since"],
        preference=NO_WISHES if row["preference"] is None else read_preference(row["preference"]),
        spends=tuple(map(_spend, row["spends"] or ())),
    )


def _spend(row: Sequence[Any]) -> Spend:
    decision, at, lineage, channel = row
    return Spend(decision=DecisionId(show(DECISION, decision)), at=at, lineage=tuple(lineage), channel=channel)


def _point(row: Sequence[Any], stops: Mapping[UUID, Sequence[Suppression]]) -> Point:
    point, kind, primary, verified, tag, area = row
    country, *zones = area.split(" ") if area is not None else [""]
    return Point(
        id=ContactPointId(show(CONTACT_POINT, point)),
        kind=kind,
        primary=primary,
        verified=verified,
        suppressions=tuple(stops.get(tag, ())),
        country=country,
        zones=tuple(zones),
    )
