"""The entries about somebody with their bytes: those with a number, and those that still wait for one.

Of whoever was merged they are those about each of their subjects.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from asyncpg import Record

from vault.base.ids import CLIENT, ENTRY, EntryId, Subject, raw, show
from vault.domain.audit.wanted import Place
from vault.store.database import Work
from vault.tlog.hashes import leaf_hash

_NUMBERED: Final = """
SELECT l.generation, l.number, l.hash, l.entry AS id, e.body FROM vault.log_leaf l
JOIN vault.log_entry e ON e.organization = l.organization AND e.id = l.entry
WHERE l.organization = $1 AND l.subject = $2 AND l.kind = ANY ($3::text[])
AND ($4::int IS NULL OR (l.generation, l.number) < ($4, $5))
ORDER BY l.generation DESC, l.number DESC LIMIT $6
"""
# An entry that waits is marked with nothing yet: its bytes say whom it is about.
_WAITING: Final = """
SELECT NULL::int AS generation, NULL::bigint AS number, NULL::bytea AS hash, e.id, e.body FROM vault.log_pending p
JOIN vault.log_entry e ON e.organization = p.organization AND e.id = p.entry
WHERE p.organization = $1 AND position(convert_to($2, 'UTF8') IN e.body) > 0 ORDER BY e.id DESC
"""
_HOLDING: Final = """
SELECT l.generation, l.number, l.hash, l.entry AS id, e.body FROM vault.log_leaf l
JOIN vault.log_entry e ON e.organization = l.organization AND e.id = l.entry
WHERE l.organization = $1 AND l.subject = $2 AND l.kind = $3 AND position(convert_to($4, 'UTF8') IN e.body) > 0
ORDER BY l.generation DESC, l.number DESC
"""
_COUNTED: Final = """
SELECT outcome, client, count(*) AS count FROM vault.log_leaf
WHERE organization = $1 AND subject = $2 AND kind = 'decision' AND at >= $3 GROUP BY 1, 2
"""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """An entry about a subject: its bytes, the hash of its leaf, and where it stands, if it has a number."""

    entry: EntryId
    body: bytes
    leaf: bytes
    place: Place | None


async def numbered(
    work: Work, subjects: Sequence[Subject], *, kinds: Sequence[str], before: Place | None = None, limit: int
) -> list[About]:
    """Return the newest entries of these kinds that have a number, those before a place where it is given."""
    at = (None, None) if before is None else (before.generation, before.number)
    found = [
        _about(row)
        for subject in subjects
        for row in await work.fetch(_NUMBERED, work.own, raw(subject), list(kinds), *at, limit)
    ]
    return _newest(found, several=len(subjects) > 1)[:limit]


async def holding(work: Work, subjects: Sequence[Subject], *, kind: str, part: str) -> list[About]:
    """Return the entries of a kind about somebody that have a number and hold a text, the newest first."""
    found = [
        _about(row) for subject in subjects for row in await work.fetch(_HOLDING, work.own, raw(subject), kind, part)
    ]
    return _newest(found, several=len(subjects) > 1)


async def waiting(work: Work, subjects: Sequence[Subject]) -> list[About]:
    """Return the entries about somebody, of every kind, that wait for their number, the newest first."""
    found = [
        _about(row) for subject in subjects for row in await work.fetch(_WAITING, work.own, f'"subject":"{subject}"')
    ]
    return sorted(found, key=lambda one: one.entry, reverse=True)


async def counted(work: Work, subjects: Sequence[Subject], *, since: datetime) -> list[tuple[str, str | None, int]]:
    """Return how often which client was answered how."""
    rows = [row for subject in subjects for row in await work.fetch(_COUNTED, work.own, raw(subject), since)]
    return [
        (row["outcome"], None if row["client"] is None else show(CLIENT, row["client"]), row["count"]) for row in rows
    ]


def _newest(found: list[About], *, several: bool) -> list[About]:
    """Return entries of several subjects in the order in which those of one come."""
    if not several:
        return found
    return sorted(
        found, key=lambda one: (one.place.generation, one.place.number) if one.place else (0, 0), reverse=True
    )


def _about(row: Record) -> About:
    place = None if row["number"] is None else Place(generation=row["generation"], number=row["number"])
    body = row["body"]
    return About(entry=show(ENTRY, row["id"]), body=body, leaf=row["hash"] or leaf_hash(body), place=place)
