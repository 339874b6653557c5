"""When each key or secret of a client proved it last, to the minute."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from vault.base.ids import ClientId, raw
from vault.store.database import Work

Credential = tuple[ClientId, str]
"""A client, and what its key or secret is called."""

# In one order, so that of two processes neither waits for the other while that waits for it.
_KEEP: Final = """
INSERT INTO vault.client_use (organization, client, credential, used_at)
SELECT $1, client, credential, used_at
FROM unnest($2::uuid[], $3::text[], $4::timestamptz[]) AS new (client, credential, used_at) ORDER BY client, credential
ON CONFLICT (organization, client, credential) DO UPDATE SET used_at = greatest(client_use.used_at, excluded.used_at)
"""
_READ: Final = "SELECT credential, used_at FROM vault.client_use WHERE organization = $1 AND client = $2"


async def keep(work: Work, uses: Mapping[Credential, datetime]) -> None:
    """Keep when these were used."""
    clients, names = [raw(client) for client, _ in uses], [name for _, name in uses]
    await work.fetch(_KEEP, work.own, clients, names, [*uses.values()])


async def read(work: Work, client: ClientId) -> dict[str, datetime]:
    """Return when each credential of a client was used last, by its name."""
    return {row["credential"]: row["used_at"] for row in await work.fetch(_READ, work.own, raw(client))}
