"""What was leased of a limit in the last second, and what is counted exactly over longer.

Names are tags of 16 bytes: of clients plain, of networks and addresses under a key. Each statement takes away a few
rows that are over, so that none stays for long where anything goes on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from vault.domain.limit import NOTHING, SPAN, Asking, Leased, Ledger
from vault.domain.limit import lease as of_ledger
from vault.store.database import Work

# The clock is read once the row is held, so leases of one limit come in the order of their times.
_HOLD: Final = """
INSERT INTO vault.allowance AS known (organization, name, slice, leased) VALUES ($1, $2, $3, $4)
ON CONFLICT (organization, name) DO UPDATE SET slice = known.slice
RETURNING slice, leased, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now
"""
_KEEP: Final = """
WITH over AS (
  SELECT name FROM vault.allowance WHERE organization = $1 AND slice < $3::bigint - $5::bigint
  LIMIT 3 FOR UPDATE SKIP LOCKED
), gone AS (
  DELETE FROM vault.allowance WHERE organization = $1 AND name IN (SELECT name FROM over)
)
UPDATE vault.allowance SET slice = $3, leased = $4 WHERE organization = $1 AND name = $2
"""
_COUNT: Final = """
WITH over AS (
  SELECT name FROM vault.attempt WHERE organization = $1 AND over_at < clock_timestamp() AND name <> $2
  LIMIT 3 FOR UPDATE SKIP LOCKED
), gone AS (
  DELETE FROM vault.attempt WHERE organization = $1 AND name IN (SELECT name FROM over)
)
INSERT INTO vault.attempt AS known (organization, name, happened, over_at)
VALUES ($1, $2, ARRAY[clock_timestamp()], clock_timestamp() + $3::interval)
ON CONFLICT (organization, name) DO UPDATE SET
  happened = ARRAY(SELECT at FROM unnest(known.happened) AS at WHERE at > clock_timestamp() - $3) || clock_timestamp(),
  over_at = clock_timestamp() + $3
WHERE (SELECT count(*) FROM unnest(known.happened) AS at WHERE at > clock_timestamp() - $3) < $4
RETURNING 1
"""
_SWEEP: Final = """
DELETE FROM vault.attempt WHERE organization = $1 AND name IN (
  SELECT name FROM vault.attempt WHERE organization = $1 AND over_at < clock_timestamp() FOR UPDATE SKIP LOCKED
)
"""
_KEPT_SLICES: Final = 2 * SPAN


async def lease(work: Work, name: bytes, *, asking: Asking) -> Leased:
    """Lease units of a limit. Whoever else leases of it waits until this work ends: let it do nothing else."""
    tag = UUID(bytes=name)
    [row] = await work.fetch(_HOLD, work.own, tag, NOTHING.slice, list(NOTHING.leased))
    leased = of_ledger(Ledger(slice=row["slice"], leased=tuple(row["leased"])), asking, now=row["now"])
    await work.fetch(_KEEP, work.own, tag, leased.ledger.slice, list(leased.ledger.leased), _KEPT_SLICES)
    return leased


async def count(work: Work, name: bytes, *, window_seconds: int, limit: int) -> bool:
    """Count one more; false, and nothing counted, when there were `limit` in the window already.

    Whoever else counts this name waits until this work ends: several names always in the same order.
    """
    return bool(await work.fetch(_COUNT, work.own, UUID(bytes=name), timedelta(seconds=window_seconds), limit))


async def sweep(work: Work) -> None:
    """Take away what was counted in windows that are over, but for what somebody counts just now."""
    await work.fetch(_SWEEP, work.own)
