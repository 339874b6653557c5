"""Customers: rows without values, sealed values beside them, and the tags by which they are found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from vault.base.ids import CONTACT_POINT, CUSTOMER, SUBJECT, ContactPointId, CustomerId, Subject, raw, show
from vault.domain.customer import CustomerShown, PointShown
from vault.store.customer import brought
from vault.store.database import Work
from vault.store.decision.questions import Sought
from vault.store.keys import REFERENCE, VERSION
from vault.store.tables import Attributes, BlindIndex, ContactPoints, Customers, ExternalReferences, Subjects

_LOCK: Final = """
SELECT s.subject FROM vault.customer c JOIN keystore.subject s ON s.organization = c.organization AND s.customer = c.id
WHERE c.organization = $1 AND c.id = $2 AND c.erased_at IS NULL FOR UPDATE OF c
"""
_FIND: Final = f"""
SELECT s.field, s.tag, i.customer FROM unnest($2::text[], $3::uuid[]) AS s (field, tag)
CROSS JOIN LATERAL (SELECT b.customer FROM keystore.blind_index b
                    WHERE b.organization = $1 AND b.field = s.field AND b.version = $4 AND b.tag = s.tag
                    AND {brought.stands("b")} OFFSET 0) AS i
"""  # noqa: S608 - a condition of ours
# Who sets a field again, or for the first time after an import was undone, sets it themselves.
_MINOR: Final = """
SELECT max(m.minor_until) AS until FROM vault.customer c
JOIN vault.customer m ON m.organization = $1 AND (m.id = $2 OR m.family = c.family)
WHERE c.organization = $1 AND c.id = $2
"""
_ATTRIBUTE: Final = """
INSERT INTO vault.attribute (organization, customer, name, sealed)
SELECT $1, $2, * FROM unnest($3::text[], $4::bytea[])
ON CONFLICT (organization, customer, name) DO UPDATE SET sealed = excluded.sealed, brought_by = NULL
"""
_POINTS: Final = f"""
SELECT p.id, p.kind, p.tag, p.is_primary, p.verified_at FROM vault.contact_point p
WHERE p.organization = $1 AND p.customer = $2 AND {brought.stands("p")} ORDER BY p.id
"""  # noqa: S608 - a condition of ours
# Whoever shows that a contact point is theirs has said so themselves, whatever brought it.
_VERIFY: Final = """
WITH found AS (UPDATE keystore.blind_index SET brought_by = NULL
               WHERE organization = $1 AND customer = $2 AND owner = $3 AND brought_by IS NOT NULL)
UPDATE vault.contact_point SET verified_at = $4, brought_by = NULL WHERE organization = $1 AND customer = $2 AND id = $3
"""
_FILLED: Final = f"""
SELECT ARRAY(SELECT a.name FROM vault.attribute a
             WHERE a.organization = $1 AND a.customer = $2 AND {brought.stands("a")}) AS names,
  ARRAY(SELECT r.source FROM vault.external_reference r
        WHERE r.organization = $1 AND r.customer = $2 AND {brought.stands("r")}) AS sources
"""  # noqa: S608 - conditions of ours


class NewPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point, sealed and tagged: `tag` for suppression, `found_by` for the blind index."""

    id: ContactPointId
    kind: str
    sealed: bytes
    tag: UUID
    found_by: UUID
    primary: bool
    area: str | None = None


class NewReference(msgspec.Struct, frozen=True, kw_only=True):
    """An external reference, sealed and tagged."""

    id: UUID
    source: str
    sealed: bytes
    found_by: UUID


class NewCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's row and bridge."""

    id: CustomerId
    subject: Subject
    locale: str | None
    time_zone: str | None
    minor_until: date | None = None
    country: str | None = None


class KeptPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point as it is kept, for whoever already holds the customer's row."""

    id: ContactPointId
    kind: str
    tag: UUID
    primary: bool
    verified_at: datetime | None


async def lock(work: Work, customer: CustomerId) -> Subject | None:
    """Hold the customer's row until this work ends; return the subject, or none for whoever is not there."""
    rows = await work.fetch(_LOCK, work.own, raw(customer))
    return show(SUBJECT, rows[0]["subject"]) if rows else None


async def of_subject(work: Work, subject: Subject) -> CustomerId | None:
    """Return whose subject it is; an erased customer's is nobody's."""
    query = Subjects.select(Subjects.customer).where(
        (Subjects.organization == work.own) & (Subjects.subject == raw(subject))
    )
    rows = await work.run(query)
    return show(CUSTOMER, rows[0]["customer"]) if rows else None


async def find(work: Work, sought: Sequence[Sought]) -> dict[Sought, list[CustomerId]]:
    """Return for each tag the customers who have it."""
    rows = await work.fetch(_FIND, work.own, [field for field, _ in sought], [tag for _, tag in sought], VERSION)
    found: dict[Sought, list[CustomerId]] = {}
    for row in rows:
        found.setdefault((row["field"], row["tag"]), []).append(show(CUSTOMER, row["customer"]))
    return found


async def subjects(work: Work, found: Sequence[CustomerId]) -> list[Subject]:
    """Return the subjects of these customers; an erased one has none."""
    if not found:
        return []
    query = Subjects.select(Subjects.subject).where(
        (Subjects.organization == work.own) & Subjects.customer.is_in([raw(customer) for customer in found])
    )
    return [show(SUBJECT, row["subject"]) for row in await work.run(query)]


async def minor_until(work: Work, customer: CustomerId) -> date | None:
    """Return the day on which a customer is of age; none for whoever is, or whose birth date nobody knows.

    Of whoever was merged it is the latest that is known of any of them.
    """
    rows = await work.fetch(_MINOR, work.own, raw(customer))
    minor: date | None = rows[0]["until"]
    return minor


async def locales(work: Work, found: Sequence[CustomerId]) -> list[str | None]:
    """Return in which language each of these customers is written to, as far as anybody knows."""
    if not found:
        return []
    query = Customers.select(Customers.locale).where(
        (Customers.organization == work.own) & Customers.id.is_in([raw(customer) for customer in found])
    )
    return [row["locale"] for row in await work.run(query)]


async def add(work: Work, customer: NewCustomer, *, recorded_at: datetime) -> None:
    """Store a customer and the bridge to the subject."""
    await work.run(
        Customers.insert(
            Customers(
                organization=work.own,
                id=raw(customer.id),
                locale=customer.locale,
                time_zone=customer.time_zone,
                minor_until=customer.minor_until,
                country=customer.country,
                recorded_at=recorded_at,
            )
        )
    )
    await work.run(
        Subjects.insert(Subjects(organization=work.own, customer=raw(customer.id), subject=raw(customer.subject)))
    )


async def update(work: Work, customer: CustomerId, *, values: Mapping[str, object]) -> None:
    """Set columns of a customer's row."""
    columns: dict[Any, Any] = dict(values)
    if columns:
        await work.run(Customers.update(columns).where(_row(work, customer)))


async def set_attributes(work: Work, customer: CustomerId, *, sealed: Mapping[str, bytes]) -> None:
    """Store sealed attributes, in the place of those there were."""
    if sealed:
        await work.fetch(_ATTRIBUTE, work.own, raw(customer), list(sealed), list(sealed.values()))


async def drop_attributes(work: Work, customer: CustomerId, *, names: Sequence[str]) -> None:
    """Take attributes away."""
    if names:
        await work.run(
            Attributes.delete().where(_of(work, Attributes, customer=customer) & Attributes.name.is_in(list(names)))
        )


async def add_points(work: Work, customer: CustomerId, *, points: Sequence[NewPoint], recorded_at: datetime) -> None:
    """Store contact points and their tags."""
    if not points:
        return
    await work.run(
        ContactPoints.insert(
            *(
                ContactPoints(
                    organization=work.own,
                    customer=raw(customer),
                    id=raw(point.id),
                    kind=point.kind,
                    sealed=point.sealed,
                    tag=point.tag,
                    is_primary=point.primary,
                    verified_at=None,
                    recorded_at=recorded_at,
                    area=point.area,
                )
                for point in points
            )
        )
    )
    await _index(work, customer, tags=[(point.kind, point.found_by, raw(point.id)) for point in points])


async def add_references(
    work: Work, customer: CustomerId, *, references: Sequence[NewReference], recorded_at: datetime
) -> None:
    """Store external references and their tags."""
    if not references:
        return
    await brought.make_room(work, [reference.found_by for reference in references])
    await work.run(
        ExternalReferences.insert(
            *(
                ExternalReferences(
                    organization=work.own,
                    customer=raw(customer),
                    id=reference.id,
                    source=reference.source,
                    sealed=reference.sealed,
                    recorded_at=recorded_at,
                )
                for reference in references
            )
        )
    )
    await _index(work, customer, tags=[(REFERENCE, reference.found_by, reference.id) for reference in references])


async def points(work: Work, customer: CustomerId) -> list[KeptPoint]:
    """Return a customer's contact points, without their values."""
    return [
        KeptPoint(
            id=show(CONTACT_POINT, row["id"]),
            kind=row["kind"],
            tag=row["tag"],
            primary=row["is_primary"],
            verified_at=row["verified_at"],
        )
        for row in await work.fetch(_POINTS, work.own, raw(customer))
    ]


async def verify(work: Work, customer: CustomerId, *, point: ContactPointId, at: datetime) -> None:
    """Note when a contact point proved to be the customer's."""
    await work.fetch(_VERIFY, work.own, raw(customer), raw(point), at)


async def set_primary(work: Work, customer: CustomerId, *, kind: str, point: ContactPointId) -> None:
    """Make one contact point the primary one of its kind."""
    await work.run(
        ContactPoints.update({ContactPoints.is_primary: False}).where(
            _of(work, ContactPoints, customer=customer) & (ContactPoints.kind == kind)
        )
    )
    await work.run(ContactPoints.update({ContactPoints.is_primary: True}).where(_point(work, customer, point=point)))


async def drop_point(work: Work, customer: CustomerId, *, point: ContactPointId) -> None:
    """Take a contact point and its tags away."""
    await work.run(ContactPoints.delete().where(_point(work, customer, point=point)))
    await work.run(
        BlindIndex.delete().where(_of(work, BlindIndex, customer=customer) & (BlindIndex.owner == raw(point)))
    )


async def show_customer(work: Work, customer: CustomerId, *, today: date) -> CustomerShown | None:
    """Return a customer without any value, or none for whoever is not there or was erased."""
    own = _row(work, customer) & Customers.erased_at.is_null()
    rows = await work.run(Customers.select(Customers.locale, Customers.time_zone, Customers.minor_until).where(own))
    if not rows:
        return None
    [filled] = await work.fetch(_FILLED, work.own, raw(customer))
    until = rows[0]["minor_until"]
    return CustomerShown(
        id=customer,
        contact_points=tuple(
            PointShown(id=point.id, kind=point.kind, primary=point.primary, verified_at=point.verified_at)
            for point in await points(work, customer)
        ),
        external=tuple(sorted(filled["sources"])),
        attributes=tuple(sorted(filled["names"])),
        locale=rows[0]["locale"],
        time_zone=rows[0]["time_zone"],
        minor=until is not None and today < until,
    )


async def _index(work: Work, customer: CustomerId, *, tags: Sequence[tuple[str, UUID, UUID]]) -> None:
    await work.run(
        BlindIndex.insert(
            *(
                BlindIndex(
                    organization=work.own,
                    field=field,
                    version=VERSION,
                    tag=tag,
                    customer=raw(customer),
                    owner=owner,
                )
                for field, tag, owner in tags
            )
        )
    )


# Piccolo builds conditions by comparison, which its types do not describe.
def _row(work: Work, customer: CustomerId) -> Any:
    return (Customers.organization == work.own) & (Customers.id == raw(customer))


def _of(work: Work, table: Any, *, customer: CustomerId) -> Any:
    return (table.organization == work.own) & (table.customer == raw(customer))


def _point(work: Work, customer: CustomerId, *, point: ContactPointId) -> Any:
    return _of(work, ContactPoints, customer=customer) & (ContactPoints.id == raw(point))
