"""The log in numbers, by day in UTC: counted from its leaves, so only what has its number counts. Names nobody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import msgspec

from vault.store.database import Work

_DECIDED: Final = """
SELECT (at AT TIME ZONE 'UTC')::date AS day, count(*) FILTER (WHERE outcome = 'allow') AS allowed,
  count(*) FILTER (WHERE outcome = 'defer') AS waiting, count(*) FILTER (WHERE outcome = 'deny') AS denied
FROM vault.log_leaf WHERE organization = $1 AND kind = 'decision' AND at >= $2 GROUP BY 1 ORDER BY 1
"""
# A list of reasons begins with the strongest.
_REASONS: Final = """
SELECT reasons[1] AS reason, count(*) AS times FROM vault.log_leaf
WHERE organization = $1 AND kind = 'decision' AND outcome = 'deny' AND at >= $2 AND reasons[1] IS NOT NULL
GROUP BY 1 ORDER BY 2 DESC, 1
"""
# Every reason counts here, not the strongest alone.
_TOLD: Final = """
SELECT reason, count(*) AS times FROM vault.log_leaf, unnest(reasons) AS reason
WHERE organization = $1 AND kind = 'decision' AND at >= $2 GROUP BY 1
"""
# Of each person once: what binds a shared address besides has no subject.
_SAID: Final = """
SELECT (at AT TIME ZONE 'UTC')::date AS day, count(*) FILTER (WHERE outcome = 'granted') AS yes,
  count(*) FILTER (WHERE outcome IN ('refused', 'withdrawn', 'objected')) AS no
FROM vault.log_leaf
WHERE organization = $1 AND kind = 'fact' AND subject IS NOT NULL AND actor <> 'import' AND at >= $2
GROUP BY 1 ORDER BY 1
"""
_FAILED: Final = """
SELECT count(*) AS times FROM vault.log_leaf WHERE organization = $1 AND kind = 'message_failed' AND at >= $2
"""
_BEGAN: Final = "SELECT min(signed_at) AS at FROM vault.log_checkpoint WHERE organization = $1"


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """The decisions of one day."""

    day: date
    allowed: int = 0
    waiting: int = 0
    denied: int = 0


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What customers said on one day, or had written down for them."""

    day: date
    yes: int = 0
    no: int = 0


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """How often a reason was told."""

    reason: str
    times: int


async def decided(work: Work, since: datetime) -> list[Decided]:
    """Return the decisions of each day that had any, oldest first."""
    return [Decided(**row) for row in await work.fetch(_DECIDED, work.own, since)]


async def reasons(work: Work, since: datetime) -> list[Times]:
    """Return the reasons that were the strongest of a no, the most frequent first."""
    return [Times(**row) for row in await work.fetch(_REASONS, work.own, since)]


async def told(work: Work, since: datetime) -> list[Times]:
    """Return every reason that decisions told, for yes and for no."""
    return [Times(**row) for row in await work.fetch(_TOLD, work.own, since)]


async def said(work: Work, since: datetime) -> list[Said]:
    """Return each yes and no of each day that had any, oldest first; nothing imported."""
    return [Said(**row) for row in await work.fetch(_SAID, work.own, since)]


async def failed(work: Work, since: datetime) -> int:
    """Return how many messages could not be delivered."""
    [row] = await work.fetch(_FAILED, work.own, since)
    return int(row["times"])


async def began(work: Work) -> datetime | None:
    """Return when the log was signed first, in whichever generation."""
    [row] = await work.fetch(_BEGAN, work.own)
    found: datetime | None = row["at"]
    return found
