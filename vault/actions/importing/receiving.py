"""Receiving files over HTTP: each as it comes, in sealed pieces, never held whole. What breaks off is let go of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any, Final

from vault.actions.acting import Acting, acting
from vault.actions.importing import opening
from vault.actions.importing.showing import client_of, of_job, own
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Invalid
from vault.base.ids import IMPORT, ImportId
from vault.domain.actor import Actor
from vault.domain.entry import stamp
from vault.domain.importing.told import LONGEST_PATH, MOST_FILES, ImportFileReceived, ImportTold, NewImport
from vault.store.imports import jobs, pieces, rows, sealing
from vault.store.imports.jobs import NewJob
from vault.store.imports.sealing import Sealing

_NAME: Final = "upload_import"
_AT_ONCE: Final = 16 * pieces.SIZE  # bytes in a transaction


async def make(vault: Vault, actor: Actor, *, new: NewImport) -> ImportTold:
    """Make an import, whose files are then sent."""
    async with acting(vault, actor, name="make_import") as act:
        if new.exported_at > act.now:
            raise Invalid("exported_in_future", "the files' instant lies in the future: give the one of their export")
        made = act.id(IMPORT)
        job = NewJob(id=made, exported_at=new.exported_at, dry=new.dry, client=client_of(actor))
        await opening.make(act, job, state="receiving")
        told: dict[str, Any] = {"import": made, "dry": new.dry, "exported_at": stamp(new.exported_at)}
        await act.log("import_made", **told)
        return await of_job(act, await own(act, made))


async def receive(
    vault: Vault, actor: Actor, *, import_: ImportId, path: str, parts: AsyncIterator[bytes]
) -> ImportFileReceived:
    """Keep a file as it comes. The same path again replaces what was sent before, once all of it came."""
    _check(path)
    async with acting(vault, actor, name=_NAME) as act:
        await own(act, import_)
        await _hold(act, import_)
        seals = await sealing.read(act.work, act.here.safe, import_=import_)
        number, beside = await pieces.begin(act.work, import_, sealing=seals, path=path)
        if beside >= MOST_FILES:
            raise Conflict("too_many_files", f"an import has {MOST_FILES} files at most; make another")
    coming = _Coming(vault, actor, import_=import_, seals=seals, number=number)
    try:
        received = await coming.keep(parts)
        async with acting(vault, actor, name=_NAME) as act:
            await _hold(act, import_)
            for before in await pieces.whole(act.work, import_, sealing=seals):
                if before.path == path:
                    await pieces.drop(act.work, import_, number=before.number)
            await pieces.end(act.work, import_, number=number, digest=received.digest, size=received.size)
            told: dict[str, Any] = {"import": import_, "digest": received.digest, "size": received.size}
            await act.log("import_file_received", **told)
    except BaseException:
        async with vault.database.work(actor.organization) as work:
            await pieces.drop(work, import_, number=number)
        raise
    return received


async def start(vault: Vault, actor: Actor, *, import_: ImportId) -> ImportTold:
    """Let the worker read what was sent, or carry out what a dry run showed. Started twice, it runs once."""
    async with acting(vault, actor, name="run_import") as act:
        job = await own(act, import_)
        if job.state == "receiving":
            seals = await sealing.read(act.work, act.here.safe, import_=import_)
            if not await pieces.whole(act.work, import_, sealing=seals):
                raise Conflict("no_files", "no file of this import came whole; send them first")
            await jobs.move(act.work, import_, state="queued")
            await _started(act, import_, dry=job.dry)
        elif job.dry and await jobs.carry_out(act.work, import_):
            await rows.unjudge(act.work, import_)
            await _started(act, import_, dry=False)
        return await of_job(act, await own(act, import_))


async def _started(act: Acting, import_: ImportId, *, dry: bool) -> None:
    told: dict[str, Any] = {"import": import_, "dry": dry}
    await act.log("import_started", **told)


async def _hold(act: Acting, import_: ImportId) -> None:
    """Let it stay as it is until this work ends; refuse one that was started."""
    if await jobs.hold(act.work, import_, state="receiving") is None:
        raise Conflict("import_started", "this import was started; make another for more files")


class _Coming:
    """A file on its way in."""

    def __init__(self, vault: Vault, actor: Actor, *, import_: ImportId, seals: Sealing, number: int) -> None:
        self._vault = vault
        self._actor = actor
        self._import = import_
        self._seals = seals
        self._number = number
        self._piece = 0

    async def keep(self, parts: AsyncIterator[bytes]) -> ImportFileReceived:
        """Store all of it, and no more than a megabyte at a time."""
        hashed, size, held = sha256(), 0, bytearray()
        async for part in parts:
            hashed.update(part)
            size += len(part)
            held += part
            while len(held) >= _AT_ONCE:
                await self._store(bytes(held[:_AT_ONCE]))
                del held[:_AT_ONCE]
        await self._store(bytes(held))
        return ImportFileReceived(size=size, digest=hashed.hexdigest())

    async def _store(self, data: bytes) -> None:
        cut = [data[start : start + pieces.SIZE] for start in range(0, len(data), pieces.SIZE)]
        sealed = [
            (place, self._seals.piece(self._number, place, data=one))
            for place, one in enumerate(cut, start=self._piece)
        ]
        self._piece += len(cut)
        async with self._vault.database.work(self._actor.organization) as work:
            if await jobs.hold(work, self._import, state="receiving") is None:
                raise Conflict("import_started", "this import was started, or discarded, while the file came")
            await pieces.add(work, self._import, number=self._number, pieces=sealed)


def _check(path: str) -> None:
    parts = path.split("/")
    if len(path) > LONGEST_PATH or not path.isprintable() or "\\" in path or {"", ".", ".."} & {*parts}:
        raise Invalid("malformed_path", f"a path is folders and a name with / between, {LONGEST_PATH} letters at most")
