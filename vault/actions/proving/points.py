"""The contact points of whoever acts, claims among them; and what a code that was typed back makes of one."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from vault.actions.acting import Acting
from vault.actions.customer import whole
from vault.actions.customer.points import Tagged, tag_point
from vault.base.errors import Unknown
from vault.base.ids import ContactPointId, CustomerId, Subject, raw
from vault.base.personal import Personal
from vault.domain.own.points import OwnPoint
from vault.store.customer import customers, fields, suppressions
from vault.store.customer.customers import NewPoint
from vault.store.keys import CustomerKey
from vault.store.own import claims


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point with its sealed value, and the tag by which it is stopped.

    `key` opens it: of whoever was merged, each lies under the key of its own holder.
    """

    point: OwnPoint
    tag: UUID
    sealed: bytes
    holder: CustomerId
    key: CustomerKey


async def held(act: Acting, key: CustomerKey) -> list[Held]:
    """Return the contact points of whoever acts, then what they typed and did not prove."""
    kept = await whole.points(act, act.actor.me)
    opening = {act.actor.me: key} | await whole.opened(act, {whose for whose, _ in kept} - {act.actor.me})
    kinds = [*{one.kind for _, one in kept}]
    read = [one for own in opening.values() for one in await fields.read(act.work, own, names=kinds)]
    sealed = {one.row: one.sealed for one in read if one.is_point}
    points = [
        Held(
            point=OwnPoint(
                id=one.id,
                kind=one.kind,
                primary=one.primary,
                verified_at=one.verified_at,
                stops=tuple(await suppressions.of(act.work, one.tag)),
            ),
            tag=one.tag,
            sealed=sealed[raw(one.id)],
            holder=whose,
            key=opening[whose],
        )
        for whose, one in kept
    ]
    return points + [
        Held(
            point=OwnPoint(id=one.id, kind=one.kind, claimed=True),
            tag=one.tag,
            sealed=one.sealed,
            holder=act.actor.me,
            key=key,
        )
        for one in await claims.of(act.work, act.actor.me)
    ]


def find(points: Sequence[Held], point: ContactPointId) -> Held:
    """Return one of them; `Unknown` for whatever is not theirs."""
    found = next((one for one in points if one.point.id == point), None)
    if found is None:
        raise Unknown("unknown_contact_point", "there is no such contact point")
    return found


def value(act: Acting, one: Held) -> Personal:
    """Open a contact point. To hand it out, only after the COMMIT of the entry that tells of it."""
    return act.here.safe.open(one.key, "contact_point", column="value", row=raw(one.point.id), sealed=one.sealed)


def tagged(act: Acting, one: Held) -> Tagged:
    """Return a contact point as it is written to and found by."""
    return tag_point(act.here, one.point.kind, value=value(act, one))


async def settle(act: Acting, one: Held, *, points: Sequence[Held], subject: Subject) -> None:
    """Note that a contact point is theirs; a claim becomes one."""
    point = one.point
    if point.claimed:
        read = tagged(act, one)
        new = NewPoint(
            id=point.id,
            kind=point.kind,
            sealed=one.sealed,
            tag=one.tag,
            found_by=read.found_by,
            primary=not any(other.point.kind == point.kind and other.point.primary for other in points),
            area=read.area,
        )
        await customers.add_points(act.work, act.actor.me, points=[new], recorded_at=act.now)
        await claims.drop(act.work, act.actor.me, claim=point.id)
        await act.log("contact_point_added", subject=subject, point=point.kind)
    await customers.verify(act.work, one.holder, point=point.id, at=act.now)
    await act.log("contact_point_verified", subject=subject, point=point.kind)
