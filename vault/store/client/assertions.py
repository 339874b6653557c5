"""Assertions and proofs of possession that were used, by their ids, until nobody would believe them any more.

Each may be used once (RFC 7523 section 3, RFC 9449 section 11.1); which of two is the first, the primary key decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

import asyncpg

from vault.base.ids import ClientId, raw
from vault.store import log
from vault.store.database import Work
from vault.store.log import Entry

Used = tuple[ClientId, str]
"""Whose it is, and its id."""

# In one order, so that of two works which use the same neither waits for the other while that waits for it.
_RESERVE: Final = """
INSERT INTO vault.assertion (organization, client, jti, expires_at)
SELECT $1, client, jti, expires_at
FROM unnest($2::uuid[], $3::bytea[], $4::timestamptz[]) AS new (client, jti, expires_at) ORDER BY client, jti
ON CONFLICT DO NOTHING RETURNING client, jti
"""
# What somebody used before is an error here, with which nothing at all is written.
_AT_ONCE: Final = log.adding("""
  INSERT INTO vault.assertion (organization, client, jti, expires_at)
  SELECT $1, client, jti, expires_at
  FROM unnest($4::uuid[], $5::bytea[], $6::timestamptz[]) AS new (client, jti, expires_at) ORDER BY client, jti
""")
# Without an index on their end: that would cost each request more than it spares who sweeps them once a minute.
_SWEEP: Final = "DELETE FROM vault.assertion WHERE organization = $1 AND expires_at < clock_timestamp()"


async def reserve(work: Work, uses: Mapping[Used, datetime]) -> set[Used]:
    """Use them up, each until it ends, and return those that nobody used before."""
    names = {_name(used): used for used in uses}
    rows = await work.fetch(_RESERVE, work.own, *_columns(uses))
    return {names[row["client"], row["jti"]] for row in rows}


async def use_up(work: Work, uses: Mapping[Used, datetime], *, entries: Sequence[Entry]) -> bool:
    """Use them up and write the entries that tell of it, in one statement; false, and nothing done, if one was used.

    Only in a work that is not whole: of a transaction, what fails here is the end.
    """
    try:
        await log.add(work, entries, *_columns(uses), by=_AT_ONCE)
    except asyncpg.UniqueViolationError as error:
        if error.table_name != "assertion":
            raise
        return False
    return True


def _name(used: Used) -> tuple[UUID, bytes]:
    client, jti = used
    return raw(client), sha256(jti.encode()).digest()


def _columns(uses: Mapping[Used, datetime]) -> tuple[list[UUID], list[bytes], list[datetime]]:
    names = [_name(used) for used in uses]
    return [client for client, _ in names], [jti for _, jti in names], [*uses.values()]


async def sweep(work: Work) -> None:
    """Forget those that have ended."""
    await work.fetch(_SWEEP, work.own)
