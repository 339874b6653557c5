"""Merges: which customers are one person, by rows that say so and rows that take it back; and who may be one.

What stands of them is kept at each customer's row too (`family`, the customer that stays), so that a question about
somebody who was merged with nobody looks at no merge at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from vault.base.ids import CUSTOMER, MERGE, CustomerId, MergeId, raw, show
from vault.store.database import Work

STANDS: Final = "NOT EXISTS (SELECT FROM vault.merge_undone u WHERE u.organization = $1 AND u.merge = m.id)"
"""Of a merge `m`: that nothing took it back."""
_MEMBERS: Final = """
SELECT m.id, m.family FROM vault.customer c JOIN vault.customer m ON m.organization = $1 AND m.family = c.family
WHERE c.organization = $1 AND c.id = $2 ORDER BY m.id <> m.family, m.id
"""
_ROOTS: Final = """
SELECT id, family FROM vault.customer WHERE organization = $1 AND id = ANY ($2::uuid[]) AND family IS NOT NULL
"""
_ADD: Final = "INSERT INTO vault.merge (organization, id, kept, joined, recorded_at) VALUES ($1, $2, $3, $4, $5)"
_UNDO: Final = "INSERT INTO vault.merge_undone (organization, merge, recorded_at) VALUES ($1, $2, $3)"
_OF: Final = f"""
SELECT m.id, m.kept, m.joined, m.recorded_at FROM vault.customer c
JOIN vault.merge m ON m.organization = $1 AND m.joined = c.id
WHERE c.organization = $1 AND c.family = $2 AND {STANDS}
"""  # noqa: S608 - a condition of ours
_SETTLE: Final = """
UPDATE vault.customer c SET family = n.family FROM unnest($2::uuid[], $3::uuid[]) AS n (id, family)
WHERE c.organization = $1 AND c.id = n.id
"""
_SUGGEST: Final = """
INSERT INTO vault.merge_suggestion (organization, one, other, why, recorded_at, apart_at)
SELECT $1, n.one, n.other, string_to_array(n.why, ' '), clock_timestamp(), NULL
FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS n (one, other, why) ON CONFLICT DO NOTHING
"""
_SUGGESTED: Final = """
SELECT s.one, s.other, s.why, s.recorded_at FROM vault.merge_suggestion s
JOIN vault.customer a ON a.organization = $1 AND a.id = s.one AND a.erased_at IS NULL
JOIN vault.customer b ON b.organization = $1 AND b.id = s.other AND b.erased_at IS NULL
WHERE s.organization = $1 AND s.apart_at IS NULL AND coalesce(a.family, a.id) <> coalesce(b.family, b.id)
ORDER BY s.one, s.other LIMIT $2
"""
_LAST: Final = f"""
SELECT m.id, m.kept, m.joined, m.recorded_at FROM vault.merge m WHERE m.organization = $1 AND {STANDS}
ORDER BY m.recorded_at DESC, m.id LIMIT $2
"""  # noqa: S608 - a condition of ours
_SINCE: Final = "SELECT recorded_at FROM vault.customer WHERE organization = $1 AND id = $2"
_APART: Final = """
UPDATE vault.merge_suggestion SET apart_at = $4 WHERE organization = $1 AND one = $2 AND other = $3 RETURNING one
"""
_FORGET: Final = """
WITH gone AS (DELETE FROM vault.merge_undone WHERE organization = $1 AND merge IN (
  SELECT id FROM vault.merge WHERE organization = $1 AND (kept = ANY ($2::uuid[]) OR joined = ANY ($2::uuid[])))),
guessed AS (DELETE FROM vault.merge_suggestion
            WHERE organization = $1 AND (one = ANY ($2::uuid[]) OR other = ANY ($2::uuid[])))
DELETE FROM vault.merge WHERE organization = $1 AND (kept = ANY ($2::uuid[]) OR joined = ANY ($2::uuid[]))
"""


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """A merge: the customer that stays, and the one that joins it."""

    id: MergeId
    kept: CustomerId
    joined: CustomerId
    at: datetime


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """Two who may be one person, and why, in codes."""

    one: CustomerId
    other: CustomerId
    why: tuple[str, ...]
    since: datetime


Pair = tuple[CustomerId, CustomerId, Sequence[str]]
"""Two customers, and why they may be one person: words without a blank."""


async def alone(work: Work) -> None:
    """Wait for whoever merges, takes back or erases here, until this work ends. Before any customer's row is held."""
    await work.lock([work.own.int & (2**63 - 1)])


async def members(work: Work, customer: CustomerId) -> list[CustomerId]:
    """Return who is one person with a customer, the one that stays first; merged with nobody, the customer alone."""
    rows = await work.fetch(_MEMBERS, work.own, raw(customer))
    return [_shown(row["id"]) for row in rows] or [customer]


async def root(work: Work, customer: CustomerId) -> CustomerId:
    """Return the customer that stays."""
    return (await roots(work, [customer])).get(customer, customer)


async def roots(work: Work, customers: Iterable[CustomerId]) -> dict[CustomerId, CustomerId]:
    """Return the customer that stays of those who were merged; of nobody else."""
    rows = await work.fetch(_ROOTS, work.own, [raw(one) for one in customers])
    return {_shown(row["id"]): _shown(row["family"]) for row in rows}


async def of(work: Work, family: CustomerId) -> list[Merge]:
    """Return the merges that stand and make one person of these customers; `family` is the one that stays."""
    return [_merge(row) for row in await work.fetch(_OF, work.own, raw(family))]


async def add(work: Work, merge: Merge) -> None:
    """Store a merge."""
    await work.fetch(_ADD, work.own, raw(merge.id), raw(merge.kept), raw(merge.joined), merge.at)


async def undo(work: Work, merge: MergeId, *, at: datetime) -> None:
    """Store that a merge is taken back."""
    await work.fetch(_UNDO, work.own, raw(merge), at)


async def settle(work: Work, families: Mapping[CustomerId, CustomerId | None]) -> None:
    """Note who stays of each; none for a customer by itself. Under the lock of all of them."""
    stays = [None if family is None else raw(family) for family in families.values()]
    await work.fetch(_SETTLE, work.own, [raw(one) for one in families], stays)


async def suggest(work: Work, pairs: Sequence[Pair]) -> None:
    """Note pairs of customers who may be one person; one that is noted already stays as it is."""
    found = [(*sorted((raw(one), raw(other))), " ".join(why)) for one, other, why in pairs if one != other]
    if found:
        ones, others, reasons = zip(*sorted(found), strict=True)
        await work.fetch(_SUGGEST, work.own, list(ones), list(others), list(reasons))


async def suggested(work: Work, *, limit: int) -> list[Suggestion]:
    """Return pairs nobody has decided on yet, in the order of their ids."""
    return [
        Suggestion(one=_shown(row["one"]), other=_shown(row["other"]), why=tuple(row["why"]), since=row["recorded_at"])
        for row in await work.fetch(_SUGGESTED, work.own, limit)
    ]


async def keep_apart(work: Work, pair: tuple[CustomerId, CustomerId], *, at: datetime) -> bool:
    """Note that somebody decided that two are two; false for a pair nobody suggested."""
    one, other = sorted(map(raw, pair))
    return bool(await work.fetch(_APART, work.own, one, other, at))


async def last(work: Work, *, limit: int) -> list[Merge]:
    """Return the merges that stand, the latest first."""
    return [_merge(row) for row in await work.fetch(_LAST, work.own, limit)]


async def known_since(work: Work, customer: CustomerId) -> datetime:
    """Return when a customer was registered."""
    rows = await work.fetch(_SINCE, work.own, raw(customer))
    since: datetime = rows[0]["recorded_at"]
    return since


async def forget(work: Work, customers: Sequence[CustomerId]) -> None:
    """Delete what names customers who are erased."""
    await work.fetch(_FORGET, work.own, [raw(one) for one in customers])


def _merge(row: Record) -> Merge:
    return Merge(
        id=show(MERGE, row["id"]),
        kept=_shown(row["kept"]),
        joined=_shown(row["joined"]),
        at=row["recorded_at"],
    )


def _shown(customer: UUID) -> CustomerId:
    return show(CUSTOMER, customer)
