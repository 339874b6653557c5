"""Whether a log is still what was signed: compared before anything more is.

The stored edge of the tree must hash to the root of the state, the last checkpoint must be of that tree and ours, and
the checkpoint kept outside the database must be one this tree begins with. What is not so has a name:

* `damaged`: what is stored contradicts itself
* `rolled_back`: the database knows less than was signed once
* `forked`: the database holds another history than was signed once
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Literal

import structlog

from vault.actions.log.naming import generation_of, head_of, verifiers
from vault.actions.log.parts import Sequencing
from vault.base.errors import Conflict, Unavailable
from vault.base.ids import OrganizationId
from vault.store.database import Work
from vault.store.log import keys, sequence
from vault.store.log.state import State
from vault.tlog.checkpoint import Checkpoint
from vault.tlog.hashes import Hash
from vault.tlog.line import Malformed
from vault.tlog.proof import Tree, root_tiles
from vault.tlog.sign import Unverified, opened
from vault.tlog.tile import Tile

Code = Literal["damaged", "rolled_back", "forked"]
Tiles = Mapping[Tile, bytes]

_log = structlog.get_logger()


class Broken(Conflict):
    """The log is not what was signed. `before` is how it stood when that was found."""

    def __init__(self, code: Code, before: State) -> None:
        super().__init__(f"log_{code}", "the log is not what was signed: nothing more is, before somebody looks")
        self.stopped: Code = code
        self.before = before


async def kept(sequencing: Sequencing, organization: OrganizationId) -> Checkpoint | None:
    """Return the checkpoint kept outside the database; `Unavailable` if what is kept cannot be read.

    It must be read before the database is: read after, it may know of what another sequencer wrote in between.
    """
    raw = await asyncio.to_thread(sequencing.guard.read, organization)
    if raw is None:
        return None
    try:
        head = head_of(raw)
        generation_of(head)
    except Malformed:
        raise Unavailable("log_guard_unreadable", f"no checkpoint is kept in {sequencing.guard.folder}") from None
    return head


async def checked(work: Work, before: State, *, guarded: Checkpoint | None) -> Tiles:
    """Return the stored edge of the tree once everything agrees; else raise `Broken`."""
    tiles = await sequence.edge_tiles(work, before.generation, size=before.size)
    if _root(before.size, tiles) != before.root or not await _is_signed(work, before):
        raise Broken("damaged", before)
    if guarded is not None:
        await _compare(work, before, guarded=guarded)
    elif before.size:
        _log.warning("log_guard_missing", organization=work.organization, size=before.size)
    return tiles


async def _is_signed(work: Work, before: State) -> bool:
    """Say whether the last checkpoint is of this tree, and all our keys signed it; an empty tree has none."""
    if before.last is None:
        return before.size == 0
    try:
        head = head_of(before.last)
        own = verifiers(head.origin, await keys.public(work))
        signatures = opened(before.last, own).signatures
    except (Malformed, Unverified):
        return False
    return len(signatures) == len(own) and (head.size, head.root) == (before.size, before.root)


async def _compare(work: Work, before: State, *, guarded: Checkpoint) -> None:
    generation = generation_of(guarded)
    if generation < before.generation:
        return  # a crash came between the command that began this one and the guard
    if generation > before.generation or guarded.size > before.size:
        raise Broken("rolled_back", before)
    if guarded.size == before.size:
        root: Hash | None = before.root
    else:
        tiles = await sequence.tiles(work, before.generation, wanted=[*root_tiles(guarded.size)])
        root = _root(guarded.size, tiles)
    if root is None:
        raise Broken("damaged", before)
    if root != guarded.root:
        raise Broken("forked", before)


def _root(size: int, tiles: Tiles) -> Hash | None:
    """Return the root of what is stored; none if that is no tree."""
    try:
        return Tree(size, tiles.__getitem__).root()
    except (KeyError, Malformed):
        return None
