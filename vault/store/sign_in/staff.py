"""Auditors and admins: an id and a role, and the invitations by which they get their first passkey. No names."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from asyncpg import Record

from vault.base.ids import STAFF, StaffId, raw, show
from vault.domain.sign_in.provider import StaffRole
from vault.store.database import Work

_ADD: Final = "INSERT INTO vault.staff (organization, id, role, tag, recorded_at) VALUES ($1, $2, $3, $4, $5)"
_LIST: Final = """
SELECT s.id, s.role, s.tag, s.recorded_at, count(p.id)::int AS passkeys FROM vault.staff s
LEFT JOIN keystore.passkey p ON p.organization = s.organization AND p.staff = s.id
WHERE s.organization = $1 AND ($2::uuid IS NULL OR s.id = $2)
GROUP BY s.organization, s.id ORDER BY s.id
"""
_HOLD: Final = "SELECT id, role FROM vault.staff WHERE organization = $1 AND id = $2 FOR UPDATE"
_HOLD_TAG: Final = "SELECT id, role FROM vault.staff WHERE organization = $1 AND tag = $2 FOR UPDATE"
_GIVE: Final = "UPDATE vault.staff SET role = $3 WHERE organization = $1 AND id = $2"
_REMOVE: Final = """
WITH invited AS (DELETE FROM keystore.invitation WHERE organization = $1 AND staff = $2),
  keyed AS (DELETE FROM keystore.passkey WHERE organization = $1 AND staff = $2)
DELETE FROM vault.staff WHERE organization = $1 AND id = $2
"""
_INVITE: Final = """
WITH over AS (DELETE FROM keystore.invitation WHERE organization = $1 AND ends_at < clock_timestamp())
INSERT INTO keystore.invitation (organization, digest, staff, ends_at) VALUES ($1, $2, $3, $4)
"""
_INVITED: Final = """
SELECT s.id, s.role FROM keystore.invitation i JOIN vault.staff s ON s.organization = i.organization AND s.id = i.staff
WHERE i.organization = $1 AND i.digest = $2 AND i.ends_at > clock_timestamp()
"""
_TAKE: Final = """
DELETE FROM keystore.invitation WHERE organization = $1 AND digest = $2 AND ends_at > clock_timestamp() RETURNING staff
"""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An auditor or admin."""

    id: StaffId
    role: StaffRole


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An auditor or admin with what they come in by."""

    id: StaffId
    role: StaffRole
    by_provider: bool
    passkeys: int
    recorded_at: datetime


async def add(work: Work, member: Member, *, tag: bytes | None, recorded_at: datetime) -> None:
    """Keep somebody; `tag` is theirs at the organization's sign-in provider."""
    await work.fetch(_ADD, work.own, raw(member.id), member.role, tag, recorded_at)


async def every(work: Work) -> list[Listed]:
    """Return all, oldest first."""
    return [_listed(row) for row in await work.fetch(_LIST, work.own, None)]


async def find(work: Work, staff: StaffId) -> Listed | None:
    """Return somebody, for whoever only looks."""
    rows = await work.fetch(_LIST, work.own, raw(staff))
    return _listed(rows[0]) if rows else None


async def hold(work: Work, staff: StaffId) -> Member | None:
    """Return somebody and hold their row until this work ends: who is being removed opens nothing meanwhile."""
    return _member(await work.fetch(_HOLD, work.own, raw(staff)))


async def hold_tag(work: Work, tag: bytes) -> Member | None:
    """Return who comes by the provider under this tag, and hold their row."""
    return _member(await work.fetch(_HOLD_TAG, work.own, tag))


async def give(work: Work, staff: StaffId, *, role: StaffRole) -> None:
    """Give somebody another role."""
    await work.fetch(_GIVE, work.own, raw(staff), role)


async def remove(work: Work, staff: StaffId) -> None:
    """Forget somebody, their passkeys and their invitations."""
    await work.fetch(_REMOVE, work.own, raw(staff))


async def invite(work: Work, staff: StaffId, *, digest: bytes, ends_at: datetime) -> None:
    """Keep the digest of an invitation."""
    await work.fetch(_INVITE, work.own, digest, raw(staff), ends_at)


async def invited(work: Work, digest: bytes) -> Member | None:
    """Return whom a link invites while it lasts."""
    return _member(await work.fetch(_INVITED, work.own, digest))


async def take(work: Work, digest: bytes) -> bool:
    """Use an invitation up; false where it was used or is over."""
    return bool(await work.fetch(_TAKE, work.own, digest))


def _member(rows: list[Record]) -> Member | None:
    return Member(id=show(STAFF, rows[0]["id"]), role=rows[0]["role"]) if rows else None


def _listed(row: Record) -> Listed:
    return Listed(
        id=show(STAFF, row["id"]),
        role=row["role"],
        by_provider=row["tag"] is not None,
        passkeys=row["passkeys"],
        recorded_at=row["recorded_at"],
    )
