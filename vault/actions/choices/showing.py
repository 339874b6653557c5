"""Showing: what a customer allows, on one page, with as much of their own addresses as tells them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from vault.actions.acting import acting
from vault.actions.choices.preferences import wishes
from vault.actions.choices.saying import person_of
from vault.actions.customer import whole
from vault.actions.vault import Vault
from vault.base.ids import CONTACT_POINT, ContactPointId, show
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.choices.practice import SPAN
from vault.domain.choices.preference import Preferences
from vault.domain.choices.sheets import Sheet, sheets
from vault.domain.choices.signal import Kept, conflicts
from vault.domain.fact import Fact
from vault.domain.merging.whole import stricter_since
from vault.domain.standing import Instants
from vault.store.customer import fields
from vault.store.decision import reservations

_OPENED = ("email", "phone")


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """The sheets; `points` are values of contact points by their id; `facts` what was said, in full, by its id.

    `conflicts` are yeses that a browser's signal does not fit, or would not; `preferences` when and how they wish to be
    reached. `messages` are the instants of those allowed in the last 13 weeks, by purpose. `stricter_since` is when
    they were merged, where something is a no because of it.
    """

    sheets: tuple[Sheet, ...]
    points: Mapping[ContactPointId, Personal]
    facts: Mapping[str, Fact]
    conflicts: tuple[Kept, ...]
    preferences: Preferences
    messages: Mapping[str, Sequence[datetime]]
    is_locked: bool = False
    stricter_since: datetime | None = None

    def __repr__(self) -> str:
        return f"Allowed(sheets={len(self.sheets)})"


async def allowed(vault: Vault, actor: Actor) -> Allowed:
    """Return what whoever is signed in allows."""
    async with acting(vault, actor, name="me_consents") as act:
        person = await person_of(act)
        await act.log("consents_read", subject=person.subject)
        own = await whole.facts(act, person)
        found = sheets(act.here.organization, person, instants=Instants(now=act.now))
        unfit = conflicts(act.here.organization, person.facts, instants=Instants(now=act.now))
        messages = await reservations.since(act.work, await whole.subjects(act, person), at=act.now - SPAN)
        wished = await wishes(act, person.customer)
        opening = [*(await whole.opened(act, person.family or (person.customer,))).values()]
        sealed = [(key, one) for key in opening for one in await fields.read(act.work, key, names=_OPENED)]
    points = {
        show(CONTACT_POINT, one.row): fields.unseal(act.here.safe, key, field=one)
        for key, one in sealed
        if one.is_point
    }
    return Allowed(
        sheets=found,
        points=points,
        facts={one.id: one for one in own},
        conflicts=tuple(unfit),
        preferences=wished,
        messages=messages,
        is_locked=person.restricted_since is not None,
        stricter_since=stricter_since(person.facts, act.here.organization, instants=Instants(now=act.now)),
    )
