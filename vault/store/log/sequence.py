"""The order of the log: what waits, the edge of the tree, and the next step of it. In the role `vault_sequencer`.

Nothing here is ever changed but the state of a log, and that only from exactly what it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from vault.base.errors import Conflict
from vault.base.ids import ENTRY, ORGANIZATION, EntryId, OrganizationId, raw, show
from vault.store.database import Work
from vault.store.log.state import State
from vault.tlog.growth import Grown
from vault.tlog.hashes import Hash
from vault.tlog.tile import Tile, edge

SEQUENCER: Final = "vault_sequencer"

_WAITING: Final = "SELECT DISTINCT organization FROM vault.log_pending LIMIT 1000"
_TAKE: Final = """
WITH taken AS (
  DELETE FROM vault.log_pending WHERE organization = $1 AND entry = ANY (ARRAY(
    SELECT entry FROM vault.log_pending WHERE organization = $1 ORDER BY entry LIMIT $2
  )) RETURNING entry
)
SELECT taken.entry AS id, e.body FROM taken
LEFT JOIN vault.log_entry e ON e.organization = $1 AND e.id = taken.entry ORDER BY 1
"""
_TAKE_ONE: Final = """
WITH taken AS (DELETE FROM vault.log_pending WHERE organization = $1 AND entry = $2 RETURNING entry)
SELECT e.body FROM taken JOIN vault.log_entry e ON e.organization = $1 AND e.id = taken.entry
"""
_TILES: Final = """
SELECT t.level, t.number, t.width, t.data FROM unnest($3::smallint[], $4::bigint[], $5::smallint[]) AS w (l, n, s)
JOIN vault.log_tile t ON t.organization = $1 AND t.generation = $2 AND t.level = l AND t.number = n AND t.width = s
"""
_LEAVES: Final = """
INSERT INTO vault.log_leaf (organization, generation, number, entry, hash, at, kind, subject, client, purpose, outcome,
  reasons, actor)
SELECT $1, $2, $3 + place - 1, entry, hash, at, kind, subject, client, purpose, outcome,
  CASE reasons WHEN '' THEN '{}' ELSE string_to_array(reasons, ' ') END, actor
FROM unnest($4::uuid[], $5::bytea[], $6::timestamptz[], $7::text[], $8::uuid[], $9::uuid[], $10::text[], $11::text[],
  $12::text[], $13::text[])
  WITH ORDINALITY AS new (entry, hash, at, kind, subject, client, purpose, outcome, reasons, actor, place)
"""
_ADD_TILES: Final = """
INSERT INTO vault.log_tile (organization, generation, level, number, width, data)
SELECT $1, $2, * FROM unnest($3::smallint[], $4::bigint[], $5::smallint[], $6::bytea[])
"""
_CHECKPOINT: Final = """
INSERT INTO vault.log_checkpoint (organization, generation, size, note, signed_at) VALUES ($1, $2, $3, $4, $5)
"""
_MOVE: Final = """
UPDATE vault.log_state SET size = $5, root = $6, seen_at = $7
WHERE organization = $1 AND generation = $2 AND size = $3 AND root = $4 AND stopped IS NULL RETURNING 1
"""


class Overtaken(Conflict):
    """Another sequencer moved or stopped this log in the meantime; nothing was written."""

    def __init__(self) -> None:
        super().__init__("log_overtaken", "another sequencer was quicker; begin again")


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """A leaf to be, and what it is searched by. `actor` is the kind of it, and for staff `/` and which of them."""

    entry: EntryId
    hash: Hash
    at: datetime
    kind: str
    subject: UUID | None
    client: UUID | None
    purpose: str | None
    outcome: str | None
    reasons: tuple[str, ...]
    actor: str


async def waiting(work: Work) -> list[OrganizationId]:
    """Return the logs in which something waits for its number."""
    return [show(ORGANIZATION, row["organization"]) for row in await work.fetch(_WAITING)]


async def take(work: Work, most: int) -> list[tuple[EntryId, bytes | None]]:
    """Take up to so many entries from the queue, oldest id first. A late commit is found later: nothing is skipped.

    An entry without a body waits and is gone: somebody took it away.
    """
    return [(show(ENTRY, row["id"]), row["body"]) for row in await work.fetch(_TAKE, work.own, most)]


async def take_one(work: Work, entry: EntryId) -> bytes | None:
    """Take this entry from the queue, if it waits there."""
    rows = await work.fetch(_TAKE_ONE, work.own, raw(entry))
    return rows[0]["body"] if rows else None


async def edge_tiles(work: Work, generation: int, *, size: int) -> Mapping[Tile, bytes]:
    """Return the partial tiles of a tree."""
    return await tiles(work, generation, wanted=[*edge(size)])


async def tiles(work: Work, generation: int, *, wanted: Sequence[Tile]) -> Mapping[Tile, bytes]:
    """Return the stored tiles among those wanted."""
    places = ([tile.level for tile in wanted], [tile.index for tile in wanted], [tile.width for tile in wanted])
    rows = await work.fetch(_TILES, work.own, generation, *places)
    return {Tile(level=row["level"], index=row["number"], width=row["width"]): row["data"] for row in rows}


class Next(msgspec.Struct, frozen=True, kw_only=True):
    """The next step of a log: what it appends, signed. Whatever was written before `seen_at` has its number then."""

    leaves: Sequence[Leaf]
    grown: Grown
    note: bytes
    seen_at: datetime


async def advance(work: Work, before: State, *, after: Next) -> None:
    """Write the next step of the log; `Overtaken` unless it stands exactly where `before` says."""
    own, generation, grown = work.own, before.generation, after.grown
    moved = (own, generation, before.size, before.root, grown.size, grown.root, after.seen_at)
    if not await work.fetch(_MOVE, *moved):
        raise Overtaken
    await work.fetch(_LEAVES, own, generation, before.size, *_columns(after.leaves))
    places = [*grown.tiles]
    await work.fetch(
        _ADD_TILES,
        own,
        generation,
        [tile.level for tile in places],
        [tile.index for tile in places],
        [tile.width for tile in places],
        [*grown.tiles.values()],
    )
    await work.fetch(_CHECKPOINT, own, generation, grown.size, after.note, before.now)


def _columns(leaves: Sequence[Leaf]) -> tuple[list[object], ...]:
    return (
        [raw(leaf.entry) for leaf in leaves],
        [leaf.hash for leaf in leaves],
        [leaf.at for leaf in leaves],
        [leaf.kind for leaf in leaves],
        [leaf.subject for leaf in leaves],
        [leaf.client for leaf in leaves],
        [leaf.purpose for leaf in leaves],
        [leaf.outcome for leaf in leaves],
        [" ".join(leaf.reasons) for leaf in leaves],
        [leaf.actor for leaf in leaves],
    )
