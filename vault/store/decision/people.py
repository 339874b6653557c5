"""What one customer's row holds: the person it makes, with rows within the row as JSON.

Records without a type cost the driver eight times as much to read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
from msgspec.json import Decoder

from vault.base.ids import (
    CONTACT_POINT,
    CUSTOMER,
    DECISION,
    SUBJECT,
    ContactPointId,
    CustomerId,
    DecisionId,
    Subject,
    show,
    spelled,
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
_Within = tuple[list[_Point] | None, list[Folded] | None, _Wishes | None, list[_Spend] | None]

_WITHIN: Final[Decoder[_Within]] = Decoder(_Within)


def columns(*, purposes: str, counted: str, point: str, stop: str, fact: str) -> str:
    """Return what is read of a customer `c` whose subject is `b`, and whose wishes are `w`.

    `purposes` and `counted` are parameters; `point`, `stop` and `fact` are what else must hold for `p`, `s` and `f`.
    """
    return f"""c.id, c.minor_until, c.time_zone, c.country, c.restricted_since, c.family, b.subject,
  json_build_array(
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
       WHERE r.organization = $1 AND r.subject = b.subject AND {_COUNTS}) END) AS within
"""  # noqa: S608 - columns of ours


def people(rows: Sequence[asyncpg.Record]) -> list[Person]:
    """Return the person in each row, each by themselves. All their ids are spelled at once."""
    within = [_read(row["within"]) for row in rows]
    own = [(str(row["id"]), str(row["subject"])) for row in rows]
    uuids = [uuid for both in own for uuid in both]
    for points, facts, *_ in within:
        for point in points or ():
            uuids.append(point[0])
            uuids += _named(point[-1] or ())
        uuids += _named(facts or ())
    letters = spelled(uuids)
    return [
        _person(row, one, customer=letters[customer], subject=letters[subject], letters=letters)
        for row, one, (customer, subject) in zip(rows, within, own, strict=True)
    ]


def _read(within: str) -> _Within:
    """Return the rows within a row. What cannot be read is an error: never a no, never a silence (law 10)."""
    try:
        return _WITHIN.decode(within)
    except msgspec.ValidationError:
        raise Unreadable("unreadable_fact", "what is stored about a customer cannot be read") from None


def _named(facts: Sequence[Folded]) -> list[str]:
    return [uuid for fact in facts for uuid in (fact[0], fact[8]) if uuid is not None]


def _person(row: asyncpg.Record, within: _Within, *, customer: str, subject: str, letters: Mapping[str, str]) -> Person:
    points, own, wishes, spends = within
    facts = [fold(fact, letters) for fact in own or ()]
    for point in points or ():
        facts += [fold(fact, letters) for fact in point[-1] or ()]
    return Person(
        customer=CustomerId(f"{CUSTOMER}_{customer}"),
        subject=Subject(f"{SUBJECT}_{subject}"),
        minor_until=row["minor_until"],
        points=tuple([_point(point, letters) for point in points or ()]),
        facts=tuple(facts),
        time_zone=row["time_zone"],
        country=row["country"],
        restricted_since=row["restricted_since"],
        preference=NO_WISHES if wishes is None else _preference(wishes),
        spends=tuple([_spend(spend) for spend in spends or ()]),
    )


def _point(row: _Point, letters: Mapping[str, str]) -> Point:
    own, kind, primary, verified, area, stops, _ = row
    country, *zones = area.split(" ") if area is not None else ("",)
    return Point(
        id=ContactPointId(f"{CONTACT_POINT}_{letters[own]}"),
        kind=kind,
        primary=primary,
        verified=verified,
        suppressions=tuple([read_suppression(*stop) for stop in stops or ()]),
        country=country,
        zones=tuple(zones),
    )


def _preference(row: _Wishes) -> Preference:
    paused_until, quiet, order, at_most = row
    return Preference(paused_until=paused_until, quiet=quiet, order=order, at_most=at_most)


def _spend(row: _Spend) -> Spend:
    decision, at, lineage, channel = row
    return Spend(decision=DecisionId(show(DECISION, decision)), at=at, lineage=lineage, channel=channel)
