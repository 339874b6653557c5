"""Each database role may do what stands here, and is refused everything else: every verb on every table is tried."""

from __future__ import annotations

from typing import Final

import asyncpg
import pytest

from vault.store.migrations import migrate

ROLES: Final = ("vault_owner", "vault_service", "vault_sequencer", "vault_retention")
VERBS: Final = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE", "T": "TRUNCATE"}

# Table: what the service, the sequencer and the pruning command may. The owner of a table may everything.
GRANTS: Final = {
    "keystore.blind_index": ("SID", "", ""),
    "keystore.challenge": ("SID", "", ""),
    "keystore.code": ("SIUD", "", ""),
    "keystore.customer_key": ("SID", "", ""),
    "keystore.index_key": ("SI", "", ""),
    "keystore.invitation": ("SID", "", ""),
    "keystore.letter_to_nobody": ("SID", "", ""),
    "keystore.no_passkey": ("SID", "", ""),
    "keystore.organization_key": ("SI", "", ""),
    "keystore.passkey": ("SIUD", "", ""),
    "keystore.promise_key": ("SI", "", ""),
    "keystore.session": ("SIUD", "", ""),
    "keystore.signing_key": ("SID", "", ""),
    "keystore.subject": ("SID", "", ""),
    "vault.allowance": ("SIUD", "", ""),
    "vault.assertion": ("SID", "", ""),
    "vault.attempt": ("SIUD", "", ""),
    "vault.attribute": ("SIUD", "", ""),
    "vault.audience": ("SIUD", "", ""),
    "vault.audience_chunk": ("SIUD", "", ""),
    "vault.audience_result": ("SID", "", ""),
    "vault.import": ("SIUD", "", ""),
    "vault.import_file": ("SIUD", "", ""),
    "vault.import_piece": ("SID", "", ""),
    "vault.import_row": ("SIUD", "", ""),
    "vault.import_undone": ("SI", "", ""),
    "vault.restoration": ("SIU", "", ""),
    "keystore.import_key": ("SID", "", ""),
    "keystore.import_tag": ("SID", "", ""),
    "keystore.import_label": ("SIUD", "", ""),
    "vault.claimed_point": ("SID", "", ""),
    "vault.client": ("SIU", "", ""),
    "vault.client_secret": ("SID", "", ""),
    "vault.client_use": ("SIU", "", ""),
    "vault.configuration": ("SI", "", ""),
    "vault.contact_point": ("SIUD", "", ""),
    "vault.customer": ("SIU", "", ""),
    "vault.erasure_mark": ("SI", "", ""),
    "vault.external_reference": ("SIUD", "", ""),
    "vault.fact": ("SI", "", ""),
    "vault.in_force": ("SI", "", ""),
    "keystore.log_key": ("", "SI", ""),
    "vault.log_capability": ("SIU", "", ""),
    "vault.log_checkpoint": ("S", "SI", ""),
    "vault.log_cosignature": ("S", "SI", ""),
    "vault.log_detail": ("SID", "", "SD"),
    "vault.log_entry": ("SI", "S", "SD"),
    "vault.log_leaf": ("S", "SI", "S"),
    "vault.log_pending": ("SI", "SD", ""),
    "vault.log_pruned": ("SI", "", "S"),
    "vault.log_state": ("SI", "SU", "S"),
    "vault.log_tile": ("S", "SI", ""),
    "vault.log_verifier": ("S", "SI", ""),
    "vault.merge": ("SID", "", ""),
    "vault.merge_suggestion": ("SIUD", "", ""),
    "vault.merge_undone": ("SID", "", ""),
    "vault.migration": ("S", "", ""),
    "vault.organization": ("SIU", "", ""),
    "vault.outbox": ("SIUD", "", ""),
    "vault.permit": ("SIUD", "", ""),
    "vault.preference": ("SIUD", "", ""),
    "vault.reservation": ("SIUD", "", ""),
    "vault.prompt": ("SID", "", ""),
    "vault.revoked_token": ("SID", "", ""),
    "vault.rights_request": ("SIUD", "", ""),
    "vault.sample": ("SI", "", ""),
    "vault.sample_drawing": ("SI", "", ""),
    "vault.sample_finding": ("SI", "", ""),
    "vault.staff": ("SIUD", "", ""),
    "vault.suppression": ("SI", "", ""),
}


async def tables(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch(
        "SELECT schemaname || '.' || tablename AS name FROM pg_tables "
        "WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema' ORDER BY 1"
    )
    return [row["name"] for row in rows]


async def may(connection: asyncpg.Connection, verb: str, table: str) -> bool:
    """Try a verb in earnest: refused for lack of rights, or not. Nothing stays."""
    schema, _, plain = table.partition(".")
    name = await connection.fetchval(
        "SELECT attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n "
        "ON n.oid = c.relnamespace WHERE a.attnum = 1 AND c.relname = $2 AND n.nspname = $1",
        schema,
        plain,
    )
    statement = {
        "SELECT": f"SELECT * FROM {table} LIMIT 1",  # noqa: S608 - names from the catalogue
        "INSERT": f"INSERT INTO {table} ({name}) VALUES (NULL)",  # noqa: S608 - likewise
        "UPDATE": f"UPDATE {table} SET {name} = {name}",  # noqa: S608 - likewise
        "DELETE": f"DELETE FROM {table}",  # noqa: S608 - likewise
        "TRUNCATE": f"TRUNCATE {table}",
    }[verb]
    attempt = connection.transaction()
    await attempt.start()
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return False
    except asyncpg.IntegrityConstraintViolationError:
        return True  # it was let in, and what it wanted made no sense
    else:
        return True
    finally:
        await attempt.rollback()


async def test_every_table_of_both_schemas_is_listed(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    found = await tables(connection)
    await connection.close()
    assert found == sorted(GRANTS)


@pytest.mark.parametrize("role", ["vault_service", "vault_sequencer", "vault_retention"])
async def test_a_role_may_what_is_listed_and_is_refused_the_rest(database_url: str, role: str) -> None:
    connection = await asyncpg.connect(database_url, server_settings={"role": role})
    place = ROLES.index(role) - 1
    found = {
        table: "".join([letter for letter, verb in VERBS.items() if await may(connection, verb, table)])
        for table in GRANTS
    }
    await connection.close()
    assert found == {table: granted[place] for table, granted in GRANTS.items()}


async def test_the_owner_owns_every_table_and_no_other_role_does(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('vault', 'keystore')")
    await connection.close()
    assert [row["tableowner"] for row in rows] == ["vault_owner"]


@pytest.mark.parametrize("role", ["vault_service", "vault_sequencer", "vault_retention"])
async def test_no_role_at_run_time_changes_what_there_is(database_url: str, role: str) -> None:
    await migrate(database_url)  # a copy of a database does not copy who may make what in it
    login = await asyncpg.connect(database_url)
    await login.execute(f"SET SESSION AUTHORIZATION {role}")
    for statement in (
        "CREATE TABLE vault.more (id int)",
        "CREATE TABLE keystore.more (id int)",
        "CREATE TABLE public.more (id int)",
        "CREATE TEMPORARY TABLE more (id int)",
        "CREATE SCHEMA more",
        "ALTER TABLE vault.fact ADD COLUMN more int",
        "ALTER TABLE vault.log_entry DISABLE TRIGGER ALL",
        "DROP TABLE vault.fact",
        "DROP SCHEMA keystore",
        "CREATE ROLE vault_more",
        "SET ROLE vault_owner",
        "SET ROLE postgres",
        "COPY vault.fact TO PROGRAM 'cat'",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await login.execute(statement)
    await login.close()


async def test_the_sequencer_and_the_pruning_command_never_see_whose_an_entry_is(database_url: str) -> None:
    for role in ("vault_sequencer", "vault_retention"):
        connection = await asyncpg.connect(database_url, server_settings={"role": role})
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"schema keystore|table subject"):
            await connection.fetch("SELECT * FROM keystore.subject")
        await connection.close()


async def test_no_role_logs_in_or_is_a_member_of_another(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        "SELECT rolname, rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication "
        "AS strong, "
        "EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid) AS member "
        "FROM pg_roles r WHERE rolname = ANY ($1::text[])",
        list(ROLES),
    )
    await connection.close()
    assert {row["rolname"]: (row["strong"], row["member"]) for row in rows} == dict.fromkeys(ROLES, (False, False))


async def test_a_right_to_everybody_is_nobodys(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    for table in GRANTS:
        [row] = await connection.fetch(
            "SELECT count(*) AS n FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = $1::regclass AND a.grantee = 0",
            table,
        )
        assert row["n"] == 0, table
    await connection.close()
