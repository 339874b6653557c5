"""The log as it is read for others: checkpoints, tiles and entries of a range, and what is wrong with the tables.

Entries come as they were written. What the tables say about each other is compared here; what they say together is
for the auditor's own verifier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from vault.base.ids import ENTRY, EntryId, show
from vault.store.database import Work
from vault.tlog.tile import Tile

_CHECKPOINTS: Final = """
SELECT c.size, c.note, ARRAY(
  SELECT line FROM vault.log_cosignature s
  WHERE s.organization = $1 AND s.generation = $2 AND s.size = c.size ORDER BY witness
) AS lines
FROM vault.log_checkpoint c WHERE c.organization = $1 AND c.generation = $2 AND c.size = ANY ($3::bigint[])
ORDER BY c.size
"""
_SIZES: Final = "SELECT size FROM vault.log_checkpoint WHERE organization = $1 AND generation = $2 ORDER BY size"
_SIGNED: Final = "SELECT max(size) AS size FROM vault.log_checkpoint WHERE organization = $1 AND generation = $2"
_SUBJECTS: Final = """
SELECT number FROM vault.log_leaf
WHERE organization = $1 AND generation = $2 AND subject = $3 AND number >= $4 AND number < $5 ORDER BY number
"""
_LEAVES: Final = """
SELECT l.number, l.entry, l.hash, e.body FROM vault.log_leaf l
LEFT JOIN vault.log_entry e ON e.organization = $1 AND e.id = l.entry
WHERE l.organization = $1 AND l.generation = $2 AND l.number >= $3 AND l.number < $4 ORDER BY l.number
"""
_OUTSIDE: Final = """
SELECT number FROM vault.log_leaf
WHERE organization = $1 AND generation = $2 AND (number < 0 OR number >= $3) ORDER BY number LIMIT 1
"""
_STRAY: Final = """
SELECT e.id FROM vault.log_entry e WHERE e.organization = $1 AND e.id < $2
AND NOT EXISTS (SELECT FROM vault.log_leaf l WHERE l.organization = $1 AND l.entry = e.id)
ORDER BY e.id LIMIT 1
"""
# A tile is the beginning of every wider one at its place.
_TILES: Final = """
SELECT w.level, w.number, w.width, found.data
FROM unnest($3::smallint[], $4::bigint[], $5::smallint[]) AS w (level, number, width)
CROSS JOIN LATERAL (
  SELECT substring(t.data FOR w.width * 32) AS data FROM vault.log_tile t
  WHERE t.organization = $1 AND t.generation = $2 AND t.level = w.level AND t.number = w.number AND t.width >= w.width
  ORDER BY t.width LIMIT 1
) found
"""
_BARE: Final = """
SELECT size FROM vault.log_checkpoint c WHERE c.organization = $1 AND c.generation = $2 AND c.size % 256 <> 0
AND NOT EXISTS (
  SELECT FROM vault.log_tile t WHERE t.organization = $1 AND t.generation = $2
  AND t.level = 0 AND t.number = c.size / 256 AND t.width = c.size % 256
) ORDER BY size LIMIT 1
"""
# Each signed size left the partial tile of its leaves; a tile beyond the tree, or one of a size nobody signed, is none.
_STRAY_TILES: Final = """
SELECT level, number, width FROM vault.log_tile t WHERE t.organization = $1 AND t.generation = $2 AND (
  t.level NOT BETWEEN 0 AND 7 OR t.width NOT BETWEEN 1 AND 256 OR t.number < 0
  OR t.number * 256 + t.width > $3::bigint >> (8 * t.level::integer)
  OR t.level = 0 AND t.width < 256 AND NOT EXISTS (
    SELECT FROM vault.log_checkpoint c
    WHERE c.organization = $1 AND c.generation = $2 AND c.size = t.number * 256 + t.width
  )
) ORDER BY number << (8 * level::integer + 8), level, width LIMIT 1
"""


class Numbered(msgspec.Struct, frozen=True, kw_only=True):
    """An entry at its place. Without a body it was taken away."""

    number: int
    hash: bytes
    body: bytes | None


async def sizes(work: Work, generation: int) -> list[int]:
    """Return the sizes that were signed, smallest first."""
    return [row["size"] for row in await work.fetch(_SIZES, work.own, generation)]


async def signed(work: Work, generation: int) -> int:
    """Return the largest size that was signed; 0 for none."""
    rows = await work.fetch(_SIGNED, work.own, generation)
    return rows[0]["size"] or 0


async def checkpoints(work: Work, generation: int, *, wanted: Sequence[int]) -> dict[int, bytes]:
    """Return checkpoints by size, as signed, each with the cosignatures there are."""
    rows = await work.fetch(_CHECKPOINTS, work.own, generation, [*wanted])
    return {
        row["size"]: row["note"] + "".join([f"{line.rstrip()}\n" for line in row["lines"]]).encode() for row in rows
    }


async def of_subject(work: Work, generation: int, *, subject: UUID, start: int, end: int) -> list[int]:
    """Return the numbers of a subject's entries, as the search columns have them."""
    rows = await work.fetch(_SUBJECTS, work.own, generation, subject, start, end)
    return [row["number"] for row in rows]


async def leaves(work: Work, generation: int, *, start: int, end: int) -> list[Numbered]:
    """Return the entries of a range in their order."""
    rows = await work.fetch(_LEAVES, work.own, generation, start, end)
    return [Numbered(number=row["number"], hash=row["hash"], body=row["body"]) for row in rows]


async def tiles(work: Work, generation: int, *, wanted: Sequence[Tile]) -> Mapping[Tile, bytes]:
    """Return the tiles wanted, as far as they are stored, cut from wider ones if need be."""
    places = ([tile.level for tile in wanted], [tile.index for tile in wanted], [tile.width for tile in wanted])
    return {_tile(row): row["data"] for row in await work.fetch(_TILES, work.own, generation, *places)}


async def bare_size(work: Work, generation: int) -> int | None:
    """Return the first signed size whose partial tile of leaves is gone."""
    rows = await work.fetch(_BARE, work.own, generation)
    return rows[0]["size"] if rows else None


async def stray_leaf(work: Work, generation: int, *, size: int) -> int | None:
    """Return the first number that lies outside the tree."""
    rows = await work.fetch(_OUTSIDE, work.own, generation, size)
    return rows[0]["number"] if rows else None


async def stray_entry(work: Work, *, before: datetime) -> EntryId | None:
    """Return the first entry whose id is older than that and which has no number."""
    rows = await work.fetch(_STRAY, work.own, UUID(int=int(before.timestamp() * 1000) << 80))
    return show(ENTRY, rows[0]["id"]) if rows else None


async def stray_tile(work: Work, generation: int, *, size: int) -> Tile | None:
    """Return the first tile that no signed tree has."""
    return next(map(_tile, await work.fetch(_STRAY_TILES, work.own, generation, size)), None)


def _tile(row: Record) -> Tile:
    return Tile(level=row["level"], index=row["number"], width=row["width"])
