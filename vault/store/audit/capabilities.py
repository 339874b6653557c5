"""Capabilities, each found by the SHA-256 of its secret: whoever has one reads the log until it is ended."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from vault.base.ids import CAPABILITY, ORGANIZATION, CapabilityId, OrganizationId, raw, show
from vault.store.database import Work

# One statement for whatever may be wrong.
_FIND: Final = """
SELECT c.organization FROM vault.log_state s
JOIN vault.log_capability c ON c.organization = s.organization AND c.digest = $2 AND c.ended_at IS NULL
WHERE s.slug = $1
"""
_ADD: Final = """
INSERT INTO vault.log_capability (organization, id, digest, made_by, made_at) VALUES ($1, $2, $3, $4, $5)
"""
_END: Final = """
UPDATE vault.log_capability SET ended_at = $3 WHERE organization = $1 AND id = $2 AND ended_at IS NULL RETURNING 1
"""
_ALL: Final = """
SELECT id, made_by, made_at, ended_at FROM vault.log_capability WHERE organization = $1 ORDER BY id
"""


class Capability(msgspec.Struct, frozen=True, kw_only=True):
    """A capability as it is shown: who made it, and whether it was ended. Its secret is kept nowhere."""

    id: CapabilityId
    made_by: str
    made_at: datetime
    ended_at: datetime | None = None


async def find(work: Work, slug: str, *, digest: bytes) -> OrganizationId | None:
    """Return whose log it is, if this capability is good for the log of that name."""
    rows = await work.fetch(_FIND, slug, digest)
    return show(ORGANIZATION, rows[0]["organization"]) if rows else None


async def add(work: Work, capability: Capability, *, digest: bytes) -> None:
    """Keep a new capability."""
    made = (capability.made_by, capability.made_at)
    await work.fetch(_ADD, work.own, raw(capability.id), digest, *made)


async def end(work: Work, capability: CapabilityId, *, at: datetime) -> bool:
    """End a capability; false if there is none that could be."""
    return bool(await work.fetch(_END, work.own, raw(capability), at))


async def every(work: Work) -> list[Capability]:
    """Return all there ever were, oldest first."""
    return [
        Capability(
            id=show(CAPABILITY, row["id"]),
            made_by=row["made_by"],
            made_at=row["made_at"],
            ended_at=row["ended_at"],
        )
        for row in await work.fetch(_ALL, work.own)
    ]
