"""Revoked access tokens, by their ids, until nobody would believe them any more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from vault.store.database import Work

_ADD: Final = """
WITH grown AS (UPDATE vault.organization SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch)
INSERT INTO vault.revoked_token (organization, jti, epoch, expires_at)
SELECT $1, jti, epoch, greatest(expires_at, clock_timestamp() + $4)
FROM grown, unnest($2::uuid[], $3::timestamptz[]) AS new (jti, expires_at)
ON CONFLICT (organization, jti) DO NOTHING
"""
_SINCE: Final = """
SELECT jti, expires_at FROM vault.revoked_token
WHERE organization = $1 AND epoch > $2 AND expires_at > clock_timestamp()
"""
_SWEEP: Final = "DELETE FROM vault.revoked_token WHERE organization = $1 AND expires_at < clock_timestamp()"


async def add(work: Work, tokens: Mapping[str, datetime], *, keep: timedelta) -> None:
    """Revoke tokens by their ids (32 hex digits), until each ends by its own word and for `keep` at least.

    A token lives no longer than that by anybody's clock, so a worker whose clock is behind refuses it to its end. The
    epoch grows with them, and stands in a row locked until this work ends: they are seen in the order of their epochs.
    """
    await work.fetch(_ADD, work.own, [UUID(token) for token in tokens], [*tokens.values()], keep)


async def since(work: Work, epoch: int) -> dict[str, datetime]:
    """Return the tokens revoked after an epoch, and when each may be forgotten. -1 is before every epoch."""
    rows = await work.fetch(_SINCE, work.own, epoch)
    return {row["jti"].hex: row["expires_at"] for row in rows}


async def sweep(work: Work) -> None:
    """Forget those that have ended."""
    await work.fetch(_SWEEP, work.own)
