"""What history is asked of: all that is held under a subject with the times it was learnt, and facts by their ids.

It follows a subject to its contact points, and gives out neither them nor the customer. Nothing here is ever opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from vault.base.ids import (
    CONTACT_POINT,
    ENTRY,
    IMPORT,
    ClientId,
    FactId,
    Subject,
    raw,
    show,
)
from vault.domain.audit.history import Held, LoggedAnswer, Place, Stop
from vault.domain.audit.replay import DECISION
from vault.domain.fact import Fact
from vault.store.customer import brought
from vault.store.customer.consents import BROUGHT, FOLDED, read_fact
from vault.store.customer.suppressions import read_suppression
from vault.store.database import Work

_HELD: Final = f"""
SELECT b.customer, c.minor_until, c.country,
  ARRAY(SELECT ROW({BROUGHT}) FROM vault.fact f WHERE f.organization = $1 AND f.subject = $2) AS facts,
  ARRAY(SELECT ROW({BROUGHT}) FROM vault.contact_point p
        JOIN vault.fact f ON f.organization = $1 AND f.subject = p.tag
        WHERE p.organization = $1 AND p.customer = b.customer) AS shared,
  ARRAY(SELECT ROW(p.id, p.kind, p.is_primary, p.verified_at IS NOT NULL, p.tag) FROM vault.contact_point p
        WHERE p.organization = $1 AND p.customer = b.customer) AS places,
  ARRAY(SELECT ROW(s.tag, s.recorded_at, s.brought_by, s.id, s.kind, s.at, s.channel, s.until)
        FROM vault.contact_point p
        JOIN vault.suppression s ON s.organization = $1 AND s.tag = p.tag
        WHERE p.organization = $1 AND p.customer = b.customer) AS stops,
  EXISTS(SELECT FROM vault.log_leaf WHERE organization = $1 AND subject = $2) AS is_logged
FROM (SELECT) AS one
LEFT JOIN keystore.subject b ON b.organization = $1 AND b.subject = $2
LEFT JOIN vault.customer c ON c.organization = $1 AND c.id = b.customer
"""  # noqa: S608 - columns of ours
_FACTS: Final = f"SELECT {FOLDED} FROM vault.fact f WHERE f.organization = $1 AND f.id = ANY ($2::uuid[])"  # noqa: S608 - likewise
_LAST: Final = """
SELECT l.generation, l.number, l.entry, l.at, l.outcome, l.reasons FROM vault.log_leaf l
JOIN vault.log_entry e ON e.organization = $1 AND e.id = l.entry
CROSS JOIN LATERAL (SELECT convert_from(e.body, 'UTF8')::jsonb AS told) AS body
WHERE l.organization = $1 AND l.subject = $2 AND l.client = $3 AND l.at <= $4 AND l.kind = $5
AND body.told ->> 'purpose' = $6 AND body.told ->> 'channel' = $7 AND NOT body.told ? 'asked_at'
ORDER BY l.at DESC, l.generation DESC, l.number DESC LIMIT 1
"""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question as a client puts it."""

    subject: Subject
    client: ClientId
    purpose: str
    channel: str


async def held(work: Work, subject: Subject) -> Held | None:
    """Return all that is held under a subject; none for one that nothing was ever written about."""
    [row] = await work.fetch(_HELD, work.own, raw(subject))
    erased = row["customer"] is None
    facts = tuple(read_fact(tuple(fact)) for fact in (*row["facts"], *row["shared"]))
    if erased and not facts and not row["is_logged"]:
        return None
    return Held(
        facts=facts,
        places=_places(row),
        minor_until=row["minor_until"],
        country=row["country"],
        erased=erased,
        undone=tuple(await brought.undone(work)),
    )


async def facts(work: Work, ids: Sequence[FactId]) -> list[Fact]:
    """Return facts by their ids, as far as there are such."""
    return [read_fact(tuple(row)) for row in await work.fetch(_FACTS, work.own, [raw(own) for own in ids])]


async def last_answer(work: Work, question: Question, *, before: datetime) -> LoggedAnswer | None:
    """Return what was answered last to a question about now, by an instant; only what has its number is looked at."""
    by = (raw(question.subject), raw(question.client), before, DECISION, question.purpose, question.channel)
    rows = await work.fetch(_LAST, work.own, *by)
    return _logged(rows[0]) if rows else None


def _logged(row: asyncpg.Record) -> LoggedAnswer:
    return LoggedAnswer(
        entry=show(ENTRY, row["entry"]),
        number=row["number"],
        generation=row["generation"],
        at=row["at"],
        outcome=row["outcome"],
        reasons=tuple(row["reasons"]),
    )


def _places(row: asyncpg.Record) -> tuple[Place, ...]:
    stops: dict[UUID, list[Stop]] = {}
    for tag, recorded_at, brought_by, *stop in row["stops"]:
        by = None if brought_by is None else show(IMPORT, brought_by)
        stops.setdefault(tag, []).append(
            Stop(suppression=read_suppression(*stop), recorded_at=recorded_at, brought_by=by)
        )
    return tuple(_place(place, stops) for place in row["places"])


def _place(row: Sequence[Any], stops: dict[UUID, list[Stop]]) -> Place:
    point, kind, primary, verified, tag = row
    return Place(
        id=show(CONTACT_POINT, point),
        kind=kind,
        primary=primary,
        verified=verified,
        stops=tuple(stops.get(tag, ())),
    )
