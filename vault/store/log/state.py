"""How each log stands: how far it is, whether anything is signed, since when nothing waits; and the checkpoints.

State and last checkpoint are read by one statement, so they are of one moment. A log that stopped is moved by nobody
until its next generation is begun.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from vault.base.ids import ORGANIZATION, OrganizationId, show
from vault.store.database import Work
from vault.tlog.hashes import Hash

_STATE: Final = """
SELECT s.slug, s.generation, s.size, s.root, s.stopped, c.note AS last, c.signed_at, clock_timestamp() AS now
FROM vault.log_state s LEFT JOIN LATERAL (
  SELECT note, signed_at FROM vault.log_checkpoint
  WHERE organization = $1 AND generation = s.generation ORDER BY size DESC LIMIT 1
) c ON true WHERE s.organization = $1
"""
_STOP: Final = """
UPDATE vault.log_state SET stopped = $5
WHERE organization = $1 AND generation = $2 AND size = $3 AND root = $4 AND stopped IS NULL RETURNING 1
"""
_STOPPED: Final = "SELECT stopped FROM vault.log_state WHERE organization = $1"
_BEGIN: Final = """
UPDATE vault.log_state SET generation = $5, size = 0, root = $6, seen_at = clock_timestamp(), stopped = NULL
WHERE organization = $1 AND generation = $2 AND size = $3 AND root = $4 RETURNING 1
"""
# Of every log: what waits is never much, and nothing waits in most of them.
_BEAT: Final = """
UPDATE vault.log_state s SET seen_at = clock_timestamp() WHERE stopped IS NULL
AND NOT EXISTS (SELECT FROM vault.log_pending p WHERE p.organization = s.organization)
"""
_TROUBLED: Final = """
SELECT s.organization, s.slug, s.stopped, round(extract(epoch FROM clock_timestamp() - s.seen_at))::bigint AS seconds
FROM vault.log_state s LEFT JOIN LATERAL (
  SELECT id FROM vault.log_entry WHERE organization = s.organization ORDER BY id DESC LIMIT 1
) newest ON true
WHERE s.stopped IS NOT NULL OR (
  s.seen_at NOT BETWEEN clock_timestamp() - $1 * interval '1 second' AND clock_timestamp() + $1 * interval '1 second'
  AND newest.id IS NOT NULL
  AND NOT EXISTS (SELECT FROM vault.log_leaf l WHERE l.organization = s.organization AND l.entry = newest.id)
) ORDER BY s.slug
"""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A log as it stands. `last` is the note of its generation's last checkpoint, `now` is PostgreSQL's time.

    `stopped` is why nothing is signed any more.
    """

    slug: str
    generation: int
    size: int
    root: Hash
    stopped: str | None
    last: bytes | None
    signed_at: datetime | None
    now: datetime


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A log that stopped, or in which something may have been waiting for so many seconds."""

    organization: OrganizationId
    slug: str
    stopped: str | None
    seconds: int


async def read(work: Work) -> State | None:
    """Return how the log stands, and what time it is."""
    rows = await work.fetch(_STATE, work.own)
    return State(**rows[0]) if rows else None


async def stopped(work: Work) -> str | None:
    """Return why the log stopped, if it did."""
    rows = await work.fetch(_STOPPED, work.own)
    return rows[0]["stopped"] if rows else None


async def stop(work: Work, before: State, *, code: str) -> bool:
    """Stop the log, unless it moved on from `before` or stopped already."""
    rows = await work.fetch(_STOP, work.own, before.generation, before.size, before.root, code)
    return bool(rows)


async def begin(work: Work, before: State, *, generation: int, root: Hash) -> bool:
    """Begin a generation with an empty tree, unless the log moved on from `before`."""
    rows = await work.fetch(_BEGIN, work.own, before.generation, before.size, before.root, generation, root)
    return bool(rows)


async def beat(work: Work) -> None:
    """Note of every log in which nothing waits that it was seen so."""
    await work.fetch(_BEAT)


async def troubled(work: Work, *, seconds: int) -> list[Trouble]:
    """Return the logs that stopped, and those whose newest entry has no number though they were not seen for so long.

    `seconds` says how long.
    """
    return [
        Trouble(
            organization=show(ORGANIZATION, row["organization"]),
            slug=row["slug"],
            stopped=row["stopped"],
            seconds=row["seconds"],
        )
        for row in await work.fetch(_TROUBLED, seconds)
    ]
