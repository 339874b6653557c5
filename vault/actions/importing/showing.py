"""Imports shown: to the system that gave one, to others that may import, and at the console. Never a value.

What a file is called is told to whoever gave it alone: its name may be a person's.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.importing import telling
from vault.actions.importing.given import FileTold, Told
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Denied, Unknown
from vault.base.ids import ClientId, ImportId
from vault.domain.actor import Actor
from vault.domain.importing.told import (
    ASIDE,
    ImportFile,
    ImportProgress,
    ImportRow,
    ImportRowsPage,
    Imports,
    ImportTold,
    Verdict,
    rows_told,
)
from vault.store.imports import jobs, looking
from vault.store.imports.jobs import Job

_PAGE: Final = 20
_ROWS: Final = 1_000
_ASIDE: Final = 100


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """An import, rows of it that were put aside, and after which place there are more."""

    told: ImportTold
    aside: list[ImportRow]
    next: int | None


async def page(vault: Vault, actor: Actor, *, before: ImportId | None) -> Imports:
    """Return imports, the newest first."""
    async with acting(vault, actor, name="list_imports") as act:
        await act.log("imports_listed")
        found = [await jobs.found(act.work, one) for one in await looking.page(act.work, before=before, most=_PAGE)]
        return Imports(imports=[await of_job(act, job) for job in found])


async def show(vault: Vault, actor: Actor, *, import_: ImportId) -> ImportTold:
    """Return how far an import is, and what became of its rows."""
    async with acting(vault, actor, name="show_import") as act:
        job = await jobs.found(act.work, import_)
        told: dict[str, Any] = {"import": import_}
        await act.log("import_shown", **told)
        return await of_job(act, job)


async def look(vault: Vault, actor: Actor, *, import_: ImportId, after: int) -> Look:
    """Return an import, and rows of it that were put aside, after a place."""
    async with acting(vault, actor, name="show_import") as act:
        job = await jobs.found(act.work, import_)
        told: dict[str, Any] = {"import": import_}
        await act.log("import_shown", **told)
        found = await looking.rows(act.work, import_, verdicts=ASIDE, after=after, most=_ASIDE)
        following = found[-1][0] if len(found) == _ASIDE else None
        return Look(told=await of_job(act, job), aside=[row for _, row in found], next=following)


async def rows(vault: Vault, actor: Actor, *, import_: ImportId, verdict: Verdict, after: int) -> ImportRowsPage:
    """Return rows of a verdict, each by its file and record."""
    async with acting(vault, actor, name="import_rows") as act:
        await jobs.found(act.work, import_)
        told: dict[str, Any] = {"import": import_, "verdict": verdict}
        await act.log("import_shown", **told)
        found = await looking.rows(act.work, import_, verdicts=[verdict], after=after, most=_ROWS)
        return ImportRowsPage(rows=[row for _, row in found], next=found[-1][0] if len(found) == _ROWS else None)


async def discard(vault: Vault, actor: Actor, *, import_: ImportId) -> None:
    """Take an import away of which nothing was written: one whose files are coming, or a dry run that ended."""
    async with acting(vault, actor, name="discard_import") as act:
        job = await own(act, import_)
        if job.state != "receiving" and not (job.state == "refused" or (job.dry and job.state == "done")):
            raise Conflict("import_running", "this import is under way, or was carried out: then it can be undone")
        await jobs.drop(act.work, import_)
        told: dict[str, Any] = {"import": import_}
        await act.log("import_discarded", **told)


async def own(act: Acting, import_: ImportId) -> Job:
    """Return an import of this client's; of anybody else's and of nobody's it is told the same."""
    job = await jobs.found(act.work, import_)
    if job.client != client_of(act.actor):
        raise Unknown("unknown_import", "there is no such import")
    return job


def client_of(actor: Actor) -> ClientId:
    """Return the client that acts; nobody else sends files."""
    if actor.client is None:
        raise Denied("not_allowed", "this is for clients")
    return actor.client


async def of_job(act: Acting, job: Job) -> ImportTold:
    """Return an import as whoever acts is told of it."""
    told = await telling.of(act, job.id)
    gave = act.actor.at_the_machine or (job.client is not None and job.client == act.actor.client)
    found = shown(told, paths=gave)
    undone = await looking.undone(act.work, job.id)
    if undone is not None:
        found = msgspec.structs.replace(found, undone_at=undone[0], undone_with_noes=undone[1])
    return found


def shown(told: Told, *, paths: bool) -> ImportTold:
    """Return an import as it is told of outside. `paths`: to whoever knows them."""
    return ImportTold(
        id=told.id,
        state=told.state,
        dry=told.dry,
        exported_at=told.exported_at,
        made_at=told.made_at,
        ended_at=told.ended_at,
        customers=told.customers,
        progress=ImportProgress(settled=sum(told.verdicts.values()), of=told.rows),
        rows=rows_told(told.rows, told.verdicts, reasons=told.reasons, cells=told.cells),
        files=tuple(file_shown(file, paths=paths) for file in told.files),
        code=told.code,
        repeated=told.repeated,
    )


def file_shown(file: FileTold, *, paths: bool) -> ImportFile:
    """Return how a file was read, and what became of its rows."""
    return ImportFile(
        path=file.path if paths else None,
        source=file.source,
        pattern=file.pattern,
        encoding=file.encoding,
        separator=file.separator,
        dates=None if file.day_first is None else "day_first" if file.day_first else "month_first",
        digest=file.digest,
        rows=rows_told(file.rows, file.verdicts, reasons=file.reasons, cells=file.cells),
        code=file.code,
    )
