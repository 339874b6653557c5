"""The rows of an import: staged sealed, taken component by component, judged, counted.

Each worker takes what no other has: killed in the middle, its rows are there for the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from vault.base.ids import ImportId, raw
from vault.domain.importing.told import CellCount, Count
from vault.store.database import Work

RECORDS: Final = 32
"""Bits of a place that are the record; those above are the number of the file."""
ALONE: Final = 0
"""The component of a row that was put aside before it was joined to any."""

_COLUMNS: Final = ("organization", "import", "place", "component", "sealed", "verdict", "reason", "cells")
_TAGS: Final = ("organization", "import", "tag", "place")
_THERE: Final = "SELECT place FROM vault.import_row WHERE organization = $1 AND import = $2 AND place = ANY ($3)"
_ROOTS: Final = """
SELECT place FROM vault.import_row
WHERE organization = $1 AND import = $2 AND verdict IS NULL AND component > $3 AND place = component
ORDER BY component LIMIT $4 FOR UPDATE SKIP LOCKED
"""
# Nobody has counted what was just staged: rows are looked up one by one, by the whole of a key, or all would be read.
_TAKE: Final = """
SELECT found.place, c.component, found.sealed FROM unnest($3::bigint[]) AS c (component)
CROSS JOIN LATERAL (SELECT r.place, r.sealed FROM vault.import_row r WHERE r.organization = $1 AND r.import = $2
                    AND r.verdict IS NULL AND r.component = c.component ORDER BY r.place OFFSET 0) AS found
"""
_JUDGE: Final = """
UPDATE vault.import_row r SET verdict = j.verdict, reason = j.reason, sealed = CASE WHEN j.kept THEN r.sealed END
FROM (SELECT $1::uuid AS organization, $2::uuid AS import, one.*
      FROM unnest($3::bigint[], $4::text[], $5::text[], $6::boolean[]) AS one (place, verdict, reason, kept)
      OFFSET 0) AS j
WHERE r.organization = j.organization AND r.import = j.import AND r.place = j.place
"""
_UNJUDGE: Final = f"""
UPDATE vault.import_row SET verdict = NULL, reason = NULL
WHERE organization = $1 AND import = $2 AND component > {ALONE} AND verdict IS NOT NULL
  AND sealed IS NOT NULL  -- what somebody was erased from is not read any more
"""  # noqa: S608 - ours
_LEFT: Final = """
SELECT count(*) AS n FROM vault.import_row WHERE organization = $1 AND import = $2 AND verdict IS NULL
"""
_COUNTS: Final = f"""
SELECT (place >> {RECORDS})::int AS number, verdict, reason, count(*) AS times FROM vault.import_row
WHERE organization = $1 AND import = $2 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""  # noqa: S608 - ours
_CELLS: Final = f"""
SELECT (place >> {RECORDS})::int AS number, cell, count(*) AS times FROM vault.import_row, unnest(cells) AS cell
WHERE organization = $1 AND import = $2 GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608 - ours


class NewRow(msgspec.Struct, frozen=True):
    """A row to be staged: `reason` is why it was put aside, none if it was read; `tags` are what it is joined by."""

    place: int
    sealed: bytes
    reason: str | None
    cells: Sequence[str]
    tags: Iterable[UUID]


def place(number: int, record: int) -> int:
    """Return the place of a record of a file."""
    return number << RECORDS | record


async def there(work: Work, import_: ImportId, *, places: Sequence[int]) -> set[int]:
    """Return which of these places are staged."""
    return {row["place"] for row in await work.fetch(_THERE, work.own, raw(import_), list(places))}


async def stage(work: Work, import_: ImportId, *, rows: Sequence[NewRow]) -> None:
    """Store rows and their tags."""
    own, of = work.own, raw(import_)
    await work.copy(
        "vault.import_row",
        _COLUMNS,
        rows=[
            (own, of, row.place, row.place, row.sealed, None, None, row.cells)
            if row.reason is None
            else (own, of, row.place, ALONE, row.sealed, "reject", row.reason, row.cells)
            for row in rows
        ],
    )
    # What could not be read joins nobody: until all is joined, its tags stand at places below zero.
    tags = [(own, of, tag, row.place if row.reason is None else -row.place) for row in rows for tag in row.tags]
    await work.copy("keystore.import_tag", _TAGS, rows=tags)


async def take(work: Work, import_: ImportId, *, after: int, components: int) -> list[list[tuple[int, bytes]]]:
    """Take components after a place that nobody else has, for this work: of each row its place and what is sealed."""
    own, of = work.own, raw(import_)
    roots = [row["place"] for row in await work.fetch(_ROOTS, own, of, after, components)]
    found: dict[int, list[tuple[int, bytes]]] = {}
    if roots:
        for row in await work.anew(_TAKE, own, of, roots):
            found.setdefault(row["component"], []).append((row["place"], row["sealed"]))
    return list(found.values())


async def judge(work: Work, import_: ImportId, *, verdicts: Sequence[tuple[int, str, str | None, bool]]) -> None:
    """Store what became of rows: place, verdict, reason, and whether what is sealed is kept."""
    columns = zip(*verdicts, strict=True) if verdicts else ((), (), (), ())
    await work.anew(_JUDGE, work.own, raw(import_), *map(list, columns))


async def unjudge(work: Work, import_: ImportId) -> None:
    """Take verdicts back, but of rows that could not be read: what was only looked at is now carried out."""
    await work.long(_UNJUDGE, work.own, raw(import_))


async def count_left(work: Work, import_: ImportId) -> int:
    """Return how many rows have no verdict yet."""
    return int((await work.fetch(_LEFT, work.own, raw(import_)))[0]["n"])


async def counts(work: Work, import_: ImportId) -> list[Count]:
    """Return what became of the rows of each file."""
    return [
        Count(number=row["number"], verdict=row["verdict"], reason=row["reason"], times=row["times"])
        for row in await work.fetch(_COUNTS, work.own, raw(import_))
    ]


async def cells(work: Work, import_: ImportId) -> list[CellCount]:
    """Return how many cells of each file's rows were set aside."""
    return [
        CellCount(number=row["number"], reason=row["cell"], times=row["times"])
        for row in await work.fetch(_CELLS, work.own, raw(import_))
    ]
