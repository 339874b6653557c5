"""How one log is: how much it holds, what waits, how old its last checkpoint is, and who cosigned how far."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from vault.store.database import Work

_LOG: Final = """
SELECT s.generation, s.size, s.stopped, c.signed_at, clock_timestamp() AS now,
  (SELECT count(*) FROM vault.log_pending WHERE organization = $1) AS waiting,
  extract(epoch FROM clock_timestamp() - s.seen_at)::float8 AS unseen_seconds,
  newest.id IS NOT NULL AND NOT EXISTS (
    SELECT FROM vault.log_leaf l WHERE l.organization = $1 AND l.entry = newest.id
  ) AS behind
FROM vault.log_state s
LEFT JOIN LATERAL (SELECT id FROM vault.log_entry WHERE organization = $1 ORDER BY id DESC LIMIT 1) newest ON true
LEFT JOIN LATERAL (
  SELECT signed_at FROM vault.log_checkpoint
  WHERE organization = $1 AND generation = s.generation ORDER BY size DESC LIMIT 1
) c ON true
WHERE s.organization = $1
"""
_WITNESSES: Final = """
SELECT DISTINCT ON (witness) witness, size, recorded_at FROM vault.log_cosignature
WHERE organization = $1 AND generation = $2 ORDER BY witness, size DESC
"""


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """A log as it is found. `behind`: its newest entry has no number; `unseen_seconds` ago nothing was waiting."""

    generation: int
    size: int
    stopped: str | None
    signed_at: datetime | None
    now: datetime
    waiting: int
    unseen_seconds: float
    behind: bool


class Cosigned(msgspec.Struct, frozen=True, kw_only=True):
    """How far a witness cosigned a generation, and when that was written down. `witness` is its verifier key."""

    witness: str
    size: int
    recorded_at: datetime


async def read(work: Work) -> Log | None:
    """Return how the log is."""
    rows = await work.fetch(_LOG, work.own)
    return Log(**rows[0]) if rows else None


async def cosigned(work: Work, generation: int) -> list[Cosigned]:
    """Return how far each witness cosigned."""
    return [Cosigned(**row) for row in await work.fetch(_WITNESSES, work.own, generation)]
