"""Quarantine: rows that were put aside, opened for the operator to be corrected, and let go of.

They lie sealed under the key of their import. When the key goes nothing opens them any more: that is how they are
forgotten, by whoever says so, and when the time is over that the organization file declares.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec

from vault.actions.acting import acting
from vault.actions.vault import Vault, here
from vault.base.duration import Duration
from vault.base.errors import Conflict
from vault.base.ids import ImportId
from vault.domain.actor import Actor
from vault.imports.quarantine import PutAside
from vault.store.imports import files, forgetting, jobs, looking, sealing
from vault.store.imports.files import KeptFile
from vault.store.imports.rows import RECORDS
from vault.store.imports.sealing import Sealing

KEEP: Final = Duration(minutes=90 * 24 * 60)
"""How long rows that were put aside are kept, if the organization file says nothing else."""
_PAGE: Final = 1_000
_RECORD: Final = (1 << RECORDS) - 1


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """The files of an import, and the way to their rows that were put aside."""

    files: list[KeptFile]
    seals: Sealing


async def opened(vault: Vault, actor: Actor, *, import_: ImportId) -> Quarantined:
    """Open what was put aside, for the operator: no policy lets anybody else. That it was is an entry of the log."""
    async with acting(vault, actor, name="import_quarantine") as act:
        await jobs.found(act.work, import_)
        seals = await sealing.read(act.work, act.here.safe, import_=import_)
        found = await files.of(act.work, import_, sealing=seals)
        told: dict[str, Any] = {"import": import_}
        await act.log("import_quarantine_taken", **told)
        return Quarantined(files=found, seals=seals)


async def rows(
    vault: Vault, actor: Actor, *, import_: ImportId, found: Quarantined, number: int
) -> AsyncIterator[list[PutAside]]:
    """Yield the rows of a file that were put aside, as their cells stood in it."""
    after = 0
    while True:
        async with vault.database.work(actor.organization) as work:
            page = await looking.aside(work, import_, number=number, after=after, most=_PAGE)
        if not page:
            return
        after = page[-1].place & _RECORD
        yield [
            PutAside(
                record=row.place & _RECORD,
                reason=row.reason,
                cells=found.seals.open_row(row.place, row.sealed).cells,
            )
            for row in page
        ]


async def forget(vault: Vault, actor: Actor, *, import_: ImportId) -> None:
    """Let go of what was put aside, for good."""
    async with acting(vault, actor, name="forget_import") as act:
        job = await jobs.found(act.work, import_)
        if job.ended_at is None:
            raise Conflict("import_running", "this import is under way: its rows are still needed")
        if await forgetting.forget(act.work, import_):
            told: dict[str, Any] = {"import": import_}
            await act.log("import_forgotten", **told)


async def expire(vault: Vault, actor: Actor) -> None:
    """Let go of what was put aside so long ago that its time is over."""
    async with vault.database.work(actor.organization) as work:
        current, now = await here(vault, work)
        found = await looking.ended(work)
    keep = current.organization.keep_quarantine or KEEP
    for import_, ended_at in found:
        if keep.after(ended_at) <= now:
            await forget(vault, actor, import_=import_)
