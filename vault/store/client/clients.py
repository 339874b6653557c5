"""Clients as they stand: the ids they keep for good, whether they are suspended, their secrets' digests.

Whoever changes any of it lets the epoch grow (`organizations.grow`), so that every worker reads anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from vault.base.ids import CLIENT, ClientId, raw, show
from vault.store.database import Work

_ADD: Final = """
INSERT INTO vault.client (organization, id, key, recorded_at)
SELECT $1, id, key, $4 FROM unnest($2::uuid[], $3::text[]) AS new (id, key) ON CONFLICT (organization, key) DO NOTHING
"""
_READ: Final = """
SELECT id, key, suspended_at, not_before,
  ARRAY(SELECT digest FROM vault.client_secret s WHERE s.organization = $1 AND s.client = c.id
        ORDER BY recorded_at, digest) AS secrets
FROM vault.client c WHERE organization = $1
"""
_KEEP: Final = "INSERT INTO vault.client_secret (organization, client, digest, recorded_at) VALUES ($1, $2, $3, $4)"
_SECRETS: Final = """
SELECT digest, recorded_at FROM vault.client_secret WHERE organization = $1 AND client = $2 ORDER BY recorded_at, digest
"""
_DROP: Final = """
DELETE FROM vault.client_secret WHERE organization = $1 AND client = $2 AND digest NOT IN (
  SELECT digest FROM vault.client_secret WHERE organization = $1 AND client = $2
  ORDER BY recorded_at DESC, digest DESC LIMIT $3
) RETURNING 1
"""
_SUSPEND: Final = """
UPDATE vault.client SET suspended_at = coalesce(suspended_at, $3) WHERE organization = $1 AND id = $2
"""
_RESUME: Final = "UPDATE vault.client SET suspended_at = NULL WHERE organization = $1 AND id = $2"
_END_TOKENS: Final = """
UPDATE vault.client SET not_before = greatest(not_before, $3) WHERE organization = $1 AND id = $2
"""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A client as it stands, beside what the organization file says of it. `secrets` are SHA-256, oldest first."""

    id: ClientId
    secrets: tuple[bytes, ...] = ()
    suspended_at: datetime | None = None
    not_before: datetime | None = None


async def add(work: Work, clients: dict[str, ClientId], *, recorded_at: datetime) -> None:
    """Give clients ids by key; one that has an id keeps it."""
    await work.fetch(_ADD, work.own, [raw(own) for own in clients.values()], list(clients), recorded_at)


async def read(work: Work) -> dict[str, Kept]:
    """Return all clients there ever were, by key."""
    return {
        row["key"]: Kept(
            id=show(CLIENT, row["id"]),
            secrets=tuple(row["secrets"]),
            suspended_at=row["suspended_at"],
            not_before=row["not_before"],
        )
        for row in await work.fetch(_READ, work.own)
    }


async def add_secret(work: Work, client: ClientId, *, digest: bytes, recorded_at: datetime) -> None:
    """Keep the SHA-256 of a new secret."""
    await work.fetch(_KEEP, work.own, raw(client), digest, recorded_at)


async def secrets(work: Work, client: ClientId) -> dict[bytes, datetime]:
    """Return when each of a client's secrets was made, by its SHA-256, oldest first."""
    return {row["digest"]: row["recorded_at"] for row in await work.fetch(_SECRETS, work.own, raw(client))}


async def drop_secrets(work: Work, client: ClientId, *, but: int) -> int:
    """Drop all of a client's secrets but so many of the newest; return how many went."""
    return len(await work.fetch(_DROP, work.own, raw(client), but))


async def suspend(work: Work, client: ClientId, *, at: datetime) -> None:
    """Let a client do nothing any more; one that is suspended stays so since it was."""
    await work.fetch(_SUSPEND, work.own, raw(client), at)


async def resume(work: Work, client: ClientId) -> None:
    """Let a client act again."""
    await work.fetch(_RESUME, work.own, raw(client))


async def end_tokens(work: Work, client: ClientId, *, before: datetime) -> None:
    """Let a client's tokens issued before an instant count for nothing; the instant never moves back."""
    await work.fetch(_END_TOKENS, work.own, raw(client), before)
