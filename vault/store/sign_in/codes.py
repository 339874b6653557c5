"""Codes and links that were sent, or would have been if anybody had the address. Each is kept until it ends.

Of a code only a digest is kept. Whoever adds one sweeps those that are over; an erasure takes those of its customer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from vault.base.ids import CLIENT, CUSTOMER, ClientId, CustomerId, raw, show
from vault.domain.sign_in.code import Purpose, Sent
from vault.store.database import Work

_COLUMNS: Final = "id, purpose, kind, tag, mailbox, customer, client, digest, tries, device, asked_at, ends_at"
_ADD: Final = f"""
WITH over AS (DELETE FROM keystore.code WHERE organization = $1 AND ends_at < clock_timestamp() - interval '1 day')
INSERT INTO keystore.code (organization, {_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""  # noqa: S608 - columns of ours
_TAKE: Final = f"SELECT {_COLUMNS} FROM keystore.code WHERE organization = $1 AND id = $2 FOR UPDATE"  # noqa: S608 - likewise
_LOOK: Final = f"SELECT {_COLUMNS} FROM keystore.code WHERE organization = $1 AND id = $2"  # noqa: S608 - likewise
# The newest alone: asking again makes those before it worthless.
_OF: Final = f"""
SELECT {_COLUMNS} FROM keystore.code
WHERE organization = $1 AND customer = $2 AND purpose = $3 AND client IS NOT DISTINCT FROM $4
ORDER BY asked_at DESC, id DESC LIMIT 1 FOR UPDATE
"""  # noqa: S608 - likewise
_MISS: Final = "UPDATE keystore.code SET tries = tries + 1 WHERE organization = $1 AND id = $2"
_DENY: Final = "UPDATE keystore.code SET purpose = 'denied', ends_at = $3 WHERE organization = $1 AND id = $2"
_DROP: Final = "DELETE FROM keystore.code WHERE organization = $1 AND id = $2"
_HELD: Final = """
SELECT max(ends_at) AS until FROM keystore.code WHERE organization = $1 AND tag = $2 AND ends_at > clock_timestamp()
  AND (tries >= $3 OR (purpose = 'denied' AND $4 = 'link'))
"""
_NOW: Final = "SELECT clock_timestamp() AS now"
_NOBODY: Final = """
WITH over AS (DELETE FROM keystore.letter_to_nobody WHERE organization = $1 AND ends_at < clock_timestamp())
INSERT INTO keystore.letter_to_nobody (organization, id, message, ends_at) VALUES ($1, $2, $3, $4)
"""


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A code or link, and whose it may be: of `customer`, or of whoever has what was typed and gets what was sent.

    `tag` is of what was typed, of `kind` e-mail or telephone; `mailbox` of what was written to.
    """

    id: UUID
    sent: Sent
    kind: str = ""
    tag: UUID | None = None
    mailbox: UUID | None = None
    customer: CustomerId | None = None
    client: ClientId | None = None


async def add(work: Work, code: Code) -> None:
    """Keep a code that is sent with this work."""
    sent = code.sent
    await work.fetch(
        _ADD,
        work.own,
        code.id,
        sent.purpose,
        code.kind,
        code.tag,
        code.mailbox,
        raw(code.customer) if code.customer is not None else None,
        raw(code.client) if code.client is not None else None,
        sent.digest,
        sent.tries,
        sent.device,
        sent.asked_at,
        sent.ends_at,
    )


async def take(work: Work, code: UUID) -> Code | None:
    """Hold a code until this work ends, so that two tries are two."""
    rows = await work.fetch(_TAKE, work.own, code)
    return _code(rows[0]) if rows else None


async def look(work: Work, code: UUID) -> Code | None:
    """Return a code without holding it."""
    rows = await work.fetch(_LOOK, work.own, code)
    return _code(rows[0]) if rows else None


async def take_of(work: Work, customer: CustomerId, *, purpose: Purpose, client: ClientId | None) -> Code | None:
    """Hold the newest code of a customer for this purpose."""
    of = raw(client) if client is not None else None
    rows = await work.fetch(_OF, work.own, raw(customer), purpose, of)
    return _code(rows[0]) if rows else None


async def miss(work: Work, code: UUID) -> None:
    """Count a try in vain."""
    await work.fetch(_MISS, work.own, code)


async def deny(work: Work, code: UUID, *, until: datetime) -> None:
    """Kill a link, and let it hold up the next ones until then."""
    await work.fetch(_DENY, work.own, code, until)


async def drop(work: Work, code: UUID) -> None:
    """Use a code up."""
    await work.fetch(_DROP, work.own, code)


async def held_until(work: Work, tag: UUID, *, most_tries: int, way: str) -> datetime | None:
    """Return until when nothing more is sent to what has this tag: too many tries, or for links a denied one."""
    [row] = await work.fetch(_HELD, work.own, tag, most_tries, way)
    until: datetime | None = row["until"]
    return until


async def now(work: Work) -> datetime:
    """Return PostgreSQL's time, by which codes end."""
    [row] = await work.fetch(_NOW)
    at: datetime = row["now"]
    return at


async def write_to_nobody(work: Work, message: bytes, *, name: UUID, ends_at: datetime) -> None:
    """Keep a letter that goes to nobody, as long as one that goes to somebody."""
    await work.fetch(_NOBODY, work.own, name, message, ends_at)


def _code(row: Record) -> Code:
    return Code(
        id=row["id"],
        kind=row["kind"],
        tag=row["tag"],
        mailbox=row["mailbox"],
        customer=None if row["customer"] is None else show(CUSTOMER, row["customer"]),
        client=None if row["client"] is None else show(CLIENT, row["client"]),
        sent=Sent(
            purpose=row["purpose"],
            digest=row["digest"],
            tries=row["tries"],
            asked_at=row["asked_at"],
            ends_at=row["ends_at"],
            device=row["device"],
        ),
    )
