"""Sealed fields about to leave, with the keys that open them: read in the deciding transaction, opened after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from vault.base.ids import ContactPointId, CustomerId, raw
from vault.base.personal import Personal
from vault.domain.organization import CONTACT
from vault.store.customer import brought
from vault.store.database import Work
from vault.store.keys import Safe


def _text(*, attribute: str = "", point: str = "") -> str:
    return f"""
SELECT w.customer, k.version, k.wrapped, w.point,
  ARRAY(SELECT ROW(a.name, a.sealed) FROM vault.attribute a WHERE a.organization = $1
        AND a.customer = w.customer AND a.name = ANY (string_to_array(w.names, ',')) {attribute}) AS fields,
  (SELECT p.sealed FROM vault.contact_point p
   WHERE p.organization = $1 AND p.customer = w.customer AND p.id = w.point {point}) AS contact
FROM unnest($2::uuid[], $3::text[], $4::uuid[]) WITH ORDINALITY AS w (customer, names, point, place)
LEFT JOIN keystore.customer_key k ON k.organization = $1 AND k.customer = w.customer AND k.kind = 'data'
ORDER BY w.place
"""  # noqa: S608 - conditions of ours


_ALL: Final = _text()
_STANDING: Final = _text(attribute=f"AND {brought.stands('a')}", point=f"AND {brought.stands('p')}")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What may leave about one customer: attributes by key, and one contact point or none.

    `others` are all who are one person with the customer, in the order in which what they hold is taken.
    """

    customer: CustomerId
    others: tuple[CustomerId, ...] = ()
    attributes: tuple[str, ...]
    point: ContactPointId | None


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """The same, still sealed. A field that is not filled is not there. `others` lie each under a key of its own."""

    customer: UUID
    version: int | None
    wrapped: bytes | None
    fields: tuple[tuple[str, bytes], ...]
    point: UUID | None
    contact: bytes | None
    others: tuple[Sealed, ...] = ()

    @property
    def names(self) -> list[str]:
        """The fields that will leave."""
        own = [] if self.wrapped is None else [name for name, _ in self.fields] + [CONTACT] * (self.contact is not None)
        return sorted({*own, *(name for other in self.others for name in other.names)})


async def read(work: Work, safe: Safe, *, wanted: Sequence[Wanted], undone: bool = True) -> list[Sealed]:
    """Return the sealed fields in the order they are wanted; an erased customer's key is gone, and so are they.

    Whoever knows that no import was `undone` spares the looking for what one brought.
    """
    each = [(one, whose) for one in wanted for whose in (one.others or (one.customer,))]
    rows = await work.fetch(
        _STANDING if undone else _ALL,
        safe.organization,
        [raw(whose) for _, whose in each],
        [",".join(one.attributes) for one, _ in each],
        [one.point and raw(one.point) for one, _ in each],
    )
    found = iter(map(_sealed, rows))
    return [_one([next(found) for _ in (one.others or (one.customer,))]) for one in wanted]


def open_fields(safe: Safe, sealed: Sealed) -> dict[str, Personal]:
    """Open what leaves. Only after the COMMIT of the entry that tells of it."""
    released: dict[str, Personal] = {}
    for one in reversed((sealed, *sealed.others)):  # what the first holds is what leaves
        released |= _opened(safe, one)
    return released


def _one(found: Sequence[Sealed]) -> Sealed:
    first, *others = found
    return msgspec.structs.replace(first, others=tuple(others)) if others else first


def _sealed(row: asyncpg.Record) -> Sealed:
    return Sealed(
        customer=row["customer"],
        version=row["version"],
        wrapped=row["wrapped"],
        fields=tuple((name, sealed) for name, sealed in row["fields"]),
        point=row["point"],
        contact=row["contact"],
    )


def _opened(safe: Safe, sealed: Sealed) -> dict[str, Personal]:
    if sealed.version is None or sealed.wrapped is None:
        return {}
    key = safe.open_key(sealed.customer, "data", version=sealed.version, wrapped=sealed.wrapped)
    released = {
        name: safe.open(key, "attribute", column=name, row=sealed.customer, sealed=field)
        for name, field in sealed.fields
    }
    if sealed.contact is not None and sealed.point is not None:
        released[CONTACT] = safe.open(key, "contact_point", column="value", row=sealed.point, sealed=sealed.contact)
    return released
