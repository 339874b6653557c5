"""Claims: contact points that a customer typed and has not shown to be theirs. Whoever adds one sweeps the old.

They lie apart from contact points, so that no statement that looks for those can ever find one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from vault.base.ids import CONTACT_POINT, ContactPointId, CustomerId, raw, show
from vault.domain.own.points import CLAIMED
from vault.store.database import Work

_ADD: Final = """
WITH over AS (
  DELETE FROM vault.claimed_point WHERE organization = $1 AND recorded_at < clock_timestamp() - $8::interval
)
INSERT INTO vault.claimed_point (organization, customer, id, kind, sealed, tag, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_OF: Final = """
SELECT id, kind, sealed, tag FROM vault.claimed_point
WHERE organization = $1 AND customer = $2 AND recorded_at >= clock_timestamp() - $3::interval ORDER BY id
"""
_DROP: Final = "DELETE FROM vault.claimed_point WHERE organization = $1 AND customer = $2 AND id = $3"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim as it is kept: `tag` is the one a contact point of this value would have."""

    id: ContactPointId
    kind: str
    sealed: bytes
    tag: UUID


async def add(work: Work, customer: CustomerId, *, claim: Claim, recorded_at: datetime) -> None:
    """Keep a claim."""
    row = (raw(customer), raw(claim.id), claim.kind, claim.sealed, claim.tag)
    await work.fetch(_ADD, work.own, *row, recorded_at, CLAIMED)


async def of(work: Work, customer: CustomerId) -> list[Claim]:
    """Return a customer's claims that still wait, the oldest first."""
    rows = await work.fetch(_OF, work.own, raw(customer), CLAIMED)
    return [
        Claim(id=show(CONTACT_POINT, row["id"]), kind=row["kind"], sealed=row["sealed"], tag=row["tag"]) for row in rows
    ]


async def drop(work: Work, customer: CustomerId, *, claim: ContactPointId) -> None:
    """Take a claim away."""
    await work.fetch(_DROP, work.own, raw(customer), raw(claim))
