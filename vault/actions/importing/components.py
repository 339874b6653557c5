"""Settling: rows are taken by who may be the same people, decided together, and told what became of them.

A batch is one transaction, whoever takes it: what a killed process had taken, the next takes. While an import is being
taken back no batch goes on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
from typing import Final

from vault.actions.acting import Acting, acting
from vault.actions.importing.batch import ASIDE, Batch, Settled, Staged
from vault.actions.importing.opening import NAME
from vault.actions.importing.settling import settle
from vault.actions.vault import Vault
from vault.base.ids import ImportId
from vault.domain.actor import Actor
from vault.store.imports import files, jobs, rows, sealing, tags
from vault.store.imports.jobs import Job
from vault.store.imports.rows import RECORDS
from vault.store.imports.sealing import Sealing

AT_ONCE: Final = 300  # components

Sealed = tuple[int, bytes]
Taken = list[list[Sealed]]


async def join(vault: Vault, actor: Actor, *, import_: ImportId) -> None:
    """Find out which rows may be about the same people. Done twice it comes to the same."""
    async with vault.database.work(actor.organization) as work:
        if await jobs.hold(work, import_, state="joining") is not None:
            await tags.join(work, import_)
            await jobs.move(work, import_, state="settling")


async def settled(vault: Vault, actor: Actor, *, import_: ImportId) -> AsyncIterator[int]:
    """Settle what nobody else does, and yield how many rows of each batch."""
    async with vault.database.work(actor.organization) as work:
        about = await files.about_addresses(work, import_)
    after = 0
    while True:
        async with acting(vault, actor, name=NAME) as act:
            job = await jobs.hold(act.work, import_, state="settling")
            taken = [] if job is None else await rows.take(act.work, import_, after=after, components=AT_ONCE)
            if job is not None and taken:
                components = await _opened(act, job, taken=taken, about=about)
                batch = Batch(import_=job.id, exported_at=job.exported_at, components=components, dry=job.dry)
                await _judge(act, job, found=await settle(act, batch))
        if taken:
            after = taken[-1][0][0]
            yield sum(map(len, taken))
        elif after:
            after = 0  # what somebody took and did not bring to its end
        else:
            return


async def _opened(act: Acting, job: Job, *, taken: Taken, about: AbstractSet[int]) -> list[list[Staged]]:
    seals = await sealing.read(act.work, act.here.safe, import_=job.id)
    return [[staged for one in part if (staged := _open(one, seals, about=about))] for part in taken]


async def _judge(act: Acting, job: Job, *, found: Settled) -> None:
    await rows.judge(
        act.work,
        job.id,
        verdicts=[(one.place, one.verdict, one.reason, job.dry or one.verdict in ASIDE) for one in found.verdicts],
    )
    await jobs.count_made(act.work, job.id, customers=found.made)


def _open(one: Sealed, seals: Sealing, *, about: AbstractSet[int]) -> Staged | None:
    place, sealed = one
    row = seals.open_row(place, sealed).row
    return None if row is None else Staged(place=place, row=row, about_address=place >> RECORDS in about)
