"""Chunks: who is still to be asked about, and the answers. The work that answers a chunk takes it away.

So a chunk is answered once, whoever dies in between and however many work on it. An answer hangs on a subject: whose it
is, the bridge tells, and of an erased customer nothing does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from vault.base.ids import CUSTOMER, DECISION, SUBJECT, AudienceId, CustomerId, DecisionId, Subject, array, raw, show
from vault.domain.audience.totals import Ground
from vault.store.database import Work

# A list may still be dropped while it comes: then there is nothing to add to.
_ADD: Final = """
INSERT INTO vault.audience_chunk (organization, audience, first, customers, tags, errors)
SELECT $1, $2, $3, $4, $5, $6 FROM vault.audience
WHERE organization = $1 AND id = $2 AND state = 'receiving' FOR SHARE
RETURNING first
"""
_NEXT: Final = """
SELECT c.id FROM vault.customer c
WHERE c.organization = $1 AND c.id > $2 AND c.id <= $3 AND c.erased_at IS NULL
AND (c.family IS NULL OR c.family = c.id) ORDER BY c.id LIMIT $4
"""
_PLAN: Final = """
INSERT INTO vault.audience_chunk (organization, audience, first, customers, tags, errors)
VALUES ($1, $2, $3, $4, array_fill(NULL::uuid, ARRAY[cardinality($4::uuid[])]),
  array_fill(NULL::text, ARRAY[cardinality($4::uuid[])]))
"""
_TAKE: Final = """
WITH next AS (
  SELECT c.first FROM vault.audience_chunk c WHERE c.organization = $1 AND c.audience = $2
  AND EXISTS (SELECT FROM vault.audience a WHERE a.organization = $1 AND a.id = $2 AND a.state = 'running')
  ORDER BY c.first LIMIT 1 FOR UPDATE OF c SKIP LOCKED
)
DELETE FROM vault.audience_chunk c USING next WHERE c.organization = $1 AND c.audience = $2 AND c.first = next.first
RETURNING c.first, c.customers, c.tags, c.errors
"""
_LEFT: Final = "SELECT count(*) AS n FROM vault.audience_chunk WHERE organization = $1 AND audience = $2"
_CLEAR: Final = "DELETE FROM vault.audience_chunk WHERE organization = $1 AND audience = $2"
_KEEP: Final = """
INSERT INTO vault.audience_result
  (organization, audience, first, subjects, decisions, told, defers, grounds, counts)
VALUES ($1, $2, $3, $4::text::uuid[], $5::text::uuid[], $6, $7, $8, $9)
"""
_COUNTS: Final = "SELECT grounds, counts FROM vault.audience_result WHERE organization = $1 AND audience = $2"
_RESULT: Final = """
SELECT first, subjects, decisions, told, defers, grounds FROM vault.audience_result
WHERE organization = $1 AND audience = $2 AND first > $3 ORDER BY first LIMIT 1
"""
_WHOSE: Final = "SELECT subject, customer FROM keystore.subject WHERE organization = $1 AND subject = ANY ($2::uuid[])"

_COLUMNS: Final = ("subjects", "decisions", "told", "defers")


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Lines to be asked about, each by a customer's id, by the tag of a reference, or wrong."""

    first: int
    customers: Sequence[UUID | None]
    tags: Sequence[UUID | None]
    errors: Sequence[str | None]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one line was told. `subject` is whom it is about, if there was somebody."""

    ground: Ground
    subject: Subject | None = None
    decision: DecisionId | None = None
    defer_until: datetime | None = None


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of a chunk in their order, and who is there still of those they are about."""

    first: int
    answers: Sequence[Answer]
    customers: Mapping[Subject, CustomerId]


async def add(work: Work, audience: AudienceId, *, chunk: Chunk) -> bool:
    """Store a part of a list; false if it is no longer being received."""
    parts = (list(chunk.customers), list(chunk.tags), list(chunk.errors))
    return bool(await work.fetch(_ADD, work.own, raw(audience), chunk.first, *parts))


async def following(work: Work, *, after: UUID | None, until: UUID, most: int) -> list[UUID]:
    """Return the next customers of everyone; of whoever was merged the one that stays, so that each comes once."""
    rows = await work.fetch(_NEXT, work.own, after or UUID(int=0), until, most)
    return [row["id"] for row in rows]


async def plan(work: Work, audience: AudienceId, *, first: int, customers: Sequence[UUID]) -> None:
    """Store a part of everyone."""
    await work.fetch(_PLAN, work.own, raw(audience), first, list(customers))


async def take(work: Work, audience: AudienceId) -> Chunk | None:
    """Take the next chunk that nobody else works on, with this work's COMMIT; none if there is none just now."""
    rows = await work.fetch(_TAKE, work.own, raw(audience))
    return Chunk(**dict(rows[0])) if rows else None


async def left(work: Work, audience: AudienceId) -> int:
    """Return how many chunks have no answer yet."""
    return int((await work.fetch(_LEFT, work.own, raw(audience)))[0]["n"])


async def clear(work: Work, audience: AudienceId) -> None:
    """Take away all that is not answered, when whoever works on it is done."""
    await work.fetch(_CLEAR, work.own, raw(audience))


async def keep(work: Work, audience: AudienceId, *, first: int, answers: Sequence[Answer]) -> None:
    """Store the answers of a chunk."""
    places: dict[Ground, int] = {}
    told = [places.setdefault(one.ground, len(places)) for one in answers]
    counts = Counter(told)
    await work.fetch(
        _KEEP,
        work.own,
        raw(audience),
        first,
        array([one.subject for one in answers]),
        array([one.decision for one in answers]),
        told,
        [one.defer_until for one in answers],
        [_spelled(ground) for ground in places],
        [counts[place] for place in places.values()],
    )


async def counts(work: Work, audience: AudienceId) -> list[tuple[Ground, int]]:
    """Return how many were told what, chunk by chunk."""
    rows = await work.fetch(_COUNTS, work.own, raw(audience))
    return [(_ground(told), times) for row in rows for told, times in zip(row["grounds"], row["counts"], strict=True)]


async def result(work: Work, audience: AudienceId, *, after: int) -> Answers | None:
    """Return the answers of the first chunk that begins after a line; none after the last."""
    rows = await work.fetch(_RESULT, work.own, raw(audience), after)
    if not rows:
        return None
    [row] = rows
    grounds = [_ground(told) for told in row["grounds"]]
    whose = await work.fetch(_WHOSE, work.own, [one for one in row["subjects"] if one is not None])
    return Answers(
        first=row["first"],
        answers=[_answer(one, grounds=grounds) for one in zip(*(row[name] for name in _COLUMNS), strict=True)],
        customers={show(SUBJECT, one["subject"]): show(CUSTOMER, one["customer"]) for one in whose},
    )


def _answer(row: tuple[UUID | None, UUID | None, int, datetime | None], *, grounds: Sequence[Ground]) -> Answer:
    subject, decision, told, defer_until = row
    return Answer(
        ground=grounds[told],
        subject=None if subject is None else show(SUBJECT, subject),
        decision=None if decision is None else show(DECISION, decision),
        defer_until=defer_until,
    )


def _spelled(ground: Ground) -> str:
    """Return a ground as it is kept: `allow opted_in`, or `allow@sms opted_in` where a channel was chosen."""
    outcome = ground.outcome if ground.channel is None else f"{ground.outcome}@{ground.channel}"
    return " ".join((outcome, *ground.reasons))


def _ground(told: str) -> Ground:
    first, *reasons = told.split(" ")
    outcome, _, channel = first.partition("@")
    return msgspec.convert({"outcome": outcome, "reasons": reasons, "channel": channel or None}, Ground)
