"""Looking at imports: a page of them, a page of the rows of one, and what there is to be done."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from vault.base.ids import IMPORT, ORGANIZATION, ImportId, OrganizationId, raw, show
from vault.domain.importing.told import ImportRow, Verdict
from vault.store.database import Work
from vault.store.imports.rows import RECORDS

_RECORD: Final = (1 << RECORDS) - 1
_NEWEST: Final = UUID(int=2**128 - 1)
_PAGE: Final = """
SELECT id FROM vault.import WHERE organization = $1 AND id < $2 ORDER BY id DESC LIMIT $3
"""
_ROWS: Final = """
SELECT place, verdict, reason FROM vault.import_row
WHERE organization = $1 AND import = $2 AND place > $3 AND verdict IS NOT NULL AND verdict = ANY ($4::text[])
ORDER BY place LIMIT $5
"""
_UNDERWAY: Final = """
SELECT organization, id FROM vault.import
WHERE client IS NOT NULL AND state IN ('queued', 'staging', 'joining', 'settling') ORDER BY made_at LIMIT 100
"""
_UNDONE: Final = """
SELECT recorded_at, with_noes FROM vault.import_undone WHERE organization = $1 AND import = $2
"""
_ASIDE: Final = """
SELECT place, reason, sealed FROM vault.import_row
WHERE organization = $1 AND import = $2 AND place > $3 AND place < $4 AND verdict IN ('reject', 'review')
  AND sealed IS NOT NULL ORDER BY place LIMIT $5
"""
_LEFT_BEHIND: Final = """
SELECT id FROM vault.import WHERE organization = $1
  AND state = 'receiving' AND made_at < clock_timestamp() - interval '1 day' LIMIT 100
"""
_ENDED: Final = """
SELECT i.id, i.ended_at FROM vault.import i JOIN keystore.import_key k ON k.organization = $1 AND k.import = i.id
WHERE i.organization = $1 AND i.ended_at IS NOT NULL ORDER BY i.ended_at LIMIT 100
"""


class SealedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was put aside."""

    place: int
    reason: str
    sealed: bytes


async def page(work: Work, *, before: ImportId | None, most: int) -> list[ImportId]:
    """Return imports, the newest first."""
    found = await work.fetch(_PAGE, work.own, _NEWEST if before is None else raw(before), most)
    return [show(IMPORT, row["id"]) for row in found]


async def rows(
    work: Work, import_: ImportId, *, verdicts: Collection[Verdict], after: int, most: int
) -> list[tuple[int, ImportRow]]:
    """Return rows of these verdicts after a place, each with its place."""
    return [
        (
            row["place"],
            ImportRow(
                file=row["place"] >> RECORDS,
                record=row["place"] & _RECORD,
                verdict=row["verdict"],
                reason=row["reason"],
            ),
        )
        for row in await work.fetch(_ROWS, work.own, raw(import_), after, [*verdicts], most)
    ]


async def undone(work: Work, import_: ImportId) -> tuple[datetime, bool] | None:
    """Return since when an import is undone, and whether its noes are, too."""
    found = await work.fetch(_UNDONE, work.own, raw(import_))
    return (found[0]["recorded_at"], found[0]["with_noes"]) if found else None


async def underway(work: Work) -> list[tuple[OrganizationId, ImportId]]:
    """Return the imports of systems that are to be worked on, of every organization."""
    return [(show(ORGANIZATION, row["organization"]), show(IMPORT, row["id"])) for row in await work.fetch(_UNDERWAY)]


async def aside(work: Work, import_: ImportId, *, number: int, after: int, most: int) -> list[SealedRow]:
    """Return rows of a file that were put aside, after a record, each still sealed."""
    first, end = number << RECORDS | after, number + 1 << RECORDS
    return [
        SealedRow(place=row["place"], reason=row["reason"] or "", sealed=row["sealed"])
        for row in await work.fetch(_ASIDE, work.own, raw(import_), first, end, most)
    ]


async def left_behind(work: Work) -> list[ImportId]:
    """Return imports whose files were never all sent, a day long."""
    return [show(IMPORT, row["id"]) for row in await work.fetch(_LEFT_BEHIND, work.own)]


async def ended(work: Work) -> list[tuple[ImportId, datetime]]:
    """Return imports that ended and have their key still, and when, those of longest ago first."""
    return [(show(IMPORT, row["id"]), row["ended_at"]) for row in await work.fetch(_ENDED, work.own)]
