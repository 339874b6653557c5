"""Contact points and references on their way in: normalised, tagged, held against erasure marks, then sealed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from vault.actions.acting import Acting
from vault.actions.vault import Here
from vault.base.errors import Conflict, Denied, Invalid
from vault.base.ids import CONTACT_POINT, ContactPointId, CustomerId, raw
from vault.base.personal import Personal
from vault.domain.contact_point import Normalised, normalise
from vault.domain.customer import NewContactPoint
from vault.domain.decision.question import Reference
from vault.domain.timing.area import area_of
from vault.store.customer import customers, merges, suppressions
from vault.store.customer.customers import NewPoint, NewReference
from vault.store.decision.questions import Sought
from vault.store.keys import REFERENCE, CustomerKey


class Tagged(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point or reference that could be read: what is kept, how it is found, how it is stopped."""

    kind: str
    value: Personal
    found_by: UUID
    tag: UUID
    primary: bool = False
    area: str | None = None

    @property
    def sought(self) -> Sought:
        """The place in the blind index."""
        return self.kind, self.found_by


def read_point(here: Here, kind: str, *, value: Personal) -> Normalised:
    """Read a contact point; `Invalid` when no channel reaches its kind, or it cannot be read."""
    if all(channel.reaches != kind for channel in here.organization.channels.values()):
        raise Invalid(
            "unknown_contact_point_kind", "no channel of this organization reaches this kind of contact point"
        )
    return normalise(kind, value, region=here.organization.region)


def tag_point(here: Here, kind: str, *, value: Personal, primary: bool = False) -> Tagged:
    """Read and tag a contact point; `Invalid` as `read_point` says."""
    read = read_point(here, kind, value=value)
    index = read.index.reveal().encode()
    return Tagged(
        kind=kind,
        value=read.value,
        found_by=here.safe.index(kind, index),
        tag=here.safe.suppression(kind, index),
        primary=primary,
        area=area_of(kind, read.value),
    )


def tag_reference(here: Here, reference: Reference) -> Tagged:
    """Tag an external reference. `kind` is then the system it is of."""
    source, own = reference.source.encode(), reference.id.reveal().encode()
    return Tagged(
        kind=reference.source,
        value=reference.id,
        found_by=here.safe.index(REFERENCE, source, own),
        tag=reference_tag(here, reference.source, own=own),
    )


def reference_tag(here: Here, source: str, *, own: bytes) -> UUID:
    """Return the tag by which a reference bears an erasure mark."""
    return here.safe.reference(source, own)


def tag_points(here: Here, points: Iterable[NewContactPoint]) -> list[Tagged]:
    """Read and tag contact points, each value once."""
    found = (tag_point(here, point.kind, value=point.value, primary=point.primary) for point in points)
    return list({tagged.tag: tagged for tagged in found}.values())


async def refuse_erased(act: Acting, tagged: Sequence[Tagged]) -> None:
    """Refuse values with an erasure mark: only the person in person brings them back."""
    if await suppressions.marked(act.work, [one.tag for one in tagged]):
        raise Denied("not_accepted", "a contact point or reference of this request may not be stored for anybody")


async def lock_tags(act: Acting, tagged: Sequence[Tagged]) -> None:
    """Wait for whoever registers the same values right now, so that one person does not become two."""
    await act.work.lock([one.found_by.int & (2**63 - 1) for one in tagged])


async def add_points(
    act: Acting, key: CustomerKey, *, customer: CustomerId, tagged: Sequence[Tagged]
) -> list[ContactPointId]:
    """Seal and store contact points; the first of its kind is the primary one, unless another says it is."""
    have = {point.kind for point in await customers.points(act.work, customer) if point.primary}
    wanting = {one.kind for one in tagged if one.primary}
    points: list[NewPoint] = []
    for one in tagged:
        own = act.id(CONTACT_POINT)
        primary = one.primary or (one.kind not in have and one.kind not in wanting)
        if primary:
            have.add(one.kind)
        sealed = act.here.safe.seal(
            key, "contact_point", column="value", row=raw(own), value=one.value.reveal().encode()
        )
        points.append(
            NewPoint(
                id=own,
                kind=one.kind,
                sealed=sealed,
                tag=one.tag,
                found_by=one.found_by,
                primary=primary,
                area=one.area,
            )
        )
    await customers.add_points(act.work, customer, points=points, recorded_at=act.now)
    for point in points:
        if point.primary and point.kind in wanting:
            await customers.set_primary(act.work, customer, kind=point.kind, point=point.id)
    return [point.id for point in points]


async def add_references(act: Acting, key: CustomerKey, *, customer: CustomerId, tagged: Sequence[Tagged]) -> None:
    """Seal and store external references; `Conflict` for one that is somebody else's."""
    found = await customers.find(act.work, [(REFERENCE, one.found_by) for one in tagged])
    owners = {owner for holders in found.values() for owner in holders} - {customer}
    if owners - {*await merges.members(act.work, customer)}:
        raise Conflict("conflicting_references", "a reference of this request belongs to another customer")
    new = [one for one in tagged if (REFERENCE, one.found_by) not in found]
    references: list[NewReference] = []
    for one in new:
        own = raw(act.id(CONTACT_POINT))
        sealed = act.here.safe.seal(key, "external_reference", column="id", row=own, value=one.value.reveal().encode())
        references.append(NewReference(id=own, source=one.kind, sealed=sealed, found_by=one.found_by))
    await customers.add_references(act.work, customer, references=references, recorded_at=act.now)
