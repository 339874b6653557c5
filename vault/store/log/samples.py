"""Samples as they are kept: rules, what was drawn by them, what was found; and what of the log a drawing needs.

Rows are added and never changed. The words of a finding lie sealed beside its entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from vault.base.ids import ENTRY, SAMPLE, EntryId, SampleId, raw, show
from vault.domain.audit.commitment import What
from vault.domain.audit.sample import Rule, Verdict
from vault.store.database import Work

_ADD: Final = """
INSERT INTO vault.sample (organization, id, entry, size, generation, first, until, kind, population, witnesses,
  ruled_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_READ: Final = """
SELECT s.*, d.generation AS drawn_generation, d.size AS checkpoint, d.witness, d.seed, d.numbers, d.entry AS drawing,
  d.drawn_at, l.generation AS leaf_generation, l.number, l.hash, (
    SELECT count(DISTINCT f.number)::int FROM vault.sample_finding f WHERE f.organization = $1 AND f.sample = s.id
  ) AS found
FROM vault.sample s LEFT JOIN vault.sample_drawing d ON d.organization = $1 AND d.sample = s.id
LEFT JOIN vault.log_leaf l ON l.organization = $1 AND l.entry = s.entry
WHERE s.organization = $1 AND ($2::uuid IS NULL OR s.id = $2) AND ($3::uuid IS NULL OR s.id < $3)
ORDER BY s.id DESC LIMIT $4
"""
_DRAW: Final = """
INSERT INTO vault.sample_drawing (organization, sample, entry, generation, size, witness, seed, numbers, drawn_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_FIND: Final = """
INSERT INTO vault.sample_finding (organization, sample, number, entry, verdict, found_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_FOUND: Final = """
SELECT DISTINCT ON (f.number) f.number, f.entry, f.verdict, f.found_at, d.sealed FROM vault.sample_finding f
LEFT JOIN vault.log_detail d ON d.organization = $1 AND d.entry = f.entry AND d.what = $3
WHERE f.organization = $1 AND f.sample = $2 ORDER BY f.number, f.found_at DESC, f.entry DESC
"""
_IN_RANGE: Final = (
    "organization = $1 AND generation = $2 AND number >= $3 AND number < $4 AND ($5::text IS NULL OR kind = $5)"
)
_COUNT: Final = f"SELECT count(*) AS n FROM vault.log_leaf WHERE {_IN_RANGE}"  # noqa: S608 - no value in it
_BETWEEN: Final = """
SELECT min(number) AS first, max(number) + 1 AS until FROM vault.log_leaf
WHERE organization = $1 AND generation = $2 AND ($3::timestamptz IS NULL OR at >= $3)
AND ($4::timestamptz IS NULL OR at < $4)
"""
_MEMBERS: Final = f"""
SELECT number FROM (
  SELECT number, row_number() OVER (ORDER BY number) - 1 AS place FROM vault.log_leaf WHERE {_IN_RANGE}
) member JOIN unnest($6::bigint[]) WITH ORDINALITY AS drawn (place, turn) USING (place) ORDER BY turn
"""  # noqa: S608 - no value in it
_COSIGNED: Final = """
SELECT s.size, s.witness, s.line, c.note FROM vault.log_cosignature s JOIN vault.log_checkpoint c
  ON c.organization = $1 AND c.generation = $2 AND c.size = s.size
WHERE s.organization = $1 AND s.generation = $2 AND s.size > $3 AND s.witness = ANY ($4::text[])
ORDER BY s.recorded_at, s.size, s.witness LIMIT 1
"""
_SIGNED: Final = """
SELECT size, note FROM vault.log_checkpoint
WHERE organization = $1 AND generation = $2 AND size > $3 ORDER BY size LIMIT 1
"""
_SHOWN: Final = """
SELECT number, entry, kind, outcome, at FROM vault.log_leaf
WHERE organization = $1 AND generation = $2 AND number = ANY ($3::bigint[])
"""
_SIZES: Final = """
SELECT DISTINCT size FROM vault.sample_drawing
WHERE organization = $1 AND generation = $2 AND size >= $3 AND size <= $4 ORDER BY size DESC LIMIT $5
"""


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """What was drawn: the checkpoint and the witness whose signature gave the seed, and the numbers in their turn.

    Without a witness it was the log's own signature.
    """

    entry: EntryId
    generation: int
    checkpoint: int
    witness: str | None
    seed: bytes
    numbers: tuple[int, ...]
    drawn_at: datetime


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """Where an entry stands in the log."""

    generation: int
    number: int
    hash: bytes


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A sample: its rule with the entry that fixed it, what was drawn, and for how many numbers something was found.

    `leaf` is that of the rule's entry, once it has its number.
    """

    id: SampleId
    entry: EntryId
    leaf: Leaf | None
    rule: Rule
    ruled_at: datetime
    drawing: Drawing | None
    found: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was found last of one number; its words, if there are any, come sealed."""

    number: int
    entry: EntryId
    verdict: Verdict
    found_at: datetime
    sealed: bytes | None = None


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint that may give a seed, and the line by which a witness cosigned it."""

    size: int
    note: bytes
    witness: str | None = None
    line: str = ""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A drawn entry."""

    number: int
    entry: EntryId
    kind: str
    outcome: str | None
    at: datetime


async def add(work: Work, sample: SampleId, *, entry: EntryId, rule: Rule, now: datetime) -> None:
    """Keep a rule."""
    what = (rule.size, rule.generation, rule.start, rule.end, rule.kind, rule.population, [*rule.witnesses])
    await work.fetch(_ADD, work.own, raw(sample), raw(entry), *what, now)


async def read(work: Work, sample: SampleId) -> Kept | None:
    """Return a sample, if there is one."""
    rows = await work.fetch(_READ, work.own, raw(sample), None, 1)
    return _kept(rows[0]) if rows else None


async def page(work: Work, *, after: SampleId | None, limit: int) -> list[Kept]:
    """Return samples, the newest first."""
    rows = await work.fetch(_READ, work.own, None, raw(after) if after is not None else None, limit)
    return [_kept(row) for row in rows]


async def draw(work: Work, sample: SampleId, *, drawing: Drawing) -> None:
    """Keep what was drawn. A second drawing of the sample fails."""
    what = (drawing.generation, drawing.checkpoint, drawing.witness, drawing.seed, [*drawing.numbers])
    await work.fetch(_DRAW, work.own, raw(sample), raw(drawing.entry), *what, drawing.drawn_at)


async def find(work: Work, sample: SampleId, *, found: Found) -> None:
    """Keep a finding; it stands before an earlier one on the same number."""
    await work.fetch(_FIND, work.own, raw(sample), found.number, raw(found.entry), found.verdict, found.found_at)


async def findings(work: Work, sample: SampleId) -> list[Found]:
    """Return what was found last of each number that something was found of."""
    words: What = "finding"
    return [
        Found(**{**row, "entry": show(ENTRY, row["entry"])})
        for row in await work.fetch(_FOUND, work.own, raw(sample), words)
    ]


async def count(work: Work, generation: int, *, start: int, end: int, kind: str | None) -> int:
    """Return how many entries of a range are of a kind."""
    rows = await work.fetch(_COUNT, work.own, generation, start, end, kind)
    return int(rows[0]["n"])


async def between(
    work: Work, generation: int, *, since: datetime | None, until: datetime | None
) -> tuple[int, int] | None:
    """Return the smallest range of numbers with every entry of a time, `until` not counted; none if there is none."""
    [row] = await work.fetch(_BETWEEN, work.own, generation, since, until)
    return (row["first"], row["until"]) if row["first"] is not None else None


async def members(work: Work, rule: Rule, *, places: Sequence[int]) -> list[int]:
    """Return the numbers at these places among the entries of the rule's range and kind, in the order of the places."""
    asked = (rule.generation, rule.start, rule.end, rule.kind, [*places])
    return [row["number"] for row in await work.fetch(_MEMBERS, work.own, *asked)]


async def cosigned(work: Work, leaf: Leaf, *, witnesses: Sequence[str]) -> Signed | None:
    """Return the first checkpoint with the leaf that one of these witnesses cosigned, as it came here."""
    rows = await work.fetch(_COSIGNED, work.own, leaf.generation, leaf.number, [*witnesses])
    return Signed(**rows[0]) if rows else None


async def signed(work: Work, leaf: Leaf) -> Signed | None:
    """Return the first checkpoint with the leaf."""
    rows = await work.fetch(_SIGNED, work.own, leaf.generation, leaf.number)
    return Signed(**rows[0]) if rows else None


async def shown(work: Work, generation: int, *, numbers: Sequence[int]) -> dict[int, Member]:
    """Return entries by their numbers."""
    return {
        row["number"]: Member(**{**row, "entry": show(ENTRY, row["entry"])})
        for row in await work.fetch(_SHOWN, work.own, generation, [*numbers])
    }


async def sizes(work: Work, generation: int, *, start: int, end: int, most: int) -> list[int]:
    """Return the sizes of checkpoints in a range that gave a seed."""
    rows = await work.fetch(_SIZES, work.own, generation, start, end, most)
    return [row["size"] for row in rows]


def _kept(row: Record) -> Kept:
    return Kept(
        id=show(SAMPLE, row["id"]),
        entry=show(ENTRY, row["entry"]),
        leaf=_leaf(row),
        rule=Rule(
            size=row["size"],
            generation=row["generation"],
            start=row["first"],
            end=row["until"],
            kind=row["kind"],
            population=row["population"],
            witnesses=tuple(row["witnesses"]),
        ),
        ruled_at=row["ruled_at"],
        drawing=_drawing(row),
        found=row["found"],
    )


def _leaf(row: Record) -> Leaf | None:
    if row["number"] is None:
        return None
    return Leaf(generation=row["leaf_generation"], number=row["number"], hash=row["hash"])


def _drawing(row: Record) -> Drawing | None:
    entry: UUID | None = row["drawing"]
    if entry is None:
        return None
    return Drawing(
        entry=show(ENTRY, entry),
        generation=row["drawn_generation"],
        checkpoint=row["checkpoint"],
        witness=row["witness"],
        seed=row["seed"],
        numbers=tuple(row["numbers"]),
        drawn_at=row["drawn_at"],
    )
