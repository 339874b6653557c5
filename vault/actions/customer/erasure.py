"""Erasing: the person's keys are destroyed, and with them the way from anything kept to the person."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.customer import whole
from vault.actions.customer.points import reference_tag
from vault.actions.vault import Vault
from vault.base.ids import CustomerId, Subject
from vault.domain.actor import Actor
from vault.domain.certificate import Certificate, stays
from vault.store import keys, log
from vault.store.customer import consents, erasure, merges, suppressions
from vault.store.log import Entry


class _Gone(msgspec.Struct, frozen=True, kw_only=True):
    """What went and what stays of one customer of a person, and the entry that tells of it."""

    rows: Mapping[str, int]
    facts: int
    stopped: int
    marks: int
    entry: Entry


async def erase(vault: Vault, actor: Actor, *, customer: CustomerId) -> Certificate:
    """Erase a customer in one transaction (GDPR Art. 17) and return the certificate, which is kept nowhere.

    Facts, decisions and entries stay under a random subject that nothing leads to any more. Whoever was merged is
    erased whole.
    """
    async with acting(vault, actor, name="erase") as act:
        return await _erase(act, customer)


async def erase_me(vault: Vault, actor: Actor) -> Certificate:
    """Erase whoever is signed in; `Denied` where that was longer ago than ten minutes."""
    async with acting(vault, actor, name="me_erase") as act:
        return await _erase(act, actor.me)


async def _erase(act: Acting, customer: CustomerId) -> Certificate:
    await merges.alone(act.work)
    subjects = await whole.hold(act, customer)
    done = {one: await _gone(act, one, subject=subject) for one, subject in subjects.items()}
    await merges.forget(act.work, [*done])
    await log.add(act.work, [one.entry for one in done.values()])
    return Certificate(
        subject=subjects[customer],
        erased_at=act.now,
        gone={name: sum(one.rows[name] for one in done.values()) for name in done[customer].rows},
        stays=stays(
            facts=sum(one.facts for one in done.values()),
            suppressions=sum(one.stopped for one in done.values()),
            marks=sum(one.marks for one in done.values()),
        ),
        no_backup_after=None,
        no_date_because=act.vault.provider.describe().note,
        entry=done[customer].entry[0],
    )


async def _gone(act: Acting, customer: CustomerId, *, subject: Subject) -> _Gone:
    facts = await consents.read(act.work, subject)
    points = await erasure.tags(act.work, customer)
    stopped = sum([len(await suppressions.of(act.work, tag)) for tag in points])
    marks = [*points, *await references(act, customer)]
    rows = await erasure.erase(act.work, customer, at=act.now)
    await suppressions.mark_erased(act.work, marks, recorded_at=act.now)
    entry = await act.detailed("erased", subject=subject, gone=dict(rows), marks=len(marks), suppressions=stopped)
    return _Gone(rows=rows, facts=len(facts), stopped=stopped, marks=len(marks), entry=entry)


async def references(act: Acting, customer: CustomerId) -> list[UUID]:
    """Return the tags of a customer's references, made once more from what they are."""
    key = await keys.opened(act.work, act.here.safe, customer=customer, kind="data")
    found = await erasure.references(act.work, act.here.safe, key=key)
    return [reference_tag(act.here, source, own=own) for source, own in found]
