"""Requests by right, as they are kept: what anybody wrote lies sealed beside them. They go with their customer."""

from __future__ import annotations

from typing import Final

import msgspec
from asyncpg import Record

from vault.base.ids import CUSTOMER, REQUEST, SUBJECT, CustomerId, ImportId, RequestId, Subject, raw, show
from vault.domain.rights.request import Request
from vault.store.customer import merges
from vault.store.database import Work

_COLUMNS: Final = """
r.id, r.customer, s.subject, r.wanted, r.field, r.asked_at, r.extended_at, r.closed_at, r.outcome,
r.words, r.extended_because, r.refused_because
"""
_FROM: Final = f"""
SELECT {_COLUMNS} FROM vault.rights_request r
JOIN keystore.subject s ON s.organization = r.organization AND s.customer = r.customer
"""  # noqa: S608 - columns of ours
_OF: Final = f"{_FROM} WHERE r.organization = $1 AND r.customer = $2 ORDER BY r.id DESC"
_ONE: Final = f"{_FROM} WHERE r.organization = $1 AND r.id = $2"
_PAGE: Final = f"""
{_FROM} WHERE r.organization = $1 AND (r.outcome IS NULL OR NOT $2) AND ($3::uuid IS NULL OR r.id > $3)
ORDER BY r.id LIMIT $4
"""
_ANSWERED: Final = f"""
{_FROM} WHERE r.organization = $1 AND r.outcome IS NOT NULL ORDER BY r.closed_at DESC, r.id LIMIT $2
"""
_KEEP: Final = """
INSERT INTO vault.rights_request (organization, customer, id, wanted, field, asked_at, words, extended_at,
  extended_because, closed_at, outcome, refused_because, brought_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (organization, customer, id) DO UPDATE
SET extended_at = excluded.extended_at, extended_because = excluded.extended_because,
  closed_at = excluded.closed_at, outcome = excluded.outcome, refused_because = excluded.refused_because
"""
_SINCE: Final = """
SELECT restricted_since FROM vault.customer WHERE organization = $1 AND id = ANY ($2::uuid[])
AND restricted_since IS NOT NULL LIMIT 1
"""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A request, whose it is, and what was written of it, each still sealed. `brought_by` is an import that told it."""

    customer: CustomerId
    subject: Subject
    request: Request
    words: bytes | None = None
    extended_because: bytes | None = None
    refused_because: bytes | None = None
    brought_by: ImportId | None = None


async def of(work: Work, customer: CustomerId) -> list[Kept]:
    """Return what a customer asked for, the newest first."""
    return [_kept(row) for row in await work.fetch(_OF, work.own, raw(customer))]


async def one(work: Work, request: RequestId) -> Kept | None:
    """Return a request by its id; none where there is none, or none any more."""
    rows = await work.fetch(_ONE, work.own, raw(request))
    return _kept(rows[0]) if rows else None


async def page(work: Work, *, only_open: bool, after: RequestId | None, limit: int) -> list[Kept]:
    """Return requests of all customers in the order in which they were asked for."""
    start = None if after is None else raw(after)
    return [_kept(row) for row in await work.fetch(_PAGE, work.own, only_open, start, limit)]


async def answered(work: Work, *, limit: int) -> list[Kept]:
    """Return those that were answered or taken back last."""
    return [_kept(row) for row in await work.fetch(_ANSWERED, work.own, limit)]


async def keep(work: Work, kept: Kept) -> None:
    """Store a request, or how it stands by now. Under the lock of whoever asked."""
    one = kept.request
    await work.fetch(
        _KEEP,
        work.own,
        raw(kept.customer),
        raw(one.id),
        one.right,
        one.field,
        one.asked_at,
        kept.words,
        one.extended_at,
        kept.extended_because,
        one.closed_at,
        one.outcome,
        kept.refused_because,
        kept.brought_by and raw(kept.brought_by),
    )


async def is_restricted(work: Work, customer: CustomerId) -> bool:
    """Whether a customer's data is kept and not used; of whoever was merged, that of any of them."""
    members = await merges.members(work, customer)
    return bool(await work.fetch(_SINCE, work.own, [raw(one) for one in members]))


def _kept(row: Record) -> Kept:
    return Kept(
        customer=show(CUSTOMER, row["customer"]),
        subject=show(SUBJECT, row["subject"]),
        request=Request(
            id=show(REQUEST, row["id"]),
            right=row["wanted"],
            asked_at=row["asked_at"],
            field=row["field"],
            extended_at=row["extended_at"],
            closed_at=row["closed_at"],
            outcome=row["outcome"],
        ),
        words=row["words"],
        extended_because=row["extended_because"],
        refused_because=row["refused_because"],
    )
