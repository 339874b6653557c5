"""Suppressions and erasure marks: rows by tag, without the value they are about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from vault.base.ids import SUPPRESSION, SuppressionId, raw, show
from vault.domain.suppression import Suppression, SuppressionKind
from vault.store.customer import brought
from vault.store.database import Work
from vault.store.tables import ErasureMarks, Suppressions

_OF: Final = f"""
SELECT s.id, s.kind, s.at, s.channel, s.until FROM vault.suppression s
WHERE s.organization = $1 AND s.tag = $2 AND {brought.stops("s")}
"""  # noqa: S608 - a condition of ours
_LIST: Final = f"""
SELECT s.id, s.kind, s.at, s.channel, s.until FROM vault.suppression s
WHERE s.organization = $1 AND ($2::uuid IS NULL OR s.id > $2) AND {brought.stops("s")} ORDER BY s.id LIMIT $3
"""  # noqa: S608 - a condition of ours
_LIFT: Final = f"""
UPDATE vault.suppression s SET until = $5 WHERE s.organization = $1 AND s.tag = $2 AND s.kind = ANY ($3::text[])
AND s.at < $4 AND (s.until IS NULL OR s.until > $5) AND {brought.stops("s")}
RETURNING s.id, s.kind, s.at, s.channel, s.until
"""  # noqa: S608 - a condition of ours
_MARK: Final = """
INSERT INTO vault.erasure_mark (organization, tag, recorded_at)
SELECT $1, tag, date_trunc('day', $3::timestamptz) FROM unnest($2::uuid[]) AS tag ON CONFLICT DO NOTHING
"""


def read_suppression(*row: Any) -> Suppression:
    """Return the suppression in a row of id, kind, at, channel, until."""
    suppression, kind, at, channel, until = row
    return msgspec.convert(
        {"id": show(SUPPRESSION, suppression), "kind": kind, "at": at, "channel": channel, "until": until}, Suppression
    )


async def of(work: Work, tag: UUID) -> list[Suppression]:
    """Return what stops the contact point behind a tag."""
    return [read_suppression(*row) for row in await work.fetch(_OF, work.own, tag)]


async def page(work: Work, *, after: SuppressionId | None, limit: int) -> list[Suppression]:
    """Return suppressions by id, after a cursor."""
    rows = await work.fetch(_LIST, work.own, after and raw(after), limit)
    return [read_suppression(*row) for row in rows]


async def add(work: Work, tag: UUID, *, suppression: Suppression, recorded_at: datetime) -> None:
    """Store a suppression. It has no value and no customer; its entry is the caller's."""
    row = Suppressions(
        organization=work.own,
        tag=tag,
        id=raw(suppression.id),
        kind=suppression.kind,
        channel=suppression.channel,
        at=suppression.at,
        until=suppression.until,
        recorded_at=recorded_at,
    )
    await work.run(Suppressions.insert(row))


async def lift(
    work: Work, tag: UUID, *, kinds: Sequence[SuppressionKind], before: datetime, at: datetime
) -> list[Suppression]:
    """End at `at` what of these kinds stops the contact point behind a tag since earlier than `before`; return it.

    It stays as it was for whoever asks about the past.
    """
    rows = await work.fetch(_LIFT, work.own, tag, [*kinds], before, at)
    return [read_suppression(*row) for row in rows]


async def mark_erased(work: Work, tags: Sequence[UUID], *, recorded_at: datetime) -> None:
    """Mark values of which imports and clients may not make a customer again; the day is all that is kept of when."""
    await work.fetch(_MARK, work.own, list(tags), recorded_at)


async def marked(work: Work, tags: Sequence[UUID]) -> set[UUID]:
    """Return those of `tags` that bear an erasure mark."""
    if not tags:
        return set()
    query = ErasureMarks.select(ErasureMarks.tag).where(
        (ErasureMarks.organization == work.own) & ErasureMarks.tag.is_in(list(tags))
    )
    return {row["tag"] for row in await work.run(query)}
