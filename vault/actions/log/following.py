"""Following the log: its leaves in their order, one line of JSON each, from any place on. Nothing is ever skipped.

A leaf is read once it has its number, which is when it is signed. What is missing, or has another hash than its leaf,
ends the following and is named. That somebody follows is one entry for each time they begin.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vault.actions.acting import written
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Invalid, Unknown
from vault.domain.actor import Actor
from vault.store import log
from vault.store.database import Work
from vault.store.log import pruned, reading
from vault.store.log import state as states
from vault.store.log.reading import Numbered
from vault.tlog.hashes import leaf_hash

_STEP: Final = 500  # leaves read at once


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The leaf that comes next."""

    generation: int
    number: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Lines without their ends, and the place after them. Without lines there is nothing more for now."""

    lines: list[bytes]
    after: Place


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A leaf; `entry` is its body as it was signed. Of a pruned one only the hash is left."""

    generation: int
    number: int
    hash: str
    entry: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    pruned: bool = False


class _Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A generation that begins; the one before ended with so many entries."""

    generation: int
    begins_after: int


async def begin(vault: Vault, actor: Actor, *, generation: int | None = None, number: int | None = None) -> Place:
    """Return where to begin, and write the entry that says so.

    Without both that is the first leaf there is; a number alone is one of a log with one generation. `Invalid` where no
    leaf is or comes next.
    """
    async with vault.database.work(actor.organization) as work:
        state = await states.read(work)
        if state is None:
            raise Unknown("no_log", "there is no such log")
        if number is not None and generation is None and state.generation > 1:
            raise Invalid("which_generation", f"this log has {state.generation} generations: say GENERATION/NUMBER")
        place = Place(generation=generation or 1, number=number or 0)
        size = await reading.signed(work, place.generation)
        if not 1 <= place.generation <= state.generation or not 0 <= place.number <= size:
            raise Invalid("no_such_leaf", f"generation {place.generation} of this log has {size} entries")
        told = written(vault, actor, kind="log_followed", at=state.now, generation=place.generation, start=place.number)
        await log.add(work, [told])
    return place


async def step(vault: Vault, actor: Actor, *, place: Place) -> Step:
    """Return the next lines. `Conflict` names a leaf that is not as it was signed."""
    generation, number = place.generation, place.number
    async with vault.database.work(actor.organization) as work:
        state = await states.read(work)  # first: a generation that is over by now gets no more leaves
        gone = await pruned.minimum(work, generation)
        rows = await reading.leaves(work, generation, start=number, end=number + _STEP)
        if not rows and state is not None and state.generation > generation:
            return await _turn(work, place)
    lines = [_line(row, generation=generation, wanted=number + at, gone=gone) for at, row in enumerate(rows)]
    return Step(lines=lines, after=Place(generation=generation, number=number + len(lines)))


async def _turn(work: Work, place: Place) -> Step:
    """Go on with the next generation."""
    size = await reading.signed(work, place.generation)
    if place.number != size:
        raise _damaged(place.number, "is gone")
    after = Place(generation=place.generation + 1, number=0)
    line = _Turn(generation=after.generation, begins_after=size)
    return Step(lines=[msgspec.json.encode(line)], after=after)


def _line(row: Numbered, *, generation: int, wanted: int, gone: int) -> bytes:
    if row.number != wanted:
        raise _damaged(wanted, "is gone")
    shown = row.hash.hex()
    if wanted < gone:
        return msgspec.json.encode(_Line(generation=generation, number=wanted, hash=shown, pruned=True))
    if row.body is None:
        raise _damaged(wanted, "has lost its body")
    if leaf_hash(row.body) != row.hash:
        raise _damaged(wanted, "is not the one that was numbered")
    return msgspec.json.encode(_Line(generation=generation, number=wanted, hash=shown, entry=msgspec.Raw(row.body)))


def _damaged(number: int, what: str) -> Conflict:
    return Conflict("log_damaged", f"the log cannot be followed: entry {number} {what}")
