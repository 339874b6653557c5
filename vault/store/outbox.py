"""The outbox: sealed messages, each from the transaction that made it until its delivery is over.

Who takes one is its only taker. One whose delivery was begun is never given out to be sent again, unless its taker put
it back: when its taker's time is over it is given out once more, to be told of and dropped.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from vault.base.ids import (
    CUSTOMER,
    MESSAGE,
    ORGANIZATION,
    SUBJECT,
    CustomerId,
    MessageId,
    OrganizationId,
    Subject,
    raw,
    show,
)
from vault.store.database import Work

_ADD: Final = """
INSERT INTO vault.outbox (organization, customer, id, kind, message, attempts, due_at, begun, expires_at)
VALUES ($1, $2, $3, $4, $5, 0, clock_timestamp(), false, date_trunc('second', $6::timestamptz))
"""
_READY: Final = "due_at <= now() AND ($1 OR begun OR expires_at <= now())"
_DUE: Final = f"SELECT organization FROM vault.outbox WHERE {_READY} GROUP BY 1 ORDER BY min(due_at) LIMIT 100"  # noqa: S608 - ours
_TAKE: Final = f"""
WITH taken AS (
  SELECT organization, customer, id, begun, expires_at <= now() AS expired FROM vault.outbox
  WHERE {_READY} AND organization = $2 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE vault.outbox o SET begun = true, attempts = o.attempts + 1, due_at = now() + $3::float8 * interval '1 second'
FROM taken t JOIN keystore.subject s ON s.organization = t.organization AND s.customer = t.customer
WHERE o.organization = t.organization AND o.customer = t.customer AND o.id = t.id
RETURNING o.customer, o.id, o.kind, o.message, o.attempts, t.begun, t.expired, s.subject
"""  # noqa: S608 - a condition of ours
_PUT_BACK: Final = """
UPDATE vault.outbox SET begun = false, due_at = least(now() + $4::float8 * interval '1 second', expires_at)
WHERE organization = $1 AND customer = $2 AND id = $3
"""
_DROP: Final = "DELETE FROM vault.outbox WHERE organization = $1 AND customer = $2 AND id = $3"
_OVERDUE: Final = """
SELECT count(*) AS n FROM vault.outbox WHERE organization = $1 AND due_at < now() - interval '1 minute'
"""

TAKEN_SECONDS: Final = 300
"""How long a taker has; whoever takes longer has died, or its outcome comes too late to be known."""


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it is kept."""

    customer: CustomerId
    id: MessageId
    kind: str
    message: bytes
    expires_at: datetime


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A message out for delivery, for the `attempts`th time. One that was `begun` before, or `expired`, is to drop."""

    customer: CustomerId
    subject: Subject
    id: MessageId
    kind: str
    message: bytes
    attempts: int
    begun: bool
    expired: bool


async def add(work: Work, sealed: Sealed) -> None:
    """Keep a message, due at once."""
    await work.fetch(
        _ADD, work.own, raw(sealed.customer), raw(sealed.id), sealed.kind, sealed.message, sealed.expires_at
    )


async def due(work: Work, *, sending: bool) -> list[OrganizationId]:
    """Return who has something due, the longest waiting first; unless `sending`, only what is to drop counts."""
    return [show(ORGANIZATION, row["organization"]) for row in await work.fetch(_DUE, sending)]


async def take(work: Work, *, sending: bool) -> Taken | None:
    """Take what is due the longest; with the COMMIT its delivery is begun. None when all is done, or others have it."""
    rows = await work.fetch(_TAKE, sending, work.own, TAKEN_SECONDS)
    if not rows:
        return None
    row = dict(rows[0])
    return Taken(
        customer=show(CUSTOMER, row.pop("customer")),
        subject=show(SUBJECT, row.pop("subject")),
        id=show(MESSAGE, row.pop("id")),
        **row,
    )


async def put_back(work: Work, taken: Taken, *, seconds: float) -> None:
    """Let a message wait so long for its next attempt, or until it expires."""
    await work.fetch(_PUT_BACK, work.own, raw(taken.customer), raw(taken.id), seconds)


async def drop(work: Work, taken: Taken) -> None:
    """Forget a message; nothing of it stays."""
    await work.fetch(_DROP, work.own, raw(taken.customer), raw(taken.id))


async def overdue(work: Work) -> int:
    """Return how many messages have been due for a minute, which no worker let happen."""
    rows = await work.fetch(_OVERDUE, work.own)
    return int(rows[0]["n"])
