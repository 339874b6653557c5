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
_HOLD: Final = """
SELECT id, customer, staff, public_key, count FROM keystore.passkey WHERE organization = $1 AND id = $2 FOR UPDATE
"""
_OF: Final = """
SELECT id FROM keystore.passkey WHERE organization = $1 AND (customer = $2 OR staff = $3) ORDER BY recorded_at
"""
_COUNT_ON: Final = "UPDATE keystore.passkey SET count = $3 WHERE organization = $1 AND id = $2"
_END: Final = "DELETE FROM keystore.passkey WHERE organization = $1 AND id = $2"
_END_OF: Final = "DELETE FROM keystore.passkey WHERE organization = $1 AND (customer = $2 OR staff = $3)"
_ANSWER: Final = """
WITH over AS (DELETE FROM keystore.challenge WHERE organization = $1 AND ends_at < clock_timestamp())
INSERT INTO keystore.challenge (organization, digest, ends_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1
"""


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a passkey is: one of the two."""

    customer: CustomerId | None = None
    staff: StaffId | None = None

    @property
    def own(self) -> UUID:
        """The id behind it."""
        return raw(self.staff or self.customer or "")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey and whose it is."""

    owner: Owner
    passkey: Passkey


async def add(work: Work, kept: Kept, *, recorded_at: datetime) -> bool:
    """Keep a new passkey; false where there is one of that id already, whosever it is."""
    key = kept.passkey
    found = await work.fetch(_ADD, work.own, key.id, *_columns(kept.owner), key.public_key, key.count, recorded_at)
    return bool(found)


async def hold(work: Work, passkey: bytes) -> Kept | None:
    """Return a passkey by its id and hold its row until this work ends: one signature is judged at a time."""
    rows = await work.fetch(_HOLD, work.own, passkey)
    if not rows:
        return None
    row = rows[0]
    owner = Owner(
        customer=None if row["customer"] is None else CustomerId(show(CUSTOMER, row["customer"])),
        staff=None if row["staff"] is None else StaffId(show(STAFF, row["staff"])),
    )
    return Kept(owner=owner, passkey=Passkey(id=row["id"], public_key=row["public_key"], count=row["count"]))


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


async def answer(work: Work, challenge: bytes, *, ends_at: datetime) -> bool:
    """Take an answer to a challenge; false where it was answered before."""
    return bool(await work.fetch(_ANSWER, work.own, sha256(challenge).digest(), ends_at))


def _columns(owner: Owner) -> tuple[UUID | None, UUID | None]:
    return (
        None if owner.customer is None else raw(owner.customer),
        None if owner.staff is None else raw(owner.staff),
    )
