"""Generations: what a log is, shown; and the next one begun, by command alone, when the last cannot go on.

What the old generation holds stays as it is. The first entry of the new one names the break: who gave which reason,
how far the database was, and how far the checkpoint that was kept outside it.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from vault.actions.acting import written
from vault.actions.log import guarding
from vault.actions.log.naming import generation_of, is_newer, origin, verifiers
from vault.actions.log.naming import head_of as head
from vault.actions.log.parts import Sequencing
from vault.actions.log.sequencer import leaf, sign_next
from vault.actions.vault import Vault
from vault.base.canonical import Json
from vault.base.errors import Conflict, Invalid, Unknown
from vault.base.ids import EntryId
from vault.domain.actor import Actor
from vault.store import log, organizations
from vault.store.database import Work
from vault.store.log import keys, sequence
from vault.store.log import state as states
from vault.store.log.sequence import Next
from vault.store.log.state import State
from vault.tlog.checkpoint import Checkpoint
from vault.tlog.growth import grow
from vault.tlog.hashes import EMPTY

_SHORTEST, _LONGEST = 10, 500
_NO_TILES: Final[guarding.Tiles] = {}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A log as it stands: `note` is its last checkpoint as published, `vkeys` are what verifiers are given."""

    origin: str
    generation: int
    size: int
    root: str
    stopped: str | None
    note: str | None
    vkeys: tuple[str, ...]


async def show(vault: Vault, actor: Actor) -> Shown:
    """Return how the actor's log stands."""
    async with vault.database.work(actor.organization) as work:
        before = _known(await states.read(work))
        public = await keys.public(work)
    name = origin(vault.issuer, before.slug, generation=before.generation)
    name = head(before.last).origin if before.last is not None else name
    return Shown(
        origin=name,
        generation=before.generation,
        size=before.size,
        root=before.root.hex(),
        stopped=before.stopped,
        note=before.last.decode() if before.last is not None else None,
        vkeys=tuple(one.vkey for one in verifiers(name, public)),
    )


async def begin(vault: Vault, sequencing: Sequencing, *, actor: Actor, reason: str) -> int:
    """Begin the next generation of the actor's log and return its number; `Conflict` if the log moves meanwhile.

    The entry is written first, in the role that may. A crash before the generation begins leaves it waiting, to be
    numbered like any other; the command can be given again.
    """
    if not _SHORTEST <= len(reason.strip()) <= _LONGEST:
        raise Invalid("bad_reason", f"give a reason of {_SHORTEST} to {_LONGEST} letters; it stays in the log for good")
    guarded = await guarding.kept(sequencing, actor.organization)
    async with vault.database.work(actor.organization) as work:
        before = _known(await states.read(work))
        generation = 1 + max(before.generation, generation_of(guarded) if guarded is not None else 0)
        told = _told(before, guarded=guarded) | {"generation": generation, "reason": reason.strip()}
        entry, body = written(vault, actor, kind="log_generation", at=before.now, **told)
        await log.add(work, [(entry, body)])
    async with sequencing.database.work(actor.organization) as work:
        if not await states.begin(work, before, generation=generation, root=EMPTY):
            raise Conflict("log_moved", "the log moved meanwhile; look at it with `consent-vault log show` again")
        signed = await _first(vault, work, entry=entry)
    await asyncio.to_thread(sequencing.guard.write, actor.organization, signed, newer=is_newer)
    async with vault.database.work(actor.organization) as work:
        await organizations.grow(work)
    return generation


async def _first(vault: Vault, work: Work, *, entry: EntryId) -> bytes:
    """Append the entry that names the break, alone."""
    before, body = _known(await states.read(work)), await sequence.take_one(work, entry)
    if body is None:
        raise Conflict("log_moved", "another command began a generation; look with `consent-vault log show`")
    first = leaf(entry, body)
    grown = grow(0, [first.hash], read=_NO_TILES.__getitem__)
    signed = await sign_next(vault, work, before=before, grown=grown)
    await sequence.advance(work, before, after=Next(leaves=[first], grown=grown, note=signed, seen_at=before.now))
    return signed


def _told(before: State, *, guarded: Checkpoint | None) -> dict[str, Json | None]:
    kept: Json | None = None
    if guarded is not None:
        kept = _point(generation_of(guarded), size=guarded.size, root=guarded.root)
    stored = _point(before.generation, size=before.size, root=before.root)
    return {"stopped": before.stopped, "database": stored, "guard": kept}


def _point(generation: int, *, size: int, root: bytes) -> dict[str, Json]:
    return {"generation": generation, "size": size, "root": root.hex()}


def _known(found: State | None) -> State:
    if found is None:
        raise Unknown("no_log", "there is no such log")
    return found
