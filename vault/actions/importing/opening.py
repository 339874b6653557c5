"""Opening an import: its files are looked at, and it is found again by what they are and how they are read.

The same command goes on where a killed one stopped, and says what became of one that is done. Nothing is written before
every file is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.importing.given import FileTold, Given, Progress, Step
from vault.actions.importing.sources import Source, Sources, look
from vault.actions.vault import Here, Vault
from vault.base.canonical import Json, canonical
from vault.base.errors import Denied, Invalid
from vault.base.ids import IMPORT, ImportId
from vault.domain.actor import Actor
from vault.domain.entry import stamp
from vault.domain.importing.told import State
from vault.imports.files.survey import Survey
from vault.store.imports import files, jobs, sealing
from vault.store.imports.files import How, KeptFile
from vault.store.imports.jobs import Job, NewJob

NAME: Final = "import"


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was looked at. It is found by its number, which is its place among the paths in their order."""

    number: int
    source: Source
    survey: Survey

    def told(self) -> FileTold:
        """Return how it is read."""
        return FileTold(
            number=self.number,
            path=self.source.file.path,
            source=self.source.source,
            pattern=self.source.pattern,
            digest=self.survey.digest,
            size=self.survey.size,
            encoding=self.survey.encoding,
            separator=self.survey.separator,
            day_first=self.survey.day_first,
            rows=self.survey.count,
        )

    def kept(self, given: Given) -> KeptFile:
        """Return what is stored of it."""
        how = How(
            source=self.source.source,
            pattern=self.source.pattern,
            about_address=self.source.layout.about_address,
            survey=self.survey,
            mapping=given.mapping,
        )
        return KeptFile(
            number=self.number,
            path=self.source.file.path,
            how=how,
            digest=self.survey.digest,
            size=self.survey.size,
            records=self.survey.count,
            staged=0,
            code=None,
        )


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An import that was opened, the organization as it then stood, and what was found out of its files."""

    job: Job
    here: Here
    sources: Sources
    looked: Sequence[Looked]
    unread: Sequence[str]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(one.survey.count for one in self.looked)


async def check(vault: Vault, actor: Actor, *, given: Given) -> Here:
    """Refuse whoever may not import, and an export of the future; return the organization."""
    async with acting(vault, actor, name=NAME) as act:
        if not actor.at_the_machine:
            raise Denied("not_an_import", "files are loaded by an import")
        if given.exported_at > act.now:
            raise Invalid("exported_in_future", "the files' instant lies in the future: give the one of their export")
        return act.here


async def opened(vault: Vault, actor: Actor, *, given: Given, progress: Progress) -> Opened:
    """Look at the files, and open their import: the one that was being received, or the same one, or a new one."""
    here = await check(vault, actor, given=given)
    sources = Sources(here)
    recognised, unread = await asyncio.to_thread(sources.recognise, given)
    looked: list[Looked] = []
    for number, source in enumerate(recognised):
        survey = await asyncio.to_thread(look, source, given)
        looked.append(Looked(number=number, source=source, survey=survey))
        progress(Step(stage="looking", done=sum(one.survey.count for one in looked), of=None))
    digest = _digest(given, looked, configuration=here.configuration)
    async with acting(vault, actor, name=NAME) as act:
        job = await _found(act, given, digest=digest)
        if job is None or job.state in {"receiving", "queued"}:
            job = await _kept(act, given, job=job, digest=digest, looked=looked)
    files_ = tuple(one.told() for one in looked)
    progress(Step(stage="staging", done=0, of=sum(one.rows for one in files_), files=files_))
    return Opened(job=job, here=here, sources=sources, looked=looked, unread=unread)


async def reopened(vault: Vault, actor: Actor, *, given: Given, import_: ImportId) -> Opened:
    """Return an import as another process opened it, without looking at its files again."""
    here = await check(vault, actor, given=given)
    sources = Sources(here)
    async with vault.database.work(actor.organization) as work:
        job = await jobs.found(work, import_)
        seals = await sealing.read(work, here.safe, import_=import_)
        kept = await files.of(work, import_, sealing=seals)
    by_path = {file.path: file for file in given.files}
    looked = [
        Looked(number=one.number, source=sources.again(by_path[one.path], one.how), survey=one.how.survey)
        for one in kept
        if one.how is not None
    ]
    return Opened(job=job, here=here, sources=sources, looked=looked, unread=())


async def make(act: Acting, new: NewJob, *, state: State) -> sealing.Sealing:
    """Make an import with its key."""
    await jobs.add(act.work, new, state=state, at=act.now)
    return await sealing.make(act.work, act.here.safe, import_=new.id)


async def _found(act: Acting, given: Given, *, digest: str) -> Job | None:
    if given.received is None:
        return await jobs.by_digest(act.work, digest, dry=given.dry)
    return await jobs.found(act.work, given.received)


async def _kept(act: Acting, given: Given, *, job: Job | None, digest: str, looked: Sequence[Looked]) -> Job:
    if job is None:
        own = act.id(IMPORT)
        new = NewJob(id=own, exported_at=given.exported_at, dry=given.dry, digest=digest)
        seals = await make(act, new, state="staging")
    else:
        own = job.id
        await jobs.begin(act.work, own, digest=digest)
        seals = await sealing.read(act.work, act.here.safe, import_=own)
    for one in looked:
        await files.keep(act.work, own, sealing=seals, file=one.kept(given))
    return await jobs.found(act.work, own)


def _digest(given: Given, looked: Sequence[Looked], *, configuration: str) -> str:
    """Return what the import is found again by: the same files in any order, read in the same way."""
    told: Any = {
        "files": [[one.source.file.path, one.survey.digest] for one in looked],
        "mapping": None if given.mapping is None else msgspec.json.encode(given.mapping, order="sorted").decode(),
        "overrides": msgspec.json.encode(given.overrides).decode(),
        "configuration": configuration,
        "exported_at": stamp(given.exported_at),
    }
    kept: dict[str, Json] = {name: value for name, value in told.items() if value is not None}
    return sha256(canonical(kept)).hexdigest()
