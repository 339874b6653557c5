"""Bundles of the log: a range of it in one file, with which an auditor goes home and proves things (SECURITY.md).

The entry about the export is committed before the first byte leaves. Where the log's tables contradict each other
nothing is given out: the refusal names the first entry or size that is wrong. What they agree upon is for the auditor
to verify.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from typing import Final

import msgspec

from vault.actions.acting import acting
from vault.actions.log.archive import Archive
from vault.actions.log.naming import head_of, verifiers
from vault.actions.vault import Vault
from vault.base.canonical import Json, canonical
from vault.base.errors import Conflict, Invalid, Unknown
from vault.base.ids import SUBJECT, OrganizationId, Subject, read
from vault.domain.actor import Actor
from vault.store.database import Work
from vault.store.log import keys, pruned, reading, samples
from vault.store.log import state as states
from vault.store.log.reading import Numbered
from vault.store.log.state import State
from vault.tlog.bundle import pack
from vault.tlog.hashes import LENGTH
from vault.tlog.tile import HEIGHT, WIDTH, Tile, edge, entries_path, path, tile_at

FORMAT: Final = "consent-vault-bundle/1"
LONGEST: Final = 1 << 22  # entries in one bundle
_MOST_CHECKPOINTS: Final = 1000
_LATE: Final = timedelta(minutes=1)  # no entry waits for its number as long as that
_STEP: Final = 16 * WIDTH  # entries read at once


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle will hold. Bodies of entries below `pruned` are gone."""

    organization: OrganizationId
    generation: int
    origin: str
    start: int
    end: int
    pruned: int
    manifest: bytes
    keys: bytes
    notes: Mapping[int, bytes]


async def bundle(
    vault: Vault, actor: Actor, *, start: int = 0, end: int | None = None, subject: Subject | None = None
) -> AsyncIterator[bytes]:
    """Return the bundle of entries `start` up to `end`, part by part; no `end` means all that is signed.

    It begins at the tile `start` lies in and ends with the first checkpoint that covers `end`, so it may hold more.
    Checkpoints that gave a sample its seed are among those it holds.
    With `subject` it says which entries are theirs. Bodies that were pruned are left out, and the manifest says so.
    `Conflict` names the first thing wrong with the log, also midway.
    """
    if subject is not None:
        read(SUBJECT, subject)
    async with acting(vault, actor, name="export_log") as act:
        state = await _whole(act.work)
        plan = await _planned(act.work, state, start=start, end=end, subject=subject)
        told: dict[str, Json | None] = {"generation": plan.generation, "start": plan.start, "end": plan.end}
        await act.log("log_exported", subject=subject, **told)
    return _parts(vault, plan)


async def _whole(work: Work) -> State:
    """Return how the log stands, once its tables agree about what there is."""
    state = await states.read(work)
    if state is None or not state.size:
        raise Unknown("log_empty", "nothing of this log is signed yet")
    if state.last is None or head_of(state.last).size != state.size or head_of(state.last).root != state.root:
        raise _damaged(f"the state says size {state.size}, which is not the last checkpoint")
    generation, size = state.generation, state.size
    if (number := await reading.stray_leaf(work, generation, size=size)) is not None:
        raise _damaged(f"there is an entry {number} in a tree of {size}")
    if (tile := await reading.stray_tile(work, generation, size=size)) is not None:
        raise _damaged(f"nobody signed a tree with {path(tile)}, from entry {_first(tile)} on")
    if (bare := await reading.bare_size(work, generation)) is not None:
        raise _damaged(f"the tile with entry {bare - 1} as its last is gone, which the tree of size {bare} had")
    signed_at = state.signed_at or state.now
    if (entry := await reading.stray_entry(work, before=signed_at - _LATE)) is not None:
        raise _damaged(f"{entry} has no number, though younger ones have")
    return state


async def _planned(work: Work, state: State, *, start: int, end: int | None, subject: Subject | None) -> _Plan:
    sizes = await reading.sizes(work, state.generation)
    until = next((size for size in sizes if size >= (end or state.size)), None)
    begin = start - start % WIDTH
    if until is None or not 0 <= start < until or (end is not None and end <= start):
        raise Invalid("no_such_leaf", f"the log has {state.size} entries; ask for a range of them")
    if until - begin > LONGEST:
        raise Invalid("bundle_too_large", f"a bundle holds {LONGEST} entries at most; ask for several")
    within = [size for size in sizes if max(begin, 1) <= size <= until]
    seeds = await samples.sizes(work, state.generation, start=max(begin, 1), end=until, most=_MOST_CHECKPOINTS)
    chosen = sorted({*within[:: -(-len(within) // _MOST_CHECKPOINTS)], *seeds, until})
    notes = await reading.checkpoints(work, state.generation, wanted=chosen)
    origin = head_of(notes[until]).origin
    told: dict[str, Json] = {
        "format": FORMAT,
        "organization": state.slug,
        "origin": origin,
        "generation": state.generation,
        "start": begin,
        "end": until,
        "checkpoints": [*chosen],
    }
    gone = min(max(await pruned.minimum(work, state.generation), begin), until)
    if gone > begin:
        told["pruned"] = gone
    if subject is not None:
        found = await reading.of_subject(work, state.generation, subject=read(SUBJECT, subject), start=gone, end=until)
        told |= {"subject": subject, "entries": [*found]}
    vkeys = [one.vkey for one in verifiers(origin, await keys.public(work))]
    return _Plan(
        organization=work.organization,
        generation=state.generation,
        origin=origin,
        start=begin,
        end=until,
        pruned=gone,
        manifest=canonical(told),
        keys="".join([f"{vkey}\n" for vkey in vkeys]).encode(),
        notes=notes,
    )


async def _parts(vault: Vault, plan: _Plan) -> AsyncIterator[bytes]:
    archive = Archive()
    yield archive.file("manifest.json", plan.manifest)
    yield archive.file("keys", plan.keys)
    for size, note in plan.notes.items():
        yield archive.file(f"checkpoint/{size}", note)
    yield await _tiles(vault, plan, archive=archive, wanted=[*edge(plan.start)])
    for start in range(plan.start, plan.end, _STEP):
        yield await _step(vault, plan, archive=archive, start=start)
    yield await _tiles(vault, plan, archive=archive, wanted=[tile for tile in edge(plan.end) if tile.level])
    yield archive.end()


async def _tiles(vault: Vault, plan: _Plan, *, archive: Archive, wanted: list[Tile]) -> bytes:
    async with vault.database.work(plan.organization) as work:
        found = await reading.tiles(work, plan.generation, wanted=wanted)
    return b"".join([archive.file(path(tile), _stored(found, tile)) for tile in wanted])


async def _step(vault: Vault, plan: _Plan, *, archive: Archive, start: int) -> bytes:
    """Return the files of a few thousand entries: of each tile the entries, the hashes, and what became full above."""
    end = min(start + _STEP, plan.end)
    bundles = [tile_at(0, first >> HEIGHT, size=end) for first in range(start, end, WIDTH)]
    wanted = [tile for bundle in bundles for tile in _with_full(bundle)]
    async with vault.database.work(plan.organization) as work:
        rows = await reading.leaves(work, plan.generation, start=start, end=end)
        found = await reading.tiles(work, plan.generation, wanted=wanted)
    bodies = _bodies(rows, found, plan=plan, start=start, end=end)
    files = []
    for tile in wanted:
        if not tile.level and tile.index * WIDTH >= plan.pruned:
            first = tile.index * WIDTH - start
            files.append(archive.file(entries_path(tile), pack(bodies[first : first + tile.width])))
        files.append(archive.file(path(tile), _stored(found, tile)))
    return b"".join(files)


def _with_full(tile: Tile) -> Iterator[Tile]:
    """Yield a tile of leaves, and those above that it makes full."""
    yield tile
    while tile.width == WIDTH and tile.index % WIDTH == WIDTH - 1:
        tile = Tile(level=tile.level + 1, index=tile.index >> HEIGHT)
        yield tile


def _bodies(rows: list[Numbered], tiles: Mapping[Tile, bytes], *, plan: _Plan, start: int, end: int) -> list[bytes]:
    """Return the entries of a range, if each has its number once and the hash its tile has; pruned ones are empty."""
    bodies = []
    for number in range(start, end):
        row = rows[number - start] if number - start < len(rows) else None
        if row is None or row.number != number:
            raise _damaged(f"entry {number} is gone")
        if row.body is None and number >= plan.pruned:
            raise _damaged(f"the body of entry {number} is gone")
        at = number % WIDTH * LENGTH
        if row.hash != _stored(tiles, tile_at(0, number >> HEIGHT, size=end))[at : at + LENGTH]:
            raise _damaged(f"entry {number} has another hash than its tile has for it")
        bodies.append(row.body or b"")
    return bodies


def _stored(tiles: Mapping[Tile, bytes], tile: Tile) -> bytes:
    if tile not in tiles:
        raise _damaged(f"{path(tile)} is gone, from entry {_first(tile)} on")
    return tiles[tile]


def _first(tile: Tile) -> int:
    return tile.index << HEIGHT * (tile.level + 1)


def _damaged(what: str) -> Conflict:
    return Conflict("log_damaged", f"the log cannot be given out: {what}")
