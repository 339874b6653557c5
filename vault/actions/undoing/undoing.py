"""Undoing an import (law 14): told first, then done by one row that names it, at once and for everything.

What nobody else ever spoke of is erased after that by `erasing`, which can be killed and goes on. Noes and suppressions
stay, unless they are undone for a reason, which lies sealed beside the entry.
"""

from __future__ import annotations

from typing import Any

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.audit.details import Secret
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Unknown
from vault.base.ids import ImportId
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.customer import COUNTRY
from vault.domain.importing.undone import NewUndoing, Undoing, Undone, read_why
from vault.store import log, organizations
from vault.store.customer import brought, undoing
from vault.store.imports import forgetting, jobs
from vault.store.imports.jobs import Job


async def undo(vault: Vault, actor: Actor, *, import_: ImportId, new: NewUndoing) -> Undoing:
    """Undo an import, or with `dry` say what would go; once more, it says how far the erasing is.

    A client undoes what it gave, and nothing else. `Conflict` for an import that brought nothing, or is under way.
    """
    async with acting(vault, actor, name="undo_import") as act:
        why = read_why(new)
        job = await _taken(act, import_)
        told = await _told(act, import_, new=new)
        known = next((one for one in await brought.undone(act.work) if one.import_ == import_), None)
        if known is not None:
            await _tell(act, "import_shown", told=told)
            return _again(told, known, new=new)
        _check(job)
        if new.dry:
            await _tell(act, "import_shown", told=told)
            return told
        row = await brought.undo(act.work, import_, with_noes=new.with_noes)
        await undoing.forget_countries(act.work, import_, field=COUNTRY)
        if new.with_noes or job.state == "settling":
            await forgetting.forget(act.work, import_)  # what was put aside, or is not settled, has no use any more
        if job.ended_at is None:
            await jobs.end(act.work, import_, state="undoing")
        else:
            await jobs.move(act.work, import_, state="undoing")
        await organizations.grow(act.work)
        await _tell(act, "import_undone", told=told, why=why)
    return msgspec.structs.replace(told, undone_at=row.recorded_at, left=told.customers)


async def _taken(act: Acting, import_: ImportId) -> Job:
    """Take an import for this work alone; of another client's it is told as of nobody's."""
    job = await jobs.take(act.work, import_)
    if job is None or (act.actor.client is not None and job.client != act.actor.client):
        raise Unknown("unknown_import", "there is no such import")
    return job


def _check(job: Job) -> None:
    if job.dry:
        raise Conflict("import_dry", "this import was only looked at: it brought nothing that could be undone")
    if job.state not in ("settling", "done"):
        raise Conflict("import_not_done", "this import has brought nothing yet that could be undone")


async def _told(act: Acting, import_: ImportId, *, new: NewUndoing) -> Undoing:
    found = await undoing.count(act.work, import_)
    alone = await undoing.left(act.work, import_)
    return Undoing(
        id=import_,
        dry=new.dry,
        with_noes=new.with_noes,
        yeses=found.yeses,
        noes=found.noes,
        suppressions=found.suppressions,
        attributes=found.attributes,
        contact_points=found.contact_points,
        references=found.references,
        customers=alone,
        stay=found.made - alone,
    )


def _again(told: Undoing, known: Undone, *, new: NewUndoing) -> Undoing:
    if known.with_noes is not new.with_noes:
        how = "with its noes" if known.with_noes else "without its noes"
        raise Conflict("already_undone", f"this import was undone already, {how}")
    return msgspec.structs.replace(told, undone_at=known.recorded_at, left=told.customers)


async def _tell(act: Acting, kind: str, *, told: Undoing, why: Personal | None = None) -> None:
    secrets = () if why is None else (Secret(what="reason", text=why, whose=None),)
    if kind == "import_shown":
        values: dict[str, Any] = {"import": told.id}
    else:
        names = ("yeses", "noes", "suppressions", "attributes", "contact_points", "references", "customers", "stay")
        values = {"import": told.id, "with_noes": told.with_noes, **{name: getattr(told, name) for name in names}}
    await log.add(act.work, [await act.detailed(kind, *secrets, **values)])
