"""Erasing whom an undone import made and nobody else spoke of: a few in a transaction, until none is left.

An undoing is no wish of the person: it leaves no mark that would refuse them later. But a no of theirs lives on under
the tags of their contact points and references, so that no later import brings them back into reach; and so does, as a
mark, what the import told of their wish to be erased. Undone with its noes, neither does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from vault.actions.acting import Acting
from vault.actions.customer.erasure import references
from vault.actions.vault import Vault, here
from vault.base.ids import FACT, SUBJECT, ImportId, OrganizationId, Subject, show
from vault.domain.actor import Actor
from vault.domain.entry import told
from vault.domain.fact import Fact
from vault.store import log
from vault.store.customer import brought, consents, erasure, suppressions, undoing
from vault.store.customer.consents import Kept
from vault.store.customer.undoing import Alone
from vault.store.imports import jobs

BATCH: Final = 100
_FIRST: Final = UUID(int=0)

Progress = Callable[[int], None]


async def finish(
    vault: Vault, organization: OrganizationId, *, import_: ImportId, progress: Progress | None = None
) -> int:
    """Erase all who are left, and return how many; `progress` is told how many were each time."""
    done, after = 0, _FIRST
    while True:
        async with vault.database.work(organization) as work:
            current, now = await here(vault, work)
            act = Acting(
                vault=vault, work=work, here=current, actor=Actor(organization=organization, kind="operator"), now=now
            )
            held = await undoing.hold(work, import_, after=after, most=BATCH)
            if not held:
                await jobs.move(work, import_, state="undone")
                return done
            erased = await _erase(act, import_, held=held)
        after, done = held[-1], done + erased
        if progress is not None:
            progress(erased)


async def _erase(act: Acting, import_: ImportId, *, held: Sequence[UUID]) -> int:
    """Erase those of whom nobody has spoken meanwhile."""
    alone = await undoing.still(act.work, import_, held=held)
    [with_noes] = [one.with_noes for one in await brought.undone(act.work) if one.import_ == import_]
    found = {one.subject: await _tags(act, one) for one in alone}
    if not with_noes:
        await _keep_noes(act, import_, tags=found)
    entries = []
    for one in alone:
        marks = found[one.subject] if one.asked and not with_noes else []
        gone = await erasure.erase(act.work, one.customer, at=act.now)
        await suppressions.mark_erased(act.work, marks, recorded_at=act.now)
        values: dict[str, Any] = {"import": import_, "gone": dict(gone), "marks": len(marks), "suppressions": 0}
        entries.append(act.entry("erased", subject=one.subject, **values))
    await log.add(act.work, entries)
    return len(alone)


async def _tags(act: Acting, one: Alone) -> list[UUID]:
    """Return the tags of all that names somebody: contact points and references."""
    return [*await erasure.tags(act.work, one.customer), *await references(act, one.customer)]


async def _keep_noes(act: Acting, import_: ImportId, *, tags: dict[Subject, list[UUID]]) -> None:
    """Write noes under tags, in the order of the tags: nothing tells by whom of the batch they were said.

    Their entries name no subject, so that nothing leads from a tag to a person.
    """
    said = await undoing.noes(act.work, [*tags])
    by_tag: dict[UUID, dict[tuple[object, ...], Fact]] = {}
    for subject, facts in said.items():
        for tag in tags[subject]:
            by_tag.setdefault(tag, {}).update({_what(fact): fact for fact in facts})
    kept: list[Kept] = []
    for tag, facts_by_what in sorted(by_tag.items()):
        holder = show(SUBJECT, tag)
        known = {_what(fact) for fact in await consents.read(act.work, holder)}
        for what, fact in facts_by_what.items():
            if what not in known:
                kept.append(_kept(act, import_, holder=holder, fact=fact))
    if kept:
        await consents.add(act.work, kept)


def _kept(act: Acting, import_: ImportId, *, holder: Subject, fact: Fact) -> Kept:
    new = msgspec.structs.replace(
        fact,
        id=act.id(FACT),
        recorded_at=act.now,
        contact_point=None,
        reference=None,
        idempotency=None,
        brought_by=import_,
    )
    return Kept(subject=holder, fact=new, entry=act.entry("fact", **told(new)))


def _what(fact: Fact) -> tuple[object, ...]:
    return fact.kind, fact.purpose, fact.channel, fact.source, fact.at
