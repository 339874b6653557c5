"""Suggestions: two records that may be one person's are put before somebody of staff, who sees kinds and never a value.

They are shown and decided on by pseudonym. Nothing is merged but by whoever decides it here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.customer.merging import keep_apart_in, merged_in, unmerged_in
from vault.actions.vault import Vault
from vault.base.errors import Unknown
from vault.base.ids import SUBJECT, CustomerId, Subject, read
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.merging.suggested import Joined, Pair, Side, compared
from vault.store import keys
from vault.store.customer import bridge, consents, customers, fields, merges
from vault.store.customer.merges import Suggestion

MOST: int = 20
"""How many pairs are put before somebody at a time."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be decided, the oldest records first; whether there is more; and what was merged last."""

    open: tuple[Pair, ...]
    more: bool
    merged: tuple[Joined, ...]


async def desk(vault: Vault, actor: Actor) -> Desk:
    """Return what is to be decided, and what was merged last."""
    async with acting(vault, actor, name="show_merge_suggestions") as act:
        found = await merges.suggested(act.work, limit=MOST + 1)
        pairs = [await _pair(act, one) for one in found[:MOST]]
        last = [
            Joined(kept=subjects[one.kept], joined=subjects[one.joined], at=one.at)
            for one in await merges.last(act.work, limit=MOST)
            for subjects in [await _subjects(act, one.kept, one.joined)]
        ]
        await act.log("merges_read", found=len(pairs))
        return Desk(open=tuple(pairs), more=len(found) > MOST, merged=tuple(last))


async def merge(vault: Vault, actor: Actor, *, one: str, other: str) -> None:
    """Make one person of two records, by their pseudonyms; the one that was there first stays."""
    async with acting(vault, actor, name="merge_customers") as act:
        await merges.alone(act.work)
        kept, joined = sorted([await _customer(act, one), await _customer(act, other)])
        await merged_in(act, kept=kept, joined=joined)


async def unmerge(vault: Vault, actor: Actor, *, joined: str) -> None:
    """Take back the merge by which a record joined another, by its pseudonym."""
    async with acting(vault, actor, name="unmerge_customer") as act:
        await merges.alone(act.work)
        await unmerged_in(act, await _customer(act, joined))


async def keep_apart(vault: Vault, actor: Actor, *, one: str, other: str) -> None:
    """Note that two records are two people's, by their pseudonyms."""
    async with acting(vault, actor, name="keep_customers_apart") as act:
        await keep_apart_in(act, one=await _customer(act, one), other=await _customer(act, other))


async def _customer(act: Acting, subject: str) -> CustomerId:
    read(SUBJECT, subject)
    found = await bridge.customer(act.work, Subject(subject))
    if found is None:
        raise Unknown("unknown_customer", "there is no such customer")
    return found


async def _subjects(act: Acting, *those: CustomerId) -> Mapping[CustomerId, Subject]:
    return {one: subject for one in those for subject in await customers.subjects(act.work, [one])}


async def _pair(act: Acting, suggested: Suggestion) -> Pair:
    one, other = suggested.one, suggested.other
    agree, differ = compared(await _values(act, one), await _values(act, other))
    tags = [{point.tag: point.kind for point in await customers.points(act.work, each)} for each in (one, other)]
    shared = sorted({tags[0][tag] for tag in tags[0].keys() & tags[1].keys()})
    return Pair(
        one=await _side(act, one),
        other=await _side(act, other),
        why=suggested.why,
        agree=(*shared, *agree),
        differ=differ,
    )


async def _side(act: Acting, customer: CustomerId) -> Side:
    [subject] = await customers.subjects(act.work, [customer])
    shown = await customers.show_customer(act.work, customer, today=act.now.date())
    if shown is None:
        raise Unknown("unknown_customer", "there is no such customer")
    return Side(
        subject=subject,
        since=await merges.known_since(act.work, customer),
        points=dict(Counter(point.kind for point in shown.contact_points)),
        sources=shown.external,
        fields=shown.attributes,
        said=len(await consents.read(act.work, subject)),
    )


async def _values(act: Acting, customer: CustomerId) -> Mapping[str, Personal]:
    """Open what is filled, to compare it here; it goes nowhere."""
    key = await keys.opened(act.work, act.here.safe, customer=customer, kind="data")
    names = [*act.here.organization.attributes]
    return {
        one.field: fields.unseal(act.here.safe, key, field=one)
        for one in await fields.read(act.work, key, names=names)
        if not one.is_point
    }
