"""Customers as PostgreSQL tells them, all of a batch as one text of JSON, and the person each makes.

Typed JSON is read several times as fast as the driver reads records, and rows within a row even faster than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec.json import Decoder

from vault.base.ids import (
    CONTACT_POINT,
    CUSTOMER,
    DECISION,
    FACT,
    SUBJECT,
    ContactPointId,
    show,
    show_all,
)
from vault.domain.choices.at_most import AtMost
from vault.domain.choices.preference import Preference
from vault.domain.decision.basis import NO_WISHES, Person, Point
from vault.domain.fact import Unreadable
from vault.domain.timing.budget import Spend
from vault.store.customer.consents import FOLDED, Folded, fold
from vault.store.customer.suppressions import read_suppression

# Which reservations a budget may count: no month is longer.
_COUNTS: Final = "r.state <> 'not_sent' AND r.lineage <> '{}' AND r.at > now() - interval '32 days'"
_Stop = tuple[UUID, str, datetime, str | None, datetime | None]
_Point = tuple[str, str, bool, bool, str | None, list[_Stop] | None, list[Folded] | None]
_Spend = tuple[UUID, datetime, tuple[str, ...], str]
_Wishes = tuple[datetime | None, dict[str, str], tuple[str, ...], dict[str, AtMost]]


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One customer.

    Where it was asked for, `joins` are their merges that stand, by who stays and when it was recorded, and `found` is
    what names them: a field of the blind index, the tag, and the id of what it is of.
    """

    customer: str
    subject: str
    minor_until: date | None
    time_zone: str | None
    country: str | None
    restricted_since: datetime | None
    family: str | None
    points: list[_Point] | None
    facts: list[Folded] | None
    wishes: _Wishes | None
    spends: list[_Spend] | None
    joins: list[tuple[UUID, datetime]] | None = None
    found: list[tuple[str, UUID, UUID]] | None = None


_ROWS: Final[Decoder[list[Row]]] = Decoder(list[Row])


def columns(*, purposes: str, counted: str, point: str, stop: str, fact: str) -> str:
    """Return what is read of a customer `c` whose subject is `b`, and whose wishes are `w`.

    `purposes` and `counted` are parameters; `point`, `stop` and `fact` are what else must hold for `p`, `s` and `f`.
    """
    return f"""c.id, b.subject, c.minor_until, c.time_zone, c.country, c.restricted_since, c.family,
    (SELECT json_agg(json_build_array(p.id, p.kind, p.is_primary, p.verified_at IS NOT NULL, p.area,
       (SELECT json_agg(json_build_array(s.id, s.kind, s.at, s.channel, s.until)) FROM vault.suppression s
        WHERE s.organization = $1 AND s.tag = p.tag {stop}),
       (SELECT json_agg(json_build_array({FOLDED})) FROM vault.fact f
        WHERE f.organization = $1 AND f.subject = p.tag AND f.purpose = ANY ({purposes}) {fact})))
     FROM vault.contact_point p WHERE p.organization = $1 AND p.customer = c.id {point}),
    (SELECT json_agg(json_build_array({FOLDED})) FROM vault.fact f WHERE f.organization = $1
     AND f.subject = b.subject AND f.purpose = ANY ({purposes}) {fact}),
    CASE WHEN w.at_most IS NOT NULL THEN json_build_array(w.paused_until, w.quiet, w.channel_order, w.at_most) END,
    CASE WHEN {counted} OR w.at_most <> '{{}}' THEN
      (SELECT json_agg(json_build_array(r.decision, r.at, r.lineage, r.channel)) FROM vault.reservation r
       WHERE r.organization = $1 AND r.subject = b.subject AND {_COUNTS}) END"""  # noqa: S608 - columns of ours


def rows_in(text: str | None) -> list[Row]:
    """Return the customers told. What cannot be read is an error: never a no, never a silence (law 10)."""
    try:
        return [] if text is None else _ROWS.decode(text)
    except msgspec.ValidationError:
        raise Unreadable("unreadable_fact", "what is stored about a customer cannot be read") from None


def people(rows: Sequence[Row]) -> list[Person]:
    """Return the person in each row, each by themselves. All ids of a kind are spelled at once."""
    said = [_said(row) for row in rows]
    points = _points(rows, said)
    own = iter(show_all(FACT, [fact[0] for facts in said for fact in facts]))
    facts = [tuple([fold(fact, next(own), points=points) for fact in facts]) for facts in said]
    customers = show_all(CUSTOMER, [row.customer for row in rows])
    subjects = show_all(SUBJECT, [row.subject for row in rows])
    return [
        Person(
            customer=customer,
            subject=subject,
            minor_until=row.minor_until,
            points=tuple([_point(point, points[point[0]]) for point in row.points or ()]),
            facts=folded,
            time_zone=row.time_zone,
            country=row.country,
            restricted_since=row.restricted_since,
            preference=NO_WISHES if row.wishes is None else _preference(row.wishes),
            spends=() if row.spends is None else tuple([_spend(spend) for spend in row.spends]),
        )
        for row, customer, subject, folded in zip(rows, customers, subjects, facts, strict=True)
    ]


def _said(row: Row) -> list[Folded]:
    """Return what was said about a customer, and about their contact points."""
    facts = row.facts or []
    for point in row.points or ():
        if point[-1] is not None:
            facts = facts + point[-1]
    return facts


def _points(rows: Iterable[Row], said: Iterable[Sequence[Folded]]) -> dict[str, ContactPointId]:
    """Return the contact points that these have, and that was spoken of, by their UUIDs."""
    uuids = dict.fromkeys([point[0] for row in rows for point in row.points or ()])
    uuids |= dict.fromkeys([uuid for facts in said for fact in facts if (uuid := fact[8]) is not None])
    return dict(zip(uuids, show_all(CONTACT_POINT, uuids), strict=True))


def _point(row: _Point, own: ContactPointId) -> Point:
    _, kind, primary, verified, area, stops, _ = row
    country, zones = ("", ()) if area is None else _area(area)
    return Point(
        id=own,
        kind=kind,
        primary=primary,
        verified=verified,
        suppressions=() if stops is None else tuple([read_suppression(*stop) for stop in stops]),
        country=country,
        zones=zones,
    )


def _area(area: str) -> tuple[str, tuple[str, ...]]:
    country, *zones = area.split(" ")
    return country, tuple(zones)


def _preference(row: _Wishes) -> Preference:
    paused_until, quiet, order, at_most = row
    return Preference(paused_until=paused_until, quiet=quiet, order=order, at_most=at_most)


def _spend(row: _Spend) -> Spend:
    decision, at, lineage, channel = row
    return Spend(decision=show(DECISION, decision), at=at, lineage=lineage, channel=channel)
