"""Assertions and proofs of possession that were used, by their ids, until nobody would believe them any more.

Each may be used once (RFC 7523 section 3, RFC 9449 section 11.1); which of two is the first, the primary key decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

from vault.base.ids import ClientId, raw
from vault.store.database import Work

Used = tuple[ClientId, str]
"""Whose it is, and its id."""

# In one order, so that of two works which use the same neither waits for the other while that waits for it.
_RESERVE: Final = """
INSERT INTO vault.assertion (organization, client, jti, expires_at)
SELECT $1, client, jti, expires_at
FROM unnest($2::uuid[], $3::bytea[], $4::timestamptz[]) AS new (client, jti, expires_at) ORDER BY client, jti
ON CONFLICT DO NOTHING RETURNING client, jti
"""
# Without an index on their end: that would cost each request more than it spares who sweeps them once a minute.
_SWEEP: Final = "DELETE FROM vault.assertion WHERE organization = $1 AND expires_at < clock_timestamp()"


async def reserve(work: Work, uses: Mapping[Used, datetime]) -> set[Used]:
    """Use them up, each until it ends, and return those that nobody used before."""
    names = {(raw(client), sha256(jti.encode()).digest()): (client, jti) for client, jti in uses}
    clients, ids = [client for client, _ in names], [name for _, name in names]
    rows = await work.fetch(_RESERVE, work.own, clients, ids, [*uses.values()])
    return {names[row["client"], row["jti"]] for row in rows}


async def sweep(work: Work) -> None:
    """Forget those that have ended."""
    await work.fetch(_SWEEP, work.own)
