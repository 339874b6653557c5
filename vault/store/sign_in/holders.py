"""Holders: the customers who have an address, with what is needed to write to them and to tell them apart."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from vault.base.ids import CONTACT_POINT, CUSTOMER, SUBJECT, ContactPointId, CustomerId, Subject, raw, show
from vault.base.personal import Personal
from vault.domain.sign_in.whose import FIRST_NAME
from vault.store.customer import brought
from vault.store.database import Work
from vault.store.keys import VERSION, CustomerKey, Safe

_COLUMNS: Final = """
SELECT p.customer, coalesce(c.family, c.id) AS person, p.id, p.sealed, p.verified_at IS NOT NULL AS verified,
  p.is_primary, c.locale, s.subject,
  k.version, k.wrapped, a.sealed AS name
"""
_MORE: Final = f"""
JOIN vault.customer c ON c.organization = p.organization AND c.id = p.customer AND c.erased_at IS NULL
JOIN keystore.subject s ON s.organization = p.organization AND s.customer = p.customer
JOIN keystore.customer_key k ON k.organization = p.organization AND k.customer = p.customer AND k.kind = 'data'
LEFT JOIN vault.attribute a ON a.organization = p.organization AND a.customer = p.customer AND a.name = $3
  AND {brought.stands("a")}
"""
_FIND: Final = f"""
{_COLUMNS} FROM keystore.blind_index i
JOIN vault.contact_point p ON p.organization = i.organization AND p.customer = i.customer AND p.id = i.owner
{_MORE} WHERE i.organization = $1 AND i.field = $2 AND i.version = $4 AND i.tag = $5
AND {brought.stands("i")} AND {brought.stands("p")} ORDER BY p.customer, p.id
"""
_OF: Final = f"""
{_COLUMNS} FROM vault.contact_point p {_MORE}
WHERE p.organization = $1 AND p.kind = $2 AND p.customer IN (
  SELECT $4::uuid UNION SELECT m.id FROM vault.customer f
  JOIN vault.customer m ON m.organization = $1 AND m.family = f.family WHERE f.organization = $1 AND f.id = $4
) AND {brought.stands("p")}
ORDER BY p.customer <> $4, p.verified_at IS NULL, p.is_primary DESC, p.id LIMIT 1
"""  # noqa: S608 - conditions of ours


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A customer who has an address. `address` and `first_name` are opened; neither outlives the request.

    `person` is the customer that stays of those who are one person.
    """

    customer: CustomerId
    person: CustomerId
    subject: Subject
    point: ContactPointId
    verified: bool
    locale: str | None
    address: Personal
    first_name: Personal | None


async def find(work: Work, safe: Safe, *, kind: str, tag: UUID) -> list[Holder]:
    """Return whoever has a contact point with this tag; one customer once."""
    rows = await work.fetch(_FIND, work.own, kind, FIRST_NAME, VERSION, tag)
    return list({row["customer"]: _holder(safe, row) for row in reversed(rows)}.values())[::-1]


async def of(work: Work, safe: Safe, *, customer: CustomerId, kind: str) -> Holder | None:
    """Return a customer with one contact point of a kind: one that is theirs first, then the primary one.

    Who was merged has those of all, their own first. None for who has none, or is not there.
    """
    rows = await work.fetch(_OF, work.own, kind, FIRST_NAME, raw(customer))
    return _holder(safe, rows[0]) if rows else None


def _holder(safe: Safe, row: Record) -> Holder:
    key = safe.open_key(row["customer"], "data", version=row["version"], wrapped=row["wrapped"])
    return Holder(
        customer=show(CUSTOMER, row["customer"]),
        person=show(CUSTOMER, row["person"]),
        subject=show(SUBJECT, row["subject"]),
        point=show(CONTACT_POINT, row["id"]),
        verified=row["verified"],
        locale=row["locale"],
        address=safe.open(key, "contact_point", column="value", row=row["id"], sealed=row["sealed"]),
        first_name=_name(safe, key, row=row),
    )


def _name(safe: Safe, key: CustomerKey, *, row: Record) -> Personal | None:
    if row["name"] is None:
        return None
    return safe.open(key, "attribute", column=FIRST_NAME, row=row["customer"], sealed=row["name"])
