"""Undoing an import: what it brought, counted, and whom it made about whom nobody else said anything.

There is no index of what an import brought: an undoing is seldom, and looks at everything once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from vault.base.ids import CUSTOMER, SUBJECT, CustomerId, ImportId, Subject, raw, show
from vault.domain.fact import Fact
from vault.store.customer import brought
from vault.store.customer.consents import COLUMNS, read_fact
from vault.store.database import Work

_NO: Final = "('refused', 'withdrawn', 'objected')"
_COUNT: Final = f"""
SELECT
  (SELECT count(*) FROM vault.fact WHERE organization = $1 AND brought_by = $2 AND kind NOT IN {_NO}) AS yeses,
  (SELECT count(*) FROM vault.fact WHERE organization = $1 AND brought_by = $2 AND kind IN {_NO}) AS noes,
  (SELECT count(*) FROM vault.suppression WHERE organization = $1 AND brought_by = $2) AS suppressions,
  (SELECT count(*) FROM vault.attribute WHERE organization = $1 AND brought_by = $2) AS attributes,
  (SELECT count(*) FROM vault.contact_point WHERE organization = $1 AND brought_by = $2) AS contact_points,
  (SELECT count(*) FROM vault.external_reference WHERE organization = $1 AND brought_by = $2) AS references,
  (SELECT count(*) FROM vault.customer WHERE organization = $1 AND brought_by = $2 AND erased_at IS NULL) AS made
"""  # noqa: S608 - words of ours


def _by_others(table: str, holds: str) -> str:
    return f"""EXISTS (SELECT FROM {table} x WHERE x.organization = $1 AND x.customer = c.id
  AND x.brought_by IS DISTINCT FROM $2 AND {holds})"""  # noqa: S608 - words of ours


# What the person did here, what anybody else said or brought, and a merge, which somebody decided.
_SPOKEN_OF: Final = " OR ".join(
    (
        "c.family IS NOT NULL",
        f"""EXISTS (SELECT FROM vault.fact x WHERE x.organization = $1 AND x.subject = b.subject
  AND x.brought_by IS DISTINCT FROM $2 AND {brought.counts("x")})""",  # noqa: S608 - conditions of ours
        _by_others("vault.attribute", brought.stands("x")),
        _by_others("vault.contact_point", brought.stands("x")),
        _by_others("vault.external_reference", brought.stands("x")),
        _by_others("vault.rights_request", "true"),
        *(
            f"EXISTS (SELECT FROM {table} x WHERE x.organization = $1 AND x.customer = c.id)"
            for table in ("vault.preference", "vault.claimed_point", "keystore.passkey", "keystore.session")
        ),
    )
)
_MADE: Final = """
FROM vault.customer c JOIN keystore.subject b ON b.organization = $1 AND b.customer = c.id
WHERE c.organization = $1 AND c.brought_by = $2 AND c.erased_at IS NULL
"""
_LEFT: Final = f"SELECT count(*) AS n {_MADE} AND NOT ({_SPOKEN_OF})"
_HOLD: Final = f"""
SELECT c.id {_MADE} AND c.id > $3 AND NOT ({_SPOKEN_OF}) ORDER BY c.id LIMIT $4 FOR UPDATE OF c
"""
_STILL: Final = f"""
SELECT c.id, b.subject, EXISTS (SELECT FROM vault.rights_request r WHERE r.organization = $1 AND r.customer = c.id
  AND r.wanted = 'erasure') AS asked {_MADE} AND c.id = ANY ($3::uuid[]) AND NOT ({_SPOKEN_OF}) ORDER BY c.id
"""  # noqa: S608 - conditions of ours
_NOES: Final = f"""
SELECT f.subject, {COLUMNS} FROM vault.fact f WHERE f.organization = $1 AND f.subject = ANY ($2::uuid[])
AND f.kind IN {_NO} AND {brought.counts("f")} ORDER BY f.subject, f.at, f.id
"""  # noqa: S608 - columns of ours
# The country a law looks at stands in the clear, and goes with the field it was read from.
_NO_COUNTRY: Final = """
UPDATE vault.customer c SET country = NULL FROM vault.attribute a
WHERE c.organization = $1 AND c.country IS NOT NULL AND a.organization = $1 AND a.customer = c.id
AND a.name = $3 AND a.brought_by = $2
"""


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """How much an import brought. `made`: the customers it made who are still there."""

    yeses: int
    noes: int
    suppressions: int
    attributes: int
    contact_points: int
    references: int
    made: int


class Alone(msgspec.Struct, frozen=True, kw_only=True):
    """A customer about whom nobody said anything but the import. `asked`: it told that they want to be erased."""

    customer: CustomerId
    subject: Subject
    asked: bool


async def count(work: Work, import_: ImportId) -> Brought:
    """Return how much an import brought."""
    [row] = await work.fetch(_COUNT, work.own, raw(import_))
    return Brought(**dict(row))


async def left(work: Work, import_: ImportId) -> int:
    """Return how many customers it made about whom nobody else said anything."""
    [row] = await work.fetch(_LEFT, work.own, raw(import_))
    return int(row["n"])


async def hold(work: Work, import_: ImportId, *, after: UUID, most: int) -> list[UUID]:
    """Hold the rows of the next such customers until this work ends."""
    rows = await work.fetch(_HOLD, work.own, raw(import_), after, most)
    return [row["id"] for row in rows]


async def still(work: Work, import_: ImportId, *, held: Sequence[UUID]) -> list[Alone]:
    """Return those of whose rows are held about whom nobody has said anything meanwhile."""
    rows = await work.fetch(_STILL, work.own, raw(import_), list(held))
    return [
        Alone(
            customer=show(CUSTOMER, row["id"]),
            subject=show(SUBJECT, row["subject"]),
            asked=row["asked"],
        )
        for row in rows
    ]


async def noes(work: Work, subjects: Sequence[Subject]) -> dict[Subject, list[Fact]]:
    """Return the noes that stand under subjects."""
    found: dict[Subject, list[Fact]] = {}
    for row in await work.fetch(_NOES, work.own, [raw(one) for one in subjects]):
        holder, *fact = tuple(row)
        found.setdefault(show(SUBJECT, holder), []).append(read_fact(fact))
    return found


async def forget_countries(work: Work, import_: ImportId, *, field: str) -> None:
    """Let go of countries that were read from a field the import brought."""
    await work.long(_NO_COUNTRY, work.own, raw(import_), field)
