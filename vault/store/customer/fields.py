"""Sealed fields of one customer, by the names that somebody asks for with a reason: attributes, contact points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from vault.base.personal import Personal
from vault.store.customer import brought
from vault.store.database import Work
from vault.store.keys import CustomerKey, Safe

_READ: Final = f"""
SELECT a.name AS field, a.customer AS row, a.sealed, false AS is_point FROM vault.attribute a
WHERE a.organization = $1 AND a.customer = $2 AND a.name = ANY ($3::text[]) AND {brought.stands("a")}
UNION ALL SELECT p.kind, p.id, p.sealed, true FROM vault.contact_point p
WHERE p.organization = $1 AND p.customer = $2 AND p.kind = ANY ($3::text[]) AND {brought.stands("p")} ORDER BY 1, 2
"""  # noqa: S608 - conditions of ours


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed field: an attribute by its key, or a contact point by its kind."""

    field: str
    row: UUID
    sealed: bytes
    is_point: bool


async def read(work: Work, key: CustomerKey, *, names: Sequence[str]) -> list[Field]:
    """Return what is filled of these fields, still sealed, by name."""
    return [Field(**row) for row in await work.fetch(_READ, work.own, key.customer, [*names])]


def unseal(safe: Safe, key: CustomerKey, *, field: Field) -> Personal:
    """Open a field. Only after the COMMIT of the entry that tells of it."""
    table, column = ("contact_point", "value") if field.is_point else ("attribute", field.field)
    return safe.open(key, table, column=column, row=field.row, sealed=field.sealed)
