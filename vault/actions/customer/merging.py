"""Merging: two customers become one person, or two again. A row says so; no fact moves and nothing is resealed.

Until the person in person says something, the strictest that stood of either stands (law 13).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vault.actions.acting import Acting, acting
from vault.actions.customer import whole
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Unknown
from vault.base.ids import MERGE, CustomerId, Subject
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.customer import BIRTH_DATE, CustomerShown
from vault.domain.merging.merge import check, check_born, check_two
from vault.store.customer import consents, customers, fields, merges
from vault.store.customer.merges import Merge


async def merge(vault: Vault, actor: Actor, *, kept: CustomerId, joined: CustomerId) -> CustomerShown:
    """Make two customers one person; return the one that stays, with all that is held of both.

    `Unknown` for one who is not there, `Conflict` where they are one person already or were born on different days.
    """
    async with acting(vault, actor, name="merge_customers") as act:
        await merges.alone(act.work)
        return await merged_in(act, kept=kept, joined=joined)


async def merged_in(act: Acting, *, kept: CustomerId, joined: CustomerId) -> CustomerShown:
    """Merge two customers in an action of its own name, when it is alone."""
    stays, joins = await _both(act, kept=kept, joined=joined)
    check_two(kept, joined)  # nobody is told by it who is there
    check(stays, joins)
    subjects = {**stays, **joins}
    check_born(await _born(act, [*subjects]))
    root, joining = next(iter(stays)), next(iter(joins))
    at = max([await consents.instant(act.work, subject) for subject in subjects.values()])
    await merges.add(act.work, Merge(id=act.id(MERGE), kept=root, joined=joining, at=at))
    await merges.settle(act.work, dict.fromkeys(subjects, root))
    await _log(act, "customer_merged", subjects=subjects)
    return await whole.shown(act, root)


async def unmerge(vault: Vault, actor: Actor, *, customer: CustomerId) -> CustomerShown:
    """Take back the merge by which a customer joined another; return the customer, with whoever had joined it.

    `Conflict` for one that joined nobody.
    """
    async with acting(vault, actor, name="unmerge_customer") as act:
        await merges.alone(act.work)
        return await unmerged_in(act, customer)


async def unmerged_in(act: Acting, customer: CustomerId) -> CustomerShown:
    """Take a merge back in an action of its own name, when it is alone."""
    subjects = await whole.hold(act, customer)
    root = next(iter(subjects))
    standing = await merges.of(act.work, root)
    taken = next((one for one in standing if one.joined == customer), None)
    if taken is None:
        raise Conflict("not_merged", "this customer joined no other")
    at = max([await consents.instant(act.work, subject) for subject in subjects.values()])
    await merges.undo(act.work, taken.id, at=at)
    left = [one for one in standing if one is not taken]
    await merges.settle(act.work, _family(taken.kept, left, of=root) | _family(customer, left, of=customer))
    await _log(act, "customer_unmerged", subjects=subjects)
    return await whole.shown(act, customer)


async def keep_apart_in(act: Acting, *, one: CustomerId, other: CustomerId) -> None:
    """Note that two who might be one person are two; `Unknown` for a pair that nobody suggested."""
    if not await merges.keep_apart(act.work, (one, other), at=act.now):
        raise Unknown("unknown_suggestion", "nobody suggested that these two are one person")
    for subject in await customers.subjects(act.work, [one, other]):
        await act.log("customer_kept_apart", subject=subject)


async def _both(
    act: Acting, *, kept: CustomerId, joined: CustomerId
) -> tuple[dict[CustomerId, Subject], dict[CustomerId, Subject]]:
    """Hold both of them, whoever has the lesser id first, so that nobody waits for each other."""
    held = {one: await whole.hold(act, one) for one in sorted({kept, joined})}
    return held[kept], held[joined]


async def _born(act: Acting, members: Sequence[CustomerId]) -> list[Personal]:
    """Return the dates of birth that are known of these; they are compared here and go nowhere."""
    return [
        fields.unseal(act.here.safe, key, field=one)
        for key in (await whole.opened(act, [*members])).values()
        for one in await fields.read(act.work, key, names=[BIRTH_DATE])
    ]


def _family(within: CustomerId, joins: Sequence[Merge], *, of: CustomerId) -> dict[CustomerId, CustomerId | None]:
    """Return who is left with a customer, each with the one that stays, `of`; none for a customer by itself."""
    found, before = {within}, 0
    while len(found) > before:
        before = len(found)
        found |= {end for one in joins if {one.kept, one.joined} & found for end in (one.kept, one.joined)}
    return dict.fromkeys(found, of) if len(found) > 1 else dict.fromkeys(found)


async def _log(act: Acting, kind: str, *, subjects: Mapping[CustomerId, Subject]) -> None:
    """Write an entry under each subject. None names another: when one is erased, nothing leads to the rest."""
    for subject in subjects.values():
        await act.log(kind, subject=subject)
