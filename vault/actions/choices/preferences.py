"""Preferences: when and how somebody wishes to be reached, shown and changed; each change is an entry.

The next decision of every node sees it: it reads the row with the person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import structs

from vault.actions.acting import Acting, acting
from vault.actions.customer import whole
from vault.actions.customer.customers import locked
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.ids import CustomerId
from vault.domain.actor import Actor
from vault.domain.choices import how
from vault.domain.choices.at_most import SELDOM
from vault.domain.choices.how import Fault, kept
from vault.domain.choices.preference import PAUSES, Preference, Preferences, Wanted, changed, check, check_less
from vault.domain.entry import stamp
from vault.domain.merging.whole import wishes as together
from vault.store.customer import customers
from vault.store.customer import preferences as store


async def preferences(vault: Vault, actor: Actor, *, customer: CustomerId | None = None) -> Preferences:
    """Return what a customer wishes, or who acts; `Unknown` for whoever is not there."""
    async with acting(vault, actor, name="me_preferences" if customer is None else "show_preferences") as act:
        whom = customer or act.actor.me
        shown = await wishes(act, whom)
        for subject in await customers.subjects(act.work, [whom]):
            await act.log("preferences_read", subject=subject)
        return shown


async def prefer(vault: Vault, actor: Actor, *, wanted: Wanted, customer: CustomerId | None = None) -> Preferences:
    """Put what is wanted in the place of all that was wished before; `Denied` where a client would make it more."""
    async with acting(vault, actor, name="me_prefer" if customer is None else "prefer") as act:
        return await _prefer(act, customer or act.actor.me, wanted=wanted)


async def wish(vault: Vault, actor: Actor, *, fields: Mapping[str, str], languages: Sequence[str]) -> tuple[Fault, ...]:
    """Put down what a form of ours says whoever acts wishes; return what is wrong with it, and nothing is put down."""
    async with acting(vault, actor, name="me_prefer") as act:
        await locked(act, act.actor.me)
        before = await wishes(act, act.actor.me)
        found = how.wish(fields, before, organization=act.here.organization, languages=languages)
        if isinstance(found, Wanted):
            await _prefer(act, act.actor.me, wanted=found)
            return ()
        return found


async def pause(vault: Vault, actor: Actor, *, days: int) -> Preferences:
    """Have who acts left in peace for 30, 60 or 90 days from now."""
    if days not in PAUSES:
        raise Invalid("bad_pause", "a pause is 30, 60 or 90 days long")
    async with acting(vault, actor, name="me_prefer") as act:
        return await _pause(act, days=days)


async def end_pause(vault: Vault, actor: Actor) -> Preferences:
    """End the pause of who acts."""
    async with acting(vault, actor, name="me_prefer") as act:
        return await _pause(act, days=None)


async def narrow(act: Acting, customer: CustomerId, *, channel: str | None, paused_until: datetime | None) -> None:
    """Have adverts come over a channel once a month at most, or none until an instant; never more than before."""
    wanted = kept(await wishes(act, customer), act.here.organization)
    if channel is not None:
        wanted = structs.replace(wanted, at_most={**wanted.at_most, channel: SELDOM})
    if paused_until is not None:
        wanted = structs.replace(wanted, paused_until=max(paused_until, wanted.paused_until or paused_until))
    await _prefer(act, customer, wanted=wanted)


async def _pause(act: Acting, *, days: int | None) -> Preferences:
    await locked(act, act.actor.me)
    before = await wishes(act, act.actor.me)
    until = None if days is None else act.now + timedelta(days=days)
    wanted = structs.replace(kept(before, act.here.organization), paused_until=until)
    return await _prefer(act, act.actor.me, wanted=wanted)


async def _prefer(act: Acting, customer: CustomerId, *, wanted: Wanted) -> Preferences:
    held = await whole.hold(act, customer)
    before = await wishes(act, customer)
    check(wanted, act.here.organization, now=act.now)
    if act.actor.client is not None:
        check_less(before, wanted, channels=act.here.organization.channels)
    wished = Preference(
        paused_until=wanted.paused_until, quiet=wanted.quiet, order=wanted.order, at_most=wanted.at_most
    )
    for one in held:  # should they be parted, each still has it
        await store.keep(act.work, one, preference=wished, at=act.now)
    given = {"locale": wanted.locale, "time_zone": wanted.time_zone}
    row: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    await customers.update(act.work, next(iter(held)), values=row)
    after = await wishes(act, customer)
    if fields := [*changed(before, after)]:
        until = stamp(after.paused_until) if after.paused_until is not None else None
        await act.log("preference_set", subject=held[customer], fields=[*fields], paused_until=until)
    return after


async def wishes(act: Acting, customer: CustomerId) -> Preferences:
    """Return what a customer wishes; `Unknown` for whoever is not there."""
    person = await whole.shown(act, customer)
    wished = together([await store.of(act.work, one) for one in (person.id, *person.merged)])
    over = wished.paused_until is not None and wished.paused_until <= act.now
    return Preferences(
        paused_until=None if over else wished.paused_until,
        quiet=wished.quiet,
        order=wished.order,
        at_most=wished.at_most,
        locale=person.locale,
        time_zone=person.time_zone,
    )
