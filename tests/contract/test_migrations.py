"""The migrated database is the one `tables.py` describes; migrating again changes nothing; a foreign one is refused."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import pytest
import pytest_asyncio
from piccolo.table import Table

from vault.base.errors import Conflict
from vault.store import tables
from vault.store.migrations import check, migrate

TABLES: Final = [
    table for _, table in inspect.getmembers(tables, inspect.isclass) if issubclass(table, Table) and table is not Table
]
# Written by hand-made statements alone, so Piccolo does not know them.
NOT_PICCOLOS: Final = {
    "keystore.log_key",
    "keystore.promise_key",
    "keystore.signing_key",
    "keystore.challenge",
    "keystore.code",
    "keystore.invitation",
    "keystore.letter_to_nobody",
    "keystore.no_passkey",
    "keystore.passkey",
    "keystore.session",
    "vault.allowance",
    "vault.in_force",
    "vault.import",
    "vault.import_file",
    "vault.import_piece",
    "vault.import_row",
    "vault.import_undone",
    "vault.restoration",
    "keystore.import_key",
    "keystore.import_tag",
    "keystore.import_label",
    "vault.merge",
    "vault.merge_suggestion",
    "vault.merge_undone",
    "vault.log_capability",
    "vault.log_checkpoint",
    "vault.log_cosignature",
    "vault.log_detail",
    "vault.log_leaf",
    "vault.log_pruned",
    "vault.log_state",
    "vault.log_tile",
    "vault.log_verifier",
    "vault.prompt",
    "vault.assertion",
    "vault.attempt",
    "vault.audience",
    "vault.audience_chunk",
    "vault.audience_result",
    "vault.claimed_point",
    "vault.client",
    "vault.client_secret",
    "vault.client_use",
    "vault.log_entry",
    "vault.log_pending",
    "vault.migration",
    "vault.outbox",
    "vault.rights_request",
    "vault.preference",
    "vault.permit",
    "vault.reservation",
    "vault.revoked_token",
    "vault.sample",
    "vault.sample_drawing",
    "vault.sample_finding",
    "vault.staff",
}
TYPES: Final = {
    "UUID": "uuid", "TEXT": "text", "BIGINT": "bigint", "INTEGER": "integer", "BOOLEAN": "boolean", "BYTEA": "bytea",
    "DATE": "date", "TIMESTAMPTZ": "timestamp with time zone",
}  # fmt: skip
# Keys that do not begin with the organization, and why.
OTHER_KEYS: Final = {
    "organization_pkey",  # the organization itself
    "organization_slug_key",  # a slug names one organization of the installation
    "migration_pkey",  # of the whole database
    "fact_id",  # the id stands first, or whoever looks for a subject's facts is led here
    "import_row_verdict",  # the verdict, or whoever looks for rows by their places is
}
OURS: Final = "n.nspname IN ('vault', 'keystore')"


@pytest_asyncio.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


async def columns(connection: asyncpg.Connection) -> dict[str, dict[str, tuple[str, bool]]]:
    """Return type and nullability of every column, by table."""
    rows = await connection.fetch(
        "SELECT table_schema || '.' || table_name AS place, column_name, data_type, is_nullable = 'YES' AS nullable "
        "FROM information_schema.columns WHERE table_schema IN ('vault', 'keystore')"
    )
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for row in rows:
        found.setdefault(row["place"], {})[row["column_name"]] = (row["data_type"], row["nullable"])
    return found


def described(table: type[Table]) -> tuple[str, dict[str, tuple[str, bool]]]:
    meta = table._meta
    return f"{meta.schema}.{meta.tablename}", {
        column._meta.name: (TYPES[column.column_type], column._meta.null) for column in meta.columns
    }


async def test_tables_and_database_agree_on_columns_types_and_nulls(connection: asyncpg.Connection) -> None:
    found = await columns(connection)
    assert {place: found[place] for place in found.keys() - NOT_PICCOLOS} == dict(map(described, TABLES))
    assert found.keys() >= NOT_PICCOLOS


async def test_no_column_has_a_default(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE table_schema IN "
        "('vault', 'keystore') AND (column_default IS NOT NULL OR is_identity = 'YES' OR is_generated <> 'NEVER')"
    )
    assert [tuple(row) for row in rows] == []
    assert [
        (table.__name__, column._meta.name)
        for table in TABLES
        for column in table._meta.columns
        if getattr(column, "default", None) is not None
    ] == []


async def test_every_key_and_unique_index_begins_with_the_organization(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        "SELECT i.relname AS name, a.attname AS first FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "  # noqa: S608 - ours
        "JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace "
        f"JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0] WHERE {OURS}"
    )
    assert len(rows) > len(TABLES)
    assert {row["name"] for row in rows if row["first"] != "organization"} == OTHER_KEYS


async def test_every_table_has_a_primary_key(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        "SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "  # noqa: S608 - ours
        f"WHERE c.relkind = 'r' AND {OURS} AND NOT EXISTS "
        "(SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indisprimary)"
    )
    assert [row["name"] for row in rows] == []


async def test_a_reference_to_another_row_stays_within_the_organization(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        "SELECT k.conname AS name, a.attname AS first FROM pg_constraint k "  # noqa: S608 - ours
        "JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1] WHERE k.contype = 'f' AND {OURS}"
    )
    assert {row["first"] for row in rows} == {"organization"}


# ── Migrating ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_migrating_again_changes_nothing(database_url: str, connection: asyncpg.Connection) -> None:
    before, journal = await columns(connection), await connection.fetch("SELECT * FROM vault.migration")
    assert await migrate(database_url) == []
    assert await columns(connection) == before
    assert await connection.fetch("SELECT * FROM vault.migration") == journal
    await check(database_url)
    await check(database_url, role="vault_service")


async def test_an_empty_database_is_behind_until_it_is_migrated(
    database_url: str, connection: asyncpg.Connection
) -> None:
    await connection.execute("DROP SCHEMA vault CASCADE; DROP SCHEMA keystore CASCADE")
    with pytest.raises(Conflict, match=r"database_behind: .*consent-vault migrate"):
        await check(database_url)
    first, second = await asyncio.gather(migrate(database_url), migrate(database_url))
    assert not first or not second
    assert first + second == sorted(first + second) != []
    await check(database_url)


async def test_a_database_ahead_of_this_vault_is_refused(database_url: str, connection: asyncpg.Connection) -> None:
    await connection.execute("INSERT INTO vault.migration VALUES ('9999_later', 'd', clock_timestamp())")
    for refuse in (check, migrate):
        with pytest.raises(Conflict, match=r"database_ahead: .*9999_later.*upgrade the vault"):
            await refuse(database_url)


async def test_a_migration_changed_after_it_ran_is_refused(database_url: str, connection: asyncpg.Connection) -> None:
    await connection.execute("UPDATE vault.migration SET digest = 'another'")
    for refuse in (check, migrate):
        with pytest.raises(Conflict, match="migration_changed"):
            await refuse(database_url)
