"""The tree as it is shown to whoever checks it: checkpoints, tiles, entries, proofs. None of it names anybody.

So reading it is no entry. An auditor reads by the session, a program of theirs by a capability.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from vault.actions.acting import acting
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Invalid, Unknown
from vault.domain.actor import Actor
from vault.domain.sign_in.session import digest, read
from vault.store.audit import capabilities, placing
from vault.store.audit.placing import Head
from vault.store.database import Work
from vault.store.log import pruned, reading
from vault.tlog.bundle import pack
from vault.tlog.hashes import Hash
from vault.tlog.line import Malformed
from vault.tlog.proof import Tree, consistency_tiles, inclusion_tiles
from vault.tlog.tile import WIDTH, Tile, read_path

_NOTHING: Final = bytes(32)


class Bearer(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever holds a capability for the log of a slug."""

    slug: str
    capability: str


class InclusionShown(msgspec.Struct, frozen=True, kw_only=True):
    """That an entry is in the tree of a size (RFC 9162 section 2.1.3): hashes from its sibling upwards, in base64."""

    generation: int
    number: int
    size: int
    proof: list[bytes]


class ConsistencyShown(msgspec.Struct, frozen=True, kw_only=True):
    """That the tree of `to` begins with that of `from` (RFC 9162 section 2.1.4): hashes in base64."""

    generation: int
    start: int = msgspec.field(name="from")
    to: int
    proof: list[bytes]


async def checkpoint(vault: Vault, reader: Actor | Bearer, *, generation: int | None = None) -> bytes:
    """Return the last checkpoint of a generation as a note, with its cosignatures (C2SP tlog-checkpoint)."""
    async with _reading(vault, reader, name="show_checkpoint") as work:
        return (await _head(work, generation)).note


async def resource(
    vault: Vault, reader: Actor | Bearer, *, path: str, generation: int | None = None, name: str = "show_tile"
) -> bytes:
    """Return the tile or the entries at a path (C2SP tlog-tiles); `Unknown` where there is none."""
    try:
        tile, of_entries = read_path(path)
    except Malformed:
        raise _no_tile() from None
    async with _reading(vault, reader, name=name) as work:
        head = await _head(work, generation)
        if of_entries:
            return await _entries(work, head, tile=tile)
        found = await reading.tiles(work, head.generation, wanted=[tile])
    if tile not in found:
        raise _no_tile()
    return found[tile]


async def prove(
    vault: Vault, actor: Actor, *, number: int, size: int | None = None, generation: int | None = None
) -> InclusionShown:
    """Return the proof that an entry is in a tree; no `size` means the last that was signed."""
    async with _reading(vault, actor, name="prove_inclusion") as work:
        head = await _head(work, generation)
        wanted = head.size if size is None else size
        if not 0 <= number < wanted <= head.size:
            raise Invalid("no_such_leaf", "the log has no entry of that number in a tree of that size")
        proof = await inclusion(work, head.generation, number=number, size=wanted)
    return InclusionShown(generation=head.generation, number=number, size=wanted, proof=[*proof])


async def extend(vault: Vault, actor: Actor, *, start: int, to: int, generation: int | None = None) -> ConsistencyShown:
    """Return the proof that one tree begins with another; `to` may be the last size that was signed, or smaller."""
    async with _reading(vault, actor, name="prove_consistency") as work:
        head = await _head(work, generation)
        if not 0 <= start <= to <= head.size:
            raise Invalid("no_such_size", "the log has no trees of these sizes, the smaller one first")
        tiles = await _tiles(work, head.generation, wanted=consistency_tiles(start, to) if start else set())
    proof = Tree(to, tiles.__getitem__).consistency(start) if start else []
    return ConsistencyShown(generation=head.generation, start=start, to=to, proof=[*proof])


async def inclusion(work: Work, generation: int, *, number: int, size: int) -> list[Hash]:
    """Return the proof that a number is in the tree of a size; `Conflict` when a tile of it is gone."""
    tiles = await _tiles(work, generation, wanted=inclusion_tiles(number, size))
    return Tree(size, tiles.__getitem__).inclusion(number)


async def _entries(work: Work, head: Head, *, tile: Tile) -> bytes:
    """Return the entries of a tile; what was let go of after its years is not there (C2SP tlog-tiles, pruning)."""
    start = tile.index * WIDTH
    end = start + tile.width
    if end > head.size or start < await pruned.minimum(work, head.generation):
        raise _no_tile()
    rows = await reading.leaves(work, head.generation, start=start, end=end)
    bodies = [row.body for row in rows if row.body is not None]
    if len(bodies) != tile.width:
        raise Conflict("log_damaged", "the entries of this tile are not all there")
    return pack(bodies)


async def _tiles(work: Work, generation: int, *, wanted: set[Tile]) -> Mapping[Tile, bytes]:
    found = await reading.tiles(work, generation, wanted=[*wanted])
    if len(found) != len(wanted):
        raise Conflict("log_damaged", "a tile of this proof is gone")
    return found


async def _head(work: Work, generation: int | None) -> Head:
    found = await placing.head(work, generation)
    if found is None:
        raise Unknown("log_empty", "nothing of this log is signed yet, or there is no such generation")
    return found


@asynccontextmanager
async def _reading(vault: Vault, reader: Actor | Bearer, *, name: str) -> AsyncIterator[Work]:
    if isinstance(reader, Actor):
        async with acting(vault, reader, name=name) as act:
            yield act.work
        return
    secret = read(reader.capability)
    async with vault.database.work() as work:
        # One statement, whatever is wrong: the log, the capability or its form.
        organization = await capabilities.find(work, reader.slug, digest=_NOTHING if secret is None else digest(secret))
        if organization is None:
            raise Unknown("not_found", "there is nothing here")
        yield work.of(organization)


def _no_tile() -> Unknown:
    return Unknown("no_tile", "the log has no such tile")
