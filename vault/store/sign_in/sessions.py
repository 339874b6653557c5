"""Sessions, each found by the SHA-256 of its cookie. One that is over is never found, and swept with the next to open.

Each request looks here: a session that was ended is over with the next request of every worker.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from vault.base.ids import CUSTOMER, SESSION, STAFF, CustomerId, SessionId, StaffId, raw, show
from vault.domain.sign_in.session import LASTING, How, Role
from vault.store.database import Work

_ADD: Final = """
WITH over AS (DELETE FROM keystore.session WHERE organization = $1 AND idle_until < clock_timestamp())
INSERT INTO keystore.session
  (organization, digest, id, role, how, customer, staff, signed_in_at, idle, idle_until, ends_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8::timestamptz + $9::interval, $10)
"""
# Written at most once a minute, so that reading pages is not writing.
_FIND: Final = """
WITH found AS (
  SELECT id, role, customer, staff, signed_in_at FROM keystore.session
  WHERE organization = $1 AND digest = $2 AND idle_until > clock_timestamp()
), seen AS (
  UPDATE keystore.session SET idle_until = least(ends_at, clock_timestamp() + idle)
  WHERE organization = $1 AND digest = $2 AND idle_until > clock_timestamp()
    AND idle_until < least(ends_at, clock_timestamp() + idle - interval '1 minute')
)
SELECT * FROM found
"""
_IS_OPEN: Final = """
SELECT 1 FROM keystore.session WHERE organization = $1 AND id = $2 AND idle_until > clock_timestamp()
"""
_RENEW: Final = "UPDATE keystore.session SET signed_in_at = $3 WHERE organization = $1 AND id = $2"
_CLOSE: Final = "DELETE FROM keystore.session WHERE organization = $1 AND id = $2"
_CLOSE_OF: Final = """
DELETE FROM keystore.session WHERE organization = $1 AND (customer = $2 OR staff = $3)
"""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it is kept, of a customer or of staff."""

    id: SessionId
    role: Role
    customer: CustomerId | None
    staff: StaffId | None
    signed_in_at: datetime


async def add(work: Work, session: Kept, *, digest: bytes, how: How) -> None:
    """Keep a session just opened."""
    lasting = LASTING[session.role]
    await work.fetch(
        _ADD,
        work.own,
        digest,
        raw(session.id),
        session.role,
        how,
        _maybe(session.customer),
        _maybe(session.staff),
        session.signed_in_at,
        lasting.idle,
        session.signed_in_at + lasting.whole,
    )


async def find(work: Work, digest: bytes) -> Kept | None:
    """Return the session of a cookie, which goes on with this; none for one that is over or never was."""
    rows = await work.fetch(_FIND, work.own, digest)
    return _kept(rows[0]) if rows else None


async def is_open(work: Work, session: SessionId) -> bool:
    """Whether it is still open: asked in the transaction of whatever is done in it."""
    return bool(await work.fetch(_IS_OPEN, work.own, raw(session)))


async def renew(work: Work, session: SessionId, *, at: datetime) -> None:
    """Note that whoever is signed in has just shown it again. The session ends no later for it."""
    await work.fetch(_RENEW, work.own, raw(session), at)


async def close(work: Work, session: SessionId) -> None:
    """End a session."""
    await work.fetch(_CLOSE, work.own, raw(session))


async def close_all(work: Work, *, customer: CustomerId | None = None, staff: StaffId | None = None) -> None:
    """End every session of somebody."""
    await work.fetch(_CLOSE_OF, work.own, _maybe(customer), _maybe(staff))


def _kept(row: Record) -> Kept:
    return Kept(
        id=show(SESSION, row["id"]),
        role=row["role"],
        customer=None if row["customer"] is None else show(CUSTOMER, row["customer"]),
        staff=None if row["staff"] is None else show(STAFF, row["staff"]),
        signed_in_at=row["signed_in_at"],
    )


def _maybe(shown: str | None) -> UUID | None:
    return None if shown is None else raw(shown)
