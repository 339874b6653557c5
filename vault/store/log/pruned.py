"""What the log let go of: how far bodies may go, the marks below which they are gone, and the going itself.

Marks are written in the role of the service, with the entry that tells of them. Bodies go in `vault_retention`, which
may take nothing away that no mark covers: the statement itself asks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from vault.base.duration import Duration
from vault.base.ids import EntryId, raw
from vault.store.database import Work
from vault.store.log import reading
from vault.tlog.tile import WIDTH

RETENTION: Final = "vault_retention"

_MARKS: Final = """
SELECT minimum FROM vault.log_pruned WHERE organization = $1 AND generation = $2 ORDER BY minimum DESC LIMIT 2
"""
_YOUNG: Final = """
SELECT number FROM vault.log_leaf WHERE organization = $1 AND generation = $2 AND number >= $3 AND number < $4
AND at + make_interval(months => $5::integer, mins => $6::integer) > $7 ORDER BY number LIMIT 1
"""
_MARK: Final = """
INSERT INTO vault.log_pruned (organization, generation, minimum, entry, recorded_at) VALUES ($1, $2, $3, $4, $5)
"""
_COVERED: Final = """
SELECT number FROM vault.log_leaf l WHERE organization = $1 AND entry = $2 AND number < (
  SELECT max(minimum) FROM vault.log_pruned WHERE organization = $1 AND generation = l.generation
)
"""
_SWEEP: Final = """
WITH gone AS (
  DELETE FROM vault.log_entry e USING vault.log_leaf l
  WHERE l.organization = $1 AND l.generation = $2 AND l.number >= $3 AND l.number < $4
  AND l.number < (SELECT max(minimum) FROM vault.log_pruned WHERE organization = $1 AND generation = $2)
  AND e.organization = $1 AND e.id = l.entry RETURNING e.id
), details AS (
  DELETE FROM vault.log_detail d USING gone WHERE d.organization = $1 AND d.entry = gone.id
) SELECT count(*) AS count FROM gone
"""


async def marks(work: Work, generation: int) -> tuple[int, int]:
    """Return the last two marks, the one before first; 0 where there is none."""
    found = [row["minimum"] for row in await work.fetch(_MARKS, work.own, generation)]
    last, before, *_ = (*found, 0, 0)
    return before, last


async def minimum(work: Work, generation: int) -> int:
    """Return the number from which on bodies are kept."""
    return (await marks(work, generation))[1]


async def covered(work: Work, entry: EntryId) -> int | None:
    """Return the number of an entry whose body was let go of; none for any other."""
    rows = await work.fetch(_COVERED, work.own, raw(entry))
    return rows[0]["number"] if rows else None


async def reach(work: Work, generation: int, *, start: int, keep: Duration, now: datetime) -> int:
    """Return up to which number bodies from `start` on may go: whole entry bundles, signed, each entry old enough."""
    signed = await reading.signed(work, generation)
    kept = (keep.months, keep.minutes, now)
    young = await work.fetch(_YOUNG, work.own, generation, start, signed, *kept)
    end = young[0]["number"] if young else signed
    return max(start, int(end - end % WIDTH))


async def mark(work: Work, generation: int, *, minimum: int, entry: EntryId, now: datetime) -> None:
    """Let nothing below `minimum` be given out any more."""
    await work.fetch(_MARK, work.own, generation, minimum, raw(entry), now)


async def sweep(work: Work, generation: int, *, start: int, end: int) -> int:
    """Take bodies and sealed details of a range away, as far as a mark covers it; return how many bodies went."""
    rows = await work.fetch(_SWEEP, work.own, generation, start, end)
    return int(rows[0]["count"])
