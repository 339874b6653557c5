"""Where an entry stands, how far each generation is signed, and when a subject was erased. Read for others."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from vault.base.ids import EntryId, Subject, raw
from vault.store.database import Work
from vault.store.log import pruned, reading

_PLACE: Final = """
SELECT e.body, l.generation, l.number FROM (SELECT $2::uuid AS id) wanted
LEFT JOIN vault.log_entry e ON e.organization = $1 AND e.id = wanted.id
LEFT JOIN vault.log_leaf l ON l.organization = $1 AND l.entry = wanted.id
"""
_ERASED: Final = """
SELECT min(at) AS at FROM vault.log_leaf WHERE organization = $1 AND subject = $2 AND kind = 'erased'
"""
_LAST: Final = """
SELECT s.generation, (
  SELECT max(size) FROM vault.log_checkpoint WHERE organization = $1 AND generation = coalesce($2, s.generation)
) AS size FROM vault.log_state s WHERE s.organization = $1
"""
_GENERATIONS: Final = """
SELECT generation, max(size) AS size FROM vault.log_checkpoint WHERE organization = $1 GROUP BY 1 ORDER BY 1
"""


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as written, and its place, if it has one. Without a body it was let go of after its years."""

    body: bytes | None
    generation: int | None
    number: int | None


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The last checkpoint of a generation, with the cosignatures there are."""

    generation: int
    size: int
    note: bytes


async def placed(work: Work, entry: EntryId) -> Placed | None:
    """Return an entry with its place; none if there never was one of that id."""
    [row] = await work.fetch(_PLACE, work.own, raw(entry))
    body, generation, number = row["body"], row["generation"], row["number"]
    if number is not None and number < await pruned.minimum(work, generation):
        body = None
    elif body is None and number is None:
        return None
    return Placed(body=body, generation=generation, number=number)


async def erased_at(work: Work, subject: Subject) -> datetime | None:
    """Return when a subject was erased, as the log has it."""
    [row] = await work.fetch(_ERASED, work.own, raw(subject))
    moment: datetime | None = row["at"]
    return moment


async def head(work: Work, generation: int | None = None) -> Head | None:
    """Return the last checkpoint of a generation, or of the one the log is in; none where nothing is signed."""
    rows = await work.fetch(_LAST, work.own, generation)
    if not rows or rows[0]["size"] is None:
        return None
    found, size = generation or rows[0]["generation"], rows[0]["size"]
    notes = await reading.checkpoints(work, found, wanted=[size])
    return Head(generation=found, size=size, note=notes[size])


async def generations(work: Work) -> dict[int, int]:
    """Return the size of each generation that has one, oldest first."""
    return {row["generation"]: row["size"] for row in await work.fetch(_GENERATIONS, work.own)}
