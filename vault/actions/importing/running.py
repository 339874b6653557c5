"""Running an import from its beginning, or from where it was stopped, to its end.

One at a time runs in an organization. A process that is killed leaves nothing half done: the same command goes on. Done
twice it changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Final

import msgspec

from vault.actions.acting import acting
from vault.actions.importing import components, staging, telling
from vault.actions.importing.given import Crew, Given, Progress, Stage, Step, Task, Told, Workers
from vault.actions.importing.opening import NAME, Opened, opened
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Unavailable
from vault.base.ids import ImportId, OrganizationId, raw
from vault.domain.actor import Actor
from vault.domain.entry import stamp
from vault.domain.importing.told import State
from vault.imports.row import FileRefused
from vault.store.database import Work
from vault.store.imports import files, jobs, rows, tags

_LOCK: Final = 2**62
_LOWER: Final = 2**61 - 1
_BEFORE: Final = frozenset[State]({"receiving", "queued", "staging", "joining", "refused"})


async def run(
    vault: Vault, actor: Actor, *, given: Given, progress: Progress | None = None, workers: Workers | None = None
) -> Told:
    """Bring files in, and tell what became of their rows.

    `FileRefused` when a file cannot be read as a whole: nothing of the import counts then. `Conflict` while another
    runs.
    """
    running = _Running(vault, actor, progress=progress or _quiet)
    async with _alone(vault, actor.organization):
        found = await opened(vault, actor, given=given, progress=progress or _quiet)
        own, repeated = found.job.id, found.job.state == "done"
        if not repeated:
            chunks = [staging.chunks(one.survey.count) for one in found.looked]
            task = Task(organization=actor.organization, import_=own, chunks=chunks, given=given)
            crew: AbstractAsyncContextManager[Crew | None] = workers(task) if workers else nullcontext()
            async with crew as beside:
                if found.job.state == "staging":
                    await running.stage(found, given=given, crew=beside)
                await running.settle(own, crew=beside)
        told = msgspec.structs.replace(await running.told(own), repeated=repeated, unread=found.unread)
        if given.dry and not given.keep:
            async with vault.database.work(actor.organization) as work:
                await jobs.drop(work, own)
        return told


async def carry_out(vault: Vault, actor: Actor, *, import_: ImportId, progress: Progress | None = None) -> Told:
    """Run in earnest what was only looked at. Nothing is read again."""
    running = _Running(vault, actor, progress=progress or _quiet)
    async with _alone(vault, actor.organization):
        async with acting(vault, actor, name=NAME) as act:
            if await jobs.carry_out(act.work, import_):
                await rows.unjudge(act.work, import_)
        await running.settle(import_, crew=None)
        return await running.told(import_)


async def discard(vault: Vault, actor: Actor, *, import_: ImportId) -> None:
    """Take away an import of which nothing was applied; `Conflict` for one that is, which can only be undone."""
    async with _alone(vault, actor.organization), acting(vault, actor, name="discard_import") as act:
        job = await jobs.found(act.work, import_)
        if not job.dry and job.state not in _BEFORE:
            raise Conflict("import_applied", "what it said is in force: undo it instead")
        await jobs.drop(act.work, import_)
        await act.log("import_discarded", **{"import": import_})


class _Running:
    """An import under way."""

    def __init__(self, vault: Vault, actor: Actor, *, progress: Progress) -> None:
        self._vault, self._actor, self._progress = vault, actor, progress

    async def stage(self, found: Opened, *, given: Given, crew: Crew | None) -> None:
        """Stage what is missing. An import of which a file cannot be read ends here, and its rows go."""
        own = found.job.id
        try:
            async with self._work() as work:
                done = await files.count_staged(work, own)
            meter = _Meter("staging", self._progress, done=done, of=found.rows)
            beside = None if crew is None else asyncio.create_task(meter.each(crew.work("staging")))
            claim = None if crew is None else crew.claim
            await meter.each(staging.stage(self._vault, opened=found, given=given, claim=claim))
            if beside is not None and crew is not None and crew.has_claimed:
                await beside  # else it is only about to begin, and finds nothing to do
            # What somebody claimed and did not do.
            await meter.each(staging.stage(self._vault, opened=found, given=given))
        except FileRefused as refused:
            async with self._work() as work:
                await jobs.end(work, own, state="refused", code=refused.code)
                await jobs.clear(work, own)
            raise
        async with self._work() as work:
            await jobs.move(work, own, state="joining")

    async def settle(self, own: ImportId, *, crew: Crew | None) -> None:
        """Join and settle what is staged, and end it."""
        async with self._work() as work:
            total = await files.count_staged(work, own)
        self._progress(Step(stage="joining", done=0, of=total))
        await components.join(self._vault, self._actor, import_=own)
        async with self._work() as work:
            left = await rows.count_left(work, own)
        meter = _Meter("settling", self._progress, done=total - left, of=total)
        part = components.settled(self._vault, self._actor, import_=own)
        await meter.all([part] if crew is None else [part, crew.work("settling")])
        await meter.each(components.settled(self._vault, self._actor, import_=own))
        await self._end(own)

    async def told(self, own: ImportId) -> Told:
        """Return what became of it."""
        async with acting(self._vault, self._actor, name=NAME) as act:
            return await telling.of(act, own)

    async def _end(self, own: ImportId) -> None:
        """Write down what became of it, with the hashes of its files."""
        async with acting(self._vault, self._actor, name=NAME) as act:
            job = await jobs.hold(act.work, own, state="settling")
            if job is None:
                raise Conflict("import_over", "this import was ended by somebody else")
            if await rows.count_left(act.work, own):
                raise Unavailable("import_unfinished", "not every row was settled; run it again, and it goes on")
            await tags.forget(act.work, own)
            await jobs.end(act.work, own, state="done")
            if not job.dry:
                told = await telling.of(act, own)
                await act.log("import_done", **_manifest(told), configuration=act.here.configuration)

    def _work(self) -> AbstractAsyncContextManager[Work]:
        return self._vault.database.work(self._actor.organization)


def _manifest(told: Told) -> dict[str, Any]:
    """Return what the log says of an import: hashes, counts and codes; no name of a file, which may be somebody's."""
    return {
        "import": told.id,
        "exported_at": stamp(told.exported_at),
        "files": [
            {
                "digest": file.digest,
                "source": file.source,
                "pattern": file.pattern,
                "rows": file.rows,
                "verdicts": dict(file.verdicts),
                "reasons": dict(file.reasons),
            }
            for file in told.files
        ],
        "rows": told.rows,
        "verdicts": dict(told.verdicts),
        "reasons": dict(told.reasons),
        "cells": dict(told.cells),
        "customers": told.customers,
    }


@asynccontextmanager
async def _alone(vault: Vault, organization: OrganizationId) -> AsyncIterator[None]:
    async with vault.database.alone(_LOCK | raw(organization).int & _LOWER) as held:
        if not held:
            raise Conflict("import_running", "an import is under way here; wait until it is done, or stop it")
        yield


class _Meter:
    """Counts rows of a stage, and tells how far it is."""

    def __init__(self, stage: Stage, progress: Progress, *, done: int, of: int) -> None:
        self._stage, self._progress = stage, progress
        self._done, self._of = done, of

    async def each(self, part: AsyncIterator[int]) -> None:
        """Count to the end of a part."""
        async for rows_ in part:
            self._done += rows_
            self._progress(Step(stage=self._stage, done=self._done, of=self._of))

    async def all(self, parts: Sequence[AsyncIterator[int]]) -> None:
        """Let all of these go on at once to their end; the first that fails stops the others."""
        tasks = [asyncio.create_task(self.each(part)) for part in parts]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _quiet(_: Step) -> None:
    """Tell nobody."""
