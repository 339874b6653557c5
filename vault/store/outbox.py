"""The outbox: sealed messages, each from the transaction that made it until its delivery is over.

Whoever takes one is its only taker. One whose delivery was begun is not given out again to be sent: when its time is up
it is given out once more, to be told of and dropped.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from vault.base.ids import CustomerId, MessageId, raw
from vault.store.database import Work

_ADD: Final = """
INSERT INTO vault.outbox (organization, customer, id, kind, message, attempts, due_at, begun, expires_at)
VALUES ($1, $2, $3, $4, $5, 0, clock_timestamp(), false, date_trunc('second', $6::timestamptz))
"""


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it is kept."""

    customer: CustomerId
    id: MessageId
    kind: str
    message: bytes
    expires_at: datetime


async def add(work: Work, sealed: Sealed) -> None:
    """Keep a message, due at once."""
    await work.fetch(
        _ADD, work.own, raw(sealed.customer), raw(sealed.id), sealed.kind, sealed.message, sealed.expires_at
    )
