"""What imports brought: the conditions by which statements leave out what an undone one brought (law 14).

Each is written for a statement whose `$1` is the organization. What a person or a system said themselves names no
import and always stands; of an undone import its noes and suppressions stand, unless they were undone with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from asyncpg import Record

from vault.base.ids import IMPORT, CustomerId, ImportId, raw, show
from vault.domain.importing.undone import Undone
from vault.store.database import Work
from vault.store.keys import REFERENCE, VERSION

_ANY: Final = "SELECT EXISTS(SELECT FROM vault.import_undone WHERE organization = $1) AS found"
_ROWS: Final = """
SELECT import, recorded_at, with_noes FROM vault.import_undone WHERE organization = $1 ORDER BY recorded_at, import
"""
_ADD: Final = """
INSERT INTO vault.import_undone (organization, import, recorded_at, with_noes)
VALUES ($1, $2, clock_timestamp(), $3) RETURNING import, recorded_at, with_noes
"""


def _undone(known: str, *, with_noes: bool = False) -> str:
    more = " AND u.with_noes" if with_noes else ""
    more += f" AND u.recorded_at <= coalesce({known}, timestamptz 'infinity')" if known else ""
    return f"ARRAY(SELECT u.import FROM vault.import_undone u WHERE u.organization = $1{more})"  # noqa: S608 - words of ours


def stands(row: str, *, known: str = "") -> str:
    """Return the condition for a row of attributes, contact points, references or the blind index.

    With `known`, a parameter, what was undone later than that instant stands.
    """
    return f"({row}.brought_by IS NULL OR {row}.brought_by <> ALL ({_undone(known)}))"


def stops(row: str, *, known: str = "") -> str:
    """Return the condition for a suppression."""
    return f"({row}.brought_by IS NULL OR {row}.brought_by <> ALL ({_undone(known, with_noes=True)}))"


def counts(row: str, *, known: str = "") -> str:
    """Return the condition for a fact."""
    noes = f"{row}.kind IN ('refused', 'withdrawn', 'objected')"
    either = f"CASE WHEN {noes} THEN {_undone(known, with_noes=True)} ELSE {_undone(known)} END"
    return f"({row}.brought_by IS NULL OR {row}.brought_by <> ALL ({either}))"


# A reference names one customer: what an undone import brought makes room for whoever brings it again.
_MAKE_ROOM: Final = f"""
DELETE FROM keystore.blind_index i WHERE i.organization = $1 AND i.field = '{REFERENCE}' AND i.version = {VERSION}
AND i.tag = ANY ($2::uuid[]) AND NOT {stands("i")}
"""  # noqa: S608 - words of ours


# Whoever tells of a contact point or reference that an import brought has told of it themselves.
_VOUCH: Final = f"""
WITH points AS (
  UPDATE vault.contact_point p SET brought_by = NULL WHERE p.organization = $1 AND p.customer = $2
  AND p.tag = ANY ($3::uuid[]) AND p.brought_by IS NOT NULL AND {stands("p")} RETURNING p.id
), refs AS (
  UPDATE vault.external_reference r SET brought_by = NULL FROM keystore.blind_index i
  WHERE i.organization = $1 AND i.customer = $2 AND i.field = '{REFERENCE}' AND i.version = {VERSION}
  AND i.tag = ANY ($4::uuid[]) AND {stands("i")}
  AND r.organization = $1 AND r.customer = $2 AND r.id = i.owner AND r.brought_by IS NOT NULL RETURNING r.id
)
UPDATE keystore.blind_index i SET brought_by = NULL WHERE i.organization = $1 AND i.customer = $2
AND i.owner IN (SELECT id FROM points UNION ALL SELECT id FROM refs) AND {stands("i")}
"""  # noqa: S608 - words of ours


async def is_any_undone(work: Work) -> bool:
    """Whether an import of the organization was ever undone."""
    [row] = await work.fetch(_ANY, work.own)
    return bool(row["found"])


async def undone(work: Work) -> list[Undone]:
    """Return the imports that are undone."""
    return [_read(row) for row in await work.fetch(_ROWS, work.own)]


async def undo(work: Work, import_: ImportId, *, with_noes: bool) -> Undone:
    """Undo an import that nobody undid: from now on every statement leaves out what it brought."""
    [row] = await work.fetch(_ADD, work.own, raw(import_), with_noes)
    return _read(row)


async def vouch(work: Work, customer: CustomerId, *, points: Sequence[UUID], references: Sequence[UUID]) -> None:
    """Take down that somebody else tells of these, too: contact points by their tags, references by the index's."""
    if points or references:
        await work.fetch(_VOUCH, work.own, raw(customer), list(points), list(references))


async def make_room(work: Work, tags: Sequence[UUID]) -> None:
    """Take away tags of references that undone imports brought, for those who bring the references again."""
    if tags:
        await work.fetch(_MAKE_ROOM, work.own, list(tags))


def _read(row: Record) -> Undone:
    import_ = show(IMPORT, row["import"])
    return Undone(import_=import_, recorded_at=row["recorded_at"], with_noes=row["with_noes"])
