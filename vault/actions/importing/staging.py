"""Staging: every record of the files is read, sealed and stored, with the tags its row is joined by.

A chunk of a file is one transaction: killed anywhere, what is missing is read once more. Several processes each do
their own chunks. Reading goes on in a thread while what was read is stored; no more than two chunks are held.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from vault.actions.importing.given import Claim, Given
from vault.actions.importing.opening import Looked, Opened
from vault.actions.importing.sources import catalogue, naming
from vault.actions.importing.tags import Tags
from vault.actions.vault import Vault
from vault.imports.coding import Held
from vault.imports.files.table import Record
from vault.imports.reading import records
from vault.imports.row import Aside, Row
from vault.imports.salesforce.catalogue import Catalogue
from vault.store.imports import files, jobs, rows, sealing
from vault.store.imports.rows import NewRow, place
from vault.store.imports.sealing import Sealing

CHUNK: Final = 1000  # records


class _Chunk(msgspec.Struct, frozen=True):
    number: int
    rows: Sequence[NewRow]


def chunks(records: int) -> int:
    """Return of how many chunks a file of so many records is."""
    return -(-records // CHUNK)


async def stage(vault: Vault, *, opened: Opened, given: Given, claim: Claim | None = None) -> AsyncIterator[int]:
    """Stage what is missing and can be claimed; yield how many records of each chunk. `FileRefused` names a file."""
    known = await asyncio.to_thread(catalogue, [(one.source, one.survey) for one in opened.looked])
    async with vault.database.work(opened.here.id) as work:
        seals = await sealing.read(work, opened.here.safe, import_=opened.job.id)
    for looked in opened.looked:
        missing = await _missing(vault, opened, looked=looked)
        if missing:
            reading = _Reading(looked, opened=opened, given=given, catalogue=known)
            async for chunk in _read_ahead(reading.chunks(seals, missing=missing, claim=claim)):
                await _store(vault, opened, chunk=chunk)
                yield len(chunk.rows)


async def _missing(vault: Vault, opened: Opened, *, looked: Looked) -> frozenset[int]:
    """Return the chunks of a file that are not staged."""
    firsts = {place(looked.number, chunk * CHUNK + 1): chunk for chunk in range(chunks(looked.survey.count))}
    async with vault.database.work(opened.here.id) as work:
        there = await rows.there(work, opened.job.id, places=list(firsts))
    return frozenset(chunk for first, chunk in firsts.items() if first not in there)


async def _read_ahead(chunks: Iterator[_Chunk]) -> AsyncIterator[_Chunk]:
    """Yield chunks; while one is stored, the next is read."""
    reading = asyncio.create_task(asyncio.to_thread(next, chunks, None))
    try:
        while (chunk := await reading) is not None:
            reading = asyncio.create_task(asyncio.to_thread(next, chunks, None))
            yield chunk
    finally:
        await asyncio.gather(reading, return_exceptions=True)  # a thread cannot be called off


async def _store(vault: Vault, opened: Opened, *, chunk: _Chunk) -> None:
    own = opened.job.id
    async with vault.database.work(opened.here.id) as work:
        if await jobs.hold(work, own, state="staging") is not None:
            await rows.stage(work, own, rows=chunk.rows)
            await files.staged(work, own, number=chunk.number, records=len(chunk.rows))


class _Reading:
    """A file being read, in a thread of its own."""

    def __init__(self, looked: Looked, *, opened: Opened, given: Given, catalogue: Catalogue | None) -> None:
        self._looked = looked
        layout = looked.source.layout
        self._how = opened.sources.reading(layout, exported_at=given.exported_at, catalogue=catalogue)
        self._tags = Tags(opened.here.safe, self._how, header=looked.survey.header)

    def chunks(self, seals: Sealing, *, missing: frozenset[int], claim: Claim | None) -> Iterator[_Chunk]:
        """Yield the missing chunks. The file is read to its end: it has to be the one that was looked at."""
        file, number = self._looked.source.file, self._looked.number
        held: list[NewRow] = []
        current = -1

        @lru_cache(maxsize=1)  # of what is asked for each record of it
        def is_ours(chunk: int) -> bool:
            return chunk in missing and (claim is None or claim(number, chunk))

        def wanted(record: int) -> bool:
            return is_ours((record - 1) // CHUNK)

        with naming(file.path):
            found = records(file.path, file.opened, how=self._how, found=self._looked.survey, wanted=wanted)
            for record, row in found:
                if (chunk := (record.number - 1) // CHUNK) != current and held:
                    yield _Chunk(number, held)
                    held = []
                current = chunk
                held.append(_staged(record, row, at=place(number, record.number), tags=self._tags, seals=seals))
            if held:
                yield _Chunk(number, held)


def _staged(record: Record, row: Row | Aside, *, at: int, tags: Tags, seals: Sealing) -> NewRow:
    if isinstance(row, Aside):
        return NewRow(at, seals.row(at, Held(record.cells, None)), row.reason, (), tags.unread(record))
    cells = [cell.reason for cell in row.cells]
    return NewRow(at, seals.row(at, Held(record.cells, row)), None, cells, tags.of(row))
