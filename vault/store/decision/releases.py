"""Sealed fields about to leave, with the keys that open them: read in the deciding transaction, opened after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from vault.base.ids import ContactPointId, CustomerId, raw
from vault.base.personal import Personal
from vault.domain.organization import CONTACT
from vault.store.database import Work
from vault.store.keys import Safe

_SEALED: Final = """
SELECT w.customer, k.version, k.wrapped, w.point,
  ARRAY(SELECT ROW(a.name, a.sealed) FROM vault.attribute a WHERE a.organization = $1
        AND a.customer = w.customer AND a.name = ANY (string_to_array(w.names, ','))) AS fields,
  (SELECT p.sealed FROM vault.contact_point p
   WHERE p.organization = $1 AND p.customer = w.customer AND p.id = w.point) AS contact
FROM unnest($2::uuid[], $3::text[], $4::uuid[]) WITH ORDINALITY AS w (customer, names, point, place)
LEFT JOIN keystore.customer_key k ON k.organization = $1 AND k.customer = w.customer AND k.kind = 'data'
ORDER BY w.place
"""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What may leave about one customer: attributes by key, and one contact point or none."""

    customer: CustomerId
    attributes: tuple[str, ...]
    point: ContactPointId | None


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """The same, still sealed. A field that is not filled is not there."""

    customer: UUID
    version: int | None
    wrapped: bytes | None
    fields: tuple[tuple[str, bytes], ...]
    point: UUID | None
    contact: bytes | None

    @property
    def names(self) -> list[str]:
        """The fields that will leave."""
        if self.wrapped is None:
            return []
        return sorted([name for name, _ in self.fields] + ([CONTACT] if self.contact is not None else []))


async def read(work: Work, safe: Safe, *, wanted: Sequence[Wanted]) -> list[Sealed]:
    """Return the sealed fields in the order they are wanted; an erased customer's key is gone, and so are they."""
    rows = await work.fetch(
        _SEALED,
        safe.organization,
        [raw(one.customer) for one in wanted],
        [",".join(one.attributes) for one in wanted],
        [one.point and raw(one.point) for one in wanted],
    )
    return [
        Sealed(
            customer=row["customer"],
            version=row["version"],
            wrapped=row["wrapped"],
            fields=tuple((name, sealed) for name, sealed in row["fields"]),
            point=row["point"],
            contact=row["contact"],
        )
        for row in rows
    ]


def open_fields(safe: Safe, sealed: Sealed) -> dict[str, Personal]:
    """Open what leaves. Only after the COMMIT of the entry that tells of it."""
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
