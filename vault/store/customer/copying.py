"""All that is kept of one customer beside what they said: for the copy that is handed to them, and for nothing else."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from vault.base.ids import CustomerId, raw
from vault.base.personal import Personal
from vault.store.customer import brought
from vault.store.database import Work
from vault.store.keys import CustomerKey, Safe

_ROW: Final = """
SELECT locale, time_zone, minor_until, restricted_since, recorded_at AS registered_at FROM vault.customer
WHERE organization = $1 AND id = $2
"""
_ATTRIBUTES: Final = f"""
SELECT a.name, a.customer AS row, a.sealed FROM vault.attribute a
WHERE a.organization = $1 AND a.customer = $2 AND {brought.stands("a")} ORDER BY a.name
"""  # noqa: S608 - conditions of ours
_POINTS: Final = f"""
SELECT p.id AS row, p.kind, p.sealed, p.is_primary AS primary, p.verified_at, p.recorded_at FROM vault.contact_point p
WHERE p.organization = $1 AND p.customer = $2 AND {brought.stands("p")} ORDER BY p.id
"""  # noqa: S608 - conditions of ours
_REFERENCES: Final = f"""
SELECT r.id AS row, r.source, r.sealed, r.recorded_at FROM vault.external_reference r
WHERE r.organization = $1 AND r.customer = $2 AND {brought.stands("r")} ORDER BY r.id
"""  # noqa: S608 - conditions of ours
_SESSIONS: Final = "SELECT signed_in_at FROM keystore.session WHERE organization = $1 AND customer = $2 ORDER BY 1"
_PASSKEYS: Final = "SELECT count(*) FROM keystore.passkey WHERE organization = $1 AND customer = $2"


class CopiedField(msgspec.Struct, frozen=True, kw_only=True):
    """An attribute, opened."""

    name: str
    value: Personal


class CopiedPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point, opened."""

    kind: str
    value: Personal
    primary: bool
    verified_at: datetime | None
    recorded_at: datetime


class CopiedReference(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is called in another system, opened."""

    source: str
    id: Personal
    recorded_at: datetime


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What was read, still sealed: it is opened after the COMMIT of the entry that tells of it."""

    locale: str | None
    time_zone: str | None
    minor_until: date | None
    restricted_since: datetime | None
    registered_at: datetime
    attributes: list[Record]
    points: list[Record]
    references: list[Record]
    signed_in: tuple[datetime, ...]
    passkeys: int


async def read(work: Work, customer: CustomerId) -> Sealed:
    """Read everything of a customer whose row is held."""
    own = raw(customer)
    [row] = await work.fetch(_ROW, work.own, own)
    sessions = await work.fetch(_SESSIONS, work.own, own)
    [passkeys] = await work.fetch(_PASSKEYS, work.own, own)
    return Sealed(
        **dict(row),
        attributes=await work.fetch(_ATTRIBUTES, work.own, own),
        points=await work.fetch(_POINTS, work.own, own),
        references=await work.fetch(_REFERENCES, work.own, own),
        signed_in=tuple(one["signed_in_at"] for one in sessions),
        passkeys=passkeys["count"],
    )


def attributes(safe: Safe, key: CustomerKey, *, sealed: Sealed) -> tuple[CopiedField, ...]:
    """Open the attributes."""
    return tuple(
        CopiedField(name=row["name"], value=_open(safe, key, table="attribute", column=row["name"], row=row))
        for row in sealed.attributes
    )


def points(safe: Safe, key: CustomerKey, *, sealed: Sealed) -> tuple[CopiedPoint, ...]:
    """Open the contact points."""
    return tuple(
        CopiedPoint(
            kind=row["kind"],
            value=_open(safe, key, table="contact_point", column="value", row=row),
            primary=row["primary"],
            verified_at=row["verified_at"],
            recorded_at=row["recorded_at"],
        )
        for row in sealed.points
    )


def references(safe: Safe, key: CustomerKey, *, sealed: Sealed) -> tuple[CopiedReference, ...]:
    """Open the references."""
    return tuple(
        CopiedReference(
            source=row["source"],
            id=_open(safe, key, table="external_reference", column="id", row=row),
            recorded_at=row["recorded_at"],
        )
        for row in sealed.references
    )


def _open(safe: Safe, key: CustomerKey, *, table: str, column: str, row: Record) -> Personal:
    place: UUID = row["row"]
    return safe.open(key, table, column=column, row=place, sealed=row["sealed"])
