"""Contact points of one's own: added, shown to be theirs by a code, and taken away.

Whether anybody else has an address shows nowhere: whoever adds one works on rows of their own and on no other.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.customer.customers import locked
from vault.actions.customer.points import Tagged
from vault.actions.proving import codes, flows
from vault.actions.proving.flows import Proof, Waiting
from vault.actions.proving.points import Held, find, held, settle, tagged
from vault.actions.sign_in.reaching import read_reach
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.ids import CONTACT_POINT, ContactPointId, Subject, raw
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.own.points import PROVABLE, check_removal, check_room, next_primary
from vault.domain.sign_in.code import Wrong
from vault.store import keys
from vault.store.customer import customers
from vault.store.keys import CustomerKey
from vault.store.own import claims
from vault.store.own.claims import Claim


class Adding(msgspec.Struct, frozen=True, kw_only=True):
    """An address somebody typed; `instead` of one they have. `locale` is the page's."""

    typed: Personal
    locale: str
    instead: ContactPointId | None = None


async def add(vault: Vault, actor: Actor, *, adding: Adding) -> Waiting | None:
    """Send a code to an address that somebody says is theirs; none, and nothing sent, to one that was shown to be.

    `Invalid` for what cannot be read, or no code can be sent to; `TooMany`; `Unknown` for an `instead` not theirs.
    """
    async with acting(vault, actor, name="me_add_point") as act:
        read = read_reach(act.here, adding.typed)
        if read.kind not in PROVABLE:
            raise Invalid("not_provable", "no code can be sent to this kind of contact point yet")
        subject = await locked(act, actor.me)
        key = await _key(act)
        points = await held(act, key)
        if adding.instead is not None:
            find(points, adding.instead)
        known = next((one for one in points if one.tag == read.tag), None)
        if known is not None and known.point.verified_at is not None:
            return None
        if known is not None:
            point = known.point.id
        else:
            point = await _claim(act, key, points=points, read=read, subject=subject)
        proof = await codes.send(act, read, point=point, subject=subject, locale=adding.locale)
        instead = None if adding.instead == point else adding.instead
        return Waiting(point=point, flow=flows.sealed(act.here, msgspec.structs.replace(proof, instead=instead)))


async def send(
    vault: Vault, actor: Actor, *, point: ContactPointId, locale: str, instead: ContactPointId | None = None
) -> Waiting | None:
    """Send a code to a contact point that nobody has shown to be theirs; none where a code can show nothing.

    What it is to replace goes on waiting.
    """
    async with acting(vault, actor, name="me_prove_point") as act:
        subject = await locked(act, actor.me)
        key = await _key(act)
        one = find(await held(act, key), point)
        if not one.point.is_provable:
            return None
        proof = await codes.send(act, tagged(act, one), point=point, subject=subject, locale=locale)
        return Waiting(point=point, flow=flows.sealed(act.here, msgspec.structs.replace(proof, instead=instead)))


async def prove(vault: Vault, actor: Actor, *, proof: Proof, code: str) -> Wrong | None:
    """Show by a code that a contact point is theirs. What it was to replace goes with it."""
    async with acting(vault, actor, name="me_prove_point") as act:
        subject = await locked(act, actor.me)
        key = await _key(act)
        points = await held(act, key)
        one = find(points, proof.point)
        sent = await codes.prove(act, proof, code=code, subject=subject)
        if isinstance(sent, Wrong):
            return sent
        await settle(act, one, points=points, subject=subject)
        if proof.instead is not None:
            points = await held(act, key)
            old = next((other for other in points if other.point.id == proof.instead), None)
            if old is not None:
                await _remove(act, points, one=old, subject=subject)
        return None


async def remove(vault: Vault, actor: Actor, *, point: ContactPointId) -> None:
    """Take a contact point away; `Conflict` for the last address, `Unknown` for one that is not theirs."""
    async with acting(vault, actor, name="me_remove_point") as act:
        subject = await locked(act, actor.me)
        points = await held(act, await _key(act))
        await _remove(act, points, one=find(points, point), subject=subject)


async def _remove(act: Acting, points: Sequence[Held], *, one: Held, subject: Subject) -> None:
    me, own = act.actor.me, [other.point for other in points]
    check_removal(own, one.point)
    if one.point.claimed:
        await claims.drop(act.work, me, claim=one.point.id)
    else:
        await customers.drop_point(act.work, one.holder, point=one.point.id)
        if (heir := next_primary(own, one.point)) is not None:
            await customers.set_primary(act.work, find(points, heir).holder, kind=one.point.kind, point=heir)
    await act.log("contact_point_removed", subject=subject, point=one.point.kind)


async def _claim(
    act: Acting, key: CustomerKey, *, points: Sequence[Held], read: Tagged, subject: Subject
) -> ContactPointId:
    check_room([one.point for one in points])
    own = act.id(CONTACT_POINT)
    sealed = act.here.safe.seal(key, "contact_point", column="value", row=raw(own), value=read.value.reveal().encode())
    claim = Claim(id=own, kind=read.kind, sealed=sealed, tag=read.tag)
    await claims.add(act.work, act.actor.me, claim=claim, recorded_at=act.now)
    await act.log("contact_point_claimed", subject=subject, point=read.kind)
    return own


async def _key(act: Acting) -> CustomerKey:
    return await keys.opened(act.work, act.here.safe, customer=act.actor.me, kind="data")
