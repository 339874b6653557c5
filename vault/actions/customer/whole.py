"""The whole: everybody who is one person with a customer, held and shown together. Merged with nobody, the customer."""

from __future__ import annotations

from collections.abc import Iterable

from vault.actions.acting import Acting
from vault.base.errors import Unknown
from vault.base.ids import CustomerId, Subject
from vault.domain.customer import CustomerShown
from vault.domain.decision.basis import Person
from vault.domain.fact import Fact
from vault.domain.merging.merge import together
from vault.store import keys
from vault.store.customer import consents, customers, merges
from vault.store.customer.customers import KeptPoint
from vault.store.keys import CustomerKey


async def hold(act: Acting, customer: CustomerId) -> dict[CustomerId, Subject]:
    """Hold the rows of them all, in the order of their ids; return the subject of each, of the one that stays first.

    `Unknown` for whoever is not there, or was erased.
    """
    found = await merges.members(act.work, customer)
    held = {one: await customers.lock(act.work, one) for one in sorted(found)}
    subjects = {one: subject for one in found if (subject := held[one]) is not None}
    if customer not in subjects:
        raise Unknown("unknown_customer", "there is no such customer")
    return subjects


async def shown(act: Acting, customer: CustomerId) -> CustomerShown:
    """Show them as the one person they are; `Unknown` for whoever is not there, or was erased."""
    today = act.now.date()
    found = [
        await customers.show_customer(act.work, one, today=today) for one in await merges.members(act.work, customer)
    ]
    there = [one for one in found if one is not None]
    if not there:
        raise Unknown("unknown_customer", "there is no such customer")
    return together(there)


async def points(act: Acting, customer: CustomerId) -> list[tuple[CustomerId, KeptPoint]]:
    """Return the contact points of them all, each with whose it is."""
    return [
        (one, point)
        for one in await merges.members(act.work, customer)
        for point in await customers.points(act.work, one)
    ]


async def opened(act: Acting, members: Iterable[CustomerId]) -> dict[CustomerId, CustomerKey]:
    """Return the key of each of them."""
    return {one: await keys.opened(act.work, act.here.safe, customer=one, kind="data") for one in members}


async def whose(act: Acting, person: Person) -> dict[CustomerId, Subject]:
    """Return the subject of somebody: of whoever was merged, that of each."""
    if not person.family:
        return {person.customer: person.subject}
    return {one: subject for one in person.family for subject in await customers.subjects(act.work, [one])}


async def subjects(act: Acting, person: Person) -> list[Subject]:
    """Return the subjects of somebody: of whoever was merged, those of all."""
    return [*(await whose(act, person)).values()]


async def facts(act: Acting, person: Person) -> list[Fact]:
    """Return all that was said under any of their subjects, in full."""
    return [fact for subject in await subjects(act, person) for fact in await consents.read(act.work, subject)]
