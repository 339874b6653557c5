"""Rows of a restored organization, written many at a time. What stands under a tag may come twice, and is kept once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg

from vault.base.errors import Conflict
from vault.store.database import Work

_TABLES: Final[Mapping[str, str]] = {
    "vault.customer": "id uuid, locale text, time_zone text, minor_until date, restricted_since timestamptz, "
    "country text, recorded_at timestamptz, family uuid",
    "keystore.subject": "customer uuid, subject uuid",
    "keystore.customer_key": "customer uuid, kind text, version int, wrapped bytea",
    "vault.attribute": "customer uuid, name text, sealed bytea",
    "vault.contact_point": "customer uuid, id uuid, kind text, sealed bytea, tag uuid, is_primary bool, "
    "verified_at timestamptz, recorded_at timestamptz, area text",
    "vault.external_reference": "customer uuid, id uuid, source text, sealed bytea, recorded_at timestamptz",
    "keystore.blind_index": "field text, version int, tag uuid, customer uuid, owner uuid",
    "vault.preference": "customer uuid, paused_until timestamptz, quiet jsonb, channel_order words, at_most jsonb, "
    "recorded_at timestamptz",
    "vault.rights_request": "customer uuid, id uuid, wanted text, field text, asked_at timestamptz, words bytea, "
    "extended_at timestamptz, extended_because bytea, closed_at timestamptz, outcome text, refused_because bytea",
    "vault.reservation": "subject uuid, decision uuid, at timestamptz, client uuid, sender uuid, purpose text, "
    "lineage words, channel text, tag uuid, state text, told_at timestamptz",
    "vault.fact": "subject uuid, id uuid, kind text, purpose text, channel text, at timestamptz, "
    "recorded_at timestamptz, source text, method text, client uuid, contact_point uuid, notice int, locale text, "
    "words text, until timestamptz, proven bool, guardian bool, dealing text, evidence bytea",
    "vault.suppression": "tag uuid, id uuid, kind text, channel text, at timestamptz, until timestamptz, "
    "recorded_at timestamptz",
    "vault.erasure_mark": "tag uuid, recorded_at timestamptz",
    "vault.configuration": "digest text, document bytea, recorded_at timestamptz",
    "vault.in_force": "since timestamptz, digest text",
    "vault.merge": "id uuid, kept uuid, joined uuid, recorded_at timestamptz",
    "vault.merge_undone": "merge uuid, recorded_at timestamptz",
    "vault.merge_suggestion": "one uuid, other uuid, why words, recorded_at timestamptz, apart_at timestamptz",
}
"""By table what is written, in the order in which tables want each other. `words` are texts without blanks."""
_TWICE: Final = frozenset(
    {"vault.fact", "vault.suppression", "vault.erasure_mark", "vault.configuration", "vault.in_force"}
)
_PASSED: Final = {"words": "text", "jsonb": "text"}
_READ: Final = {"words": "string_to_array(n.{0}, ' ')", "jsonb": "n.{0}::jsonb"}
_KNOWN_FACTS: Final = "SELECT id FROM vault.fact WHERE organization = $1 AND id = ANY ($2::uuid[])"
_KNOWN: Final = "SELECT id FROM vault.customer WHERE organization = $1 AND id = ANY ($2::uuid[])"
_EMPTY: Final = """
SELECT NOT EXISTS(SELECT FROM vault.customer WHERE organization = $1) AS of_customers,
  NOT (EXISTS(SELECT FROM vault.fact WHERE organization = $1)
    OR EXISTS(SELECT FROM vault.suppression WHERE organization = $1)
    OR EXISTS(SELECT FROM vault.erasure_mark WHERE organization = $1)
    OR EXISTS(SELECT FROM vault.claimed_point WHERE organization = $1)) AS of_tags
"""
_BEGIN: Final = """
INSERT INTO vault.restoration (organization, manifest, begun_at) VALUES ($1, $2, clock_timestamp())
"""
_END: Final = """
UPDATE vault.restoration SET ended_at = clock_timestamp() WHERE organization = $1 AND manifest = $2
"""
_HOW: Final = "SELECT manifest, ended_at IS NOT NULL AS ended FROM vault.restoration WHERE organization = $1"


class Rows:
    """Rows to be written together."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Sequence[Any]]] = {}

    def add(self, table: str, *values: object) -> None:
        """Add a row, its values in the order of `_TABLES`, without the organization."""
        self._rows.setdefault(table, []).append(values)

    async def write(self, work: Work) -> None:
        """Write all of it; `Conflict` for what is here already, as somebody else's."""
        try:
            for table, statement in _INSERTS.items():
                if rows := self._rows.get(table):
                    await work.fetch(statement, work.own, *(list(column) for column in zip(*rows, strict=True)))
        except asyncpg.UniqueViolationError:
            raise Conflict(
                "not_empty", "something of this export is here already, as somebody else's; restore into a new vault"
            ) from None


async def known_facts(work: Work, facts: Collection[UUID]) -> set[UUID]:
    """Return which of these facts are here."""
    return {row["id"] for row in await work.fetch(_KNOWN_FACTS, work.own, [*facts])}


async def known(work: Work, customers: Collection[UUID]) -> set[UUID]:
    """Return which of these customers are here, or were."""
    return {row["id"] for row in await work.fetch(_KNOWN, work.own, [*customers])}


async def is_empty(work: Work) -> tuple[bool, bool]:
    """Whether there never was a customer; and whether nothing is kept under any tag."""
    [row] = await work.fetch(_EMPTY, work.own)
    return row["of_customers"], row["of_tags"]


async def restorations(work: Work) -> dict[str, bool]:
    """Return by the digest of their manifests what was ever restored here, and whether to the end."""
    return {row["manifest"]: row["ended"] for row in await work.fetch(_HOW, work.own)}


async def begin(work: Work, manifest: str) -> None:
    """Note that an export is being restored."""
    await work.fetch(_BEGIN, work.own, manifest)


async def end(work: Work, manifest: str) -> None:
    """Note that all of it is restored."""
    await work.fetch(_END, work.own, manifest)


def _insert(table: str, columns: str) -> str:
    parts = [column.split() for column in columns.split(", ")]
    names = ", ".join(name for name, _ in parts)
    read = ", ".join(_READ.get(kind, "n.{0}").format(name) for name, kind in parts)
    passed = ", ".join(f"${place}::{_PASSED.get(kind, kind)}[]" for place, (_, kind) in enumerate(parts, 2))
    again = " ON CONFLICT DO NOTHING" if table in _TWICE else ""
    return f"INSERT INTO {table} (organization, {names}) SELECT $1, {read} FROM unnest({passed}) AS n ({names}){again}"  # noqa: S608 - tables and columns of ours


_INSERTS: Final[Mapping[str, str]] = {table: _insert(table, columns) for table, columns in _TABLES.items()}
