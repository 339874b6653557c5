"""Erasing: the person's keys are destroyed, and with them the way from anything kept to the person."""

from __future__ import annotations

from uuid import UUID

from vault.actions.acting import Acting, acting
from vault.actions.customer.customers import locked
from vault.actions.customer.points import reference_tag
from vault.actions.vault import Vault
from vault.base.ids import CustomerId
from vault.domain.actor import Actor
from vault.domain.certificate import Certificate, stays
from vault.store import keys, log
from vault.store.customer import consents, erasure, suppressions


async def erase(vault: Vault, actor: Actor, *, customer: CustomerId) -> Certificate:
    """Erase a customer in one transaction (GDPR Art. 17) and return the certificate, which is kept nowhere.

    Facts, decisions and entries stay under a random subject that nothing leads to any more.
    """
    async with acting(vault, actor, name="erase") as act:
        return await _erase(act, customer)


async def erase_me(vault: Vault, actor: Actor) -> Certificate:
    """Erase whoever is signed in; `Denied` where that was longer ago than ten minutes."""
    async with acting(vault, actor, name="me_erase") as act:
        return await _erase(act, actor.me)


async def _erase(act: Acting, customer: CustomerId) -> Certificate:
    subject = await locked(act, customer)
    facts = await consents.read(act.work, subject)
    points = await erasure.tags(act.work, customer)
    stopped = sum([len(await suppressions.of(act.work, tag)) for tag in points])
    marks = [*points, *await references(act, customer)]
    gone = await erasure.erase(act.work, customer, at=act.now)
    await suppressions.mark_erased(act.work, marks, recorded_at=act.now)
    entry = await act.detailed("erased", subject=subject, gone=dict(gone), marks=len(marks), suppressions=stopped)
    await log.add(act.work, [entry])
    return Certificate(
        subject=subject,
        erased_at=act.now,
        gone=gone,
        stays=stays(facts=len(facts), suppressions=stopped, marks=len(marks)),
        no_backup_after=None,
        no_date_because=act.vault.provider.describe().note,
        entry=entry[0],
    )


async def references(act: Acting, customer: CustomerId) -> list[UUID]:
    """Return the tags of a customer's references, made once more from what they are."""
    key = await keys.opened(act.work, act.here.safe, customer=customer, kind="data")
    found = await erasure.references(act.work, act.here.safe, key=key)
    return [reference_tag(act.here, source, own=own) for source, own in found]
