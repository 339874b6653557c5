"""Passkeys of customers and of staff, each found by the id its device tells, and the challenges already answered."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from vault.base.ids import CUSTOMER, STAFF, CustomerId, StaffId, raw, show
from vault.crypto.passkey import Passkey
from vault.store.database import Work

_ADD: Final = """
INSERT INTO keystore.passkey (organization, id, customer, staff, public_key, count, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING 1
"""
_OWNER: Final = "SELECT customer, staff FROM keystore.passkey WHERE organization = $1 AND id = $2"
_HOLD: Final = "SELECT id, public_key, count FROM keystore.passkey WHERE organization = $1 AND id = $2 FOR UPDATE"
_OF: Final = """
SELECT id FROM keystore.passkey WHERE organization = $1 AND (customer = $2 OR staff = $3) ORDER BY recorded_at
"""
_COUNT_ON: Final = "UPDATE keystore.passkey SET count = $3 WHERE organization = $1 AND id = $2"
_END: Final = "DELETE FROM keystore.passkey WHERE organization = $1 AND id = $2"
_END_OF: Final = "DELETE FROM keystore.passkey WHERE organization = $1 AND (customer = $2 OR staff = $3)"
_REFUSE: Final = "INSERT INTO keystore.no_passkey (organization, customer) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_REFUSED: Final = "SELECT 1 FROM keystore.no_passkey WHERE organization = $1 AND customer = $2"
_ANSWER: Final = """
WITH over AS (DELETE FROM keystore.challenge WHERE organization = $1 AND ends_at < clock_timestamp())
INSERT INTO keystore.challenge (organization, digest, ends_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1
"""


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a passkey is: one of the two."""

    customer: CustomerId | None = None
    staff: StaffId | None = None

    @property
    def shown(self) -> str:
        """Their id, as it is shown."""
        return str(self.customer if self.staff is None else self.staff)


async def add(work: Work, passkey: Passkey, *, owner: Owner, recorded_at: datetime) -> bool:
    """Keep a new passkey; false where there is one of that id already, whosever it is."""
    columns = _columns(owner)
    found = await work.fetch(_ADD, work.own, passkey.id, *columns, passkey.public_key, passkey.count, recorded_at)
    return bool(found)


async def owner(work: Work, passkey: bytes) -> Owner | None:
    """Return whose a passkey is. Lock theirs before `hold`: whoever removes somebody takes the two in this order."""
    rows = await work.fetch(_OWNER, work.own, passkey)
    if not rows:
        return None
    customer, staff = rows[0]["customer"], rows[0]["staff"]
    return Owner(
        customer=None if customer is None else show(CUSTOMER, customer),
        staff=None if staff is None else show(STAFF, staff),
    )


async def hold(work: Work, passkey: bytes) -> Passkey | None:
    """Return a passkey and hold its row until this work ends: one signature is judged at a time."""
    rows = await work.fetch(_HOLD, work.own, passkey)
    return Passkey(id=rows[0]["id"], public_key=rows[0]["public_key"], count=rows[0]["count"]) if rows else None


async def of(work: Work, owner: Owner) -> list[bytes]:
    """Return the ids of somebody's passkeys, oldest first."""
    return [row["id"] for row in await work.fetch(_OF, work.own, *_columns(owner))]


async def count_on(work: Work, passkey: Passkey) -> None:
    """Keep how often a passkey says that it has signed."""
    await work.fetch(_COUNT_ON, work.own, passkey.id, passkey.count)


async def end(work: Work, passkey: bytes) -> None:
    """Forget a passkey."""
    await work.fetch(_END, work.own, passkey)


async def end_of(work: Work, owner: Owner) -> None:
    """Forget every passkey of somebody, as an erasure does."""
    await work.fetch(_END_OF, work.own, *_columns(owner))


async def refuse(work: Work, customer: CustomerId) -> None:
    """Remember that a customer wants none."""
    await work.fetch(_REFUSE, work.own, raw(customer))


async def refused(work: Work, customer: CustomerId) -> bool:
    """Whether a customer wants none."""
    return bool(await work.fetch(_REFUSED, work.own, raw(customer)))


async def answer(work: Work, challenge: bytes, *, ends_at: datetime) -> bool:
    """Take an answer to a challenge; false where it was answered before."""
    return bool(await work.fetch(_ANSWER, work.own, sha256(challenge).digest(), ends_at))


def _columns(owner: Owner) -> tuple[UUID | None, UUID | None]:
    return (
        None if owner.customer is None else raw(owner.customer),
        None if owner.staff is None else raw(owner.staff),
    )
