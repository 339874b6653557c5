"""Working on imports that systems sent, for ever: one at a time in an organization, and a killed one goes on.

Beside it, what nobody comes back for goes: files never all sent after a day, and the key to rows that were put aside
after the time the organization file declares.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Final

import structlog

from vault.actions.importing import quarantine, running
from vault.actions.importing.given import File, Given
from vault.actions.vault import Vault, here
from vault.base.errors import Conflict, Invalid, VaultError, place
from vault.base.ids import ImportId, OrganizationId
from vault.domain.actor import Actor
from vault.store import organizations
from vault.store.database import DatabaseError
from vault.store.imports import jobs, looking, pieces, sealing
from vault.store.imports.jobs import Job
from vault.store.imports.pieces import Uploaded
from vault.store.imports.sealing import Sealing

_PAUSE_SECONDS: Final = 0.5
_HOUR_SECONDS: Final = 3600
_MOST_FAILURES: Final = 5
_log = structlog.get_logger()

Failures = dict[ImportId, int]


async def keep(vault: Vault) -> None:
    """Run what was started, for ever."""
    failures: Failures = {}
    loop = asyncio.get_running_loop()
    swept = loop.time() - _HOUR_SECONDS
    while True:
        if loop.time() - swept >= _HOUR_SECONDS:
            await sweep(vault)
            swept = loop.time()
        if not await once(vault, failures):
            await asyncio.sleep(_PAUSE_SECONDS)


async def once(vault: Vault, failures: Failures) -> bool:
    """Bring each import under way to its end; false if there was none."""
    async with vault.database.work() as work:
        found = await looking.underway(work)
    done = [await _run(vault, organization, import_=one, failures=failures) for organization, one in found]
    return any(done)


async def sweep(vault: Vault) -> None:
    """Let go of what nobody comes back for."""
    async with vault.database.work() as work:
        every = await organizations.every(work)
    for one in every:
        async with vault.database.work(one.id) as work:
            for import_ in await looking.left_behind(work):
                await jobs.drop(work, import_)
        await quarantine.expire(vault, Actor(organization=one.id, kind="operator"))


async def _run(vault: Vault, organization: OrganizationId, *, import_: ImportId, failures: Failures) -> bool:
    """Run one. One that fails again and again ends itself, and holds up no other."""
    try:
        return await _step(vault, organization, import_=import_)
    except (DatabaseError, Conflict):
        return False  # the database is away, or another import runs in the organization
    except Invalid as refused:
        return await _end(vault, organization, import_=import_, code=refused.code)
    except VaultError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
        _log.error("import_stumbled", import_=import_, kind=type(error).__name__, where=place(error))
        failures[import_] = failures.get(import_, 0) + 1
        if failures[import_] < _MOST_FAILURES:
            return False
        del failures[import_]
        return await _end(vault, organization, import_=import_, code="unexpected")


async def _step(vault: Vault, organization: OrganizationId, *, import_: ImportId) -> bool:
    async with vault.database.work(organization) as work:
        current, _ = await here(vault, work)
        job = await jobs.read(work, import_)
        if job is None:
            return False
        seals = await sealing.read(work, current.safe, import_=import_)
        sent = await pieces.whole(work, import_, sealing=seals)
    actor = Actor(organization=organization, kind="import", client=job.client)
    if job.state == "settling":
        await running.carry_out(vault, actor, import_=import_)
    else:
        await running.run(vault, actor, given=_given(vault, actor, job=job, seals=seals, sent=sent))
    async with vault.database.work(organization) as work:
        await pieces.clear(work, import_)
    return True


async def _end(vault: Vault, organization: OrganizationId, *, import_: ImportId, code: str) -> bool:
    async with vault.database.work(organization) as work:
        job = await jobs.read(work, import_)
        if job is not None and job.state != "refused":
            await jobs.end(work, import_, state="refused", code=code)
        await pieces.clear(work, import_)
    return True


def _given(vault: Vault, actor: Actor, *, job: Job, seals: Sealing, sent: list[Uploaded]) -> Given:
    way = _Sent(vault, actor.organization, job=job, seals=seals)
    return Given(
        files=[File(path=file.path, opened=partial(way.parts, file.number)) for file in sent],
        exported_at=job.exported_at,
        dry=job.dry,
        keep=True,
        received=job.id,
    )


class _Sent:
    """The way to files that were sent, for a thread that reads them."""

    def __init__(self, vault: Vault, organization: OrganizationId, *, job: Job, seals: Sealing) -> None:
        self._vault = vault
        self._organization = organization
        self._import = job.id
        self._seals = seals
        self._loop = asyncio.get_running_loop()

    def parts(self, number: int) -> Iterator[bytes]:
        """Yield a file piece by piece; called in a thread that is not the loop's."""
        piece = 0
        while (data := asyncio.run_coroutine_threadsafe(self._read(number, piece), self._loop).result()) is not None:
            yield data
            piece += 1

    async def _read(self, number: int, piece: int) -> bytes | None:
        async with self._vault.database.work(self._organization) as work:
            return await pieces.read(work, self._import, sealing=self._seals, number=number, piece=piece)
