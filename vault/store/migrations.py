"""Migrations: the SQL files of `migrations/`, applied once each, in order, forward only.

Each file and the row that says it ran are one transaction, so a crash leaves both or neither. Two migrators wait for
each other. `roles.sql` runs first and every time, as the login; the numbered files run as `vault_owner`.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import asyncpg

from vault.base.errors import Conflict, Unavailable
from vault.base.files import shipped
from vault.store.database import SETTING, connect

_LOCK: Final = 7_310_411_602_240_021
_DONE: Final = "SELECT name, digest FROM vault.migration ORDER BY name"


async def migrate(url: str, *, setting: str = SETTING) -> list[str]:
    """Bring the database up to this vault and return the names of the migrations that ran now.

    `setting` is the variable the URL stands in.
    """
    connection = await connect(url, setting=setting)
    try:
        return await _migrate(connection)
    except asyncpg.InsufficientPrivilegeError:
        raise Unavailable(
            "migration_not_allowed",
            "this login may not create roles and schemas; let one that may run `consent-vault migrate`",
        ) from None
    finally:
        await connection.close()


async def check(url: str, *, role: str | None = None) -> None:
    """Refuse a database at another migration than this vault's; the sentence says which way it differs."""
    connection = await connect(url, role=role)
    try:
        known = {row["name"]: row["digest"] for row in await connection.fetch(_DONE)}
    except (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError):
        known = {}
    finally:
        await connection.close()
    _compare(known)
    if missing := [name for name in _digests() if name not in known]:
        raise Conflict(
            "database_behind",
            f"the database lacks {len(missing)} migration(s), first {missing[0]}: run `consent-vault migrate`",
        )


async def _migrate(connection: asyncpg.Connection) -> list[str]:
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    await connection.execute((shipped("migrations") / "roles.sql").read_text("utf-8"))
    known = {row["name"]: row["digest"] for row in await connection.fetch(_DONE)}
    _compare(known)
    pending = [name for name in _digests() if name not in known]
    for name in pending:
        async with connection.transaction():
            await connection.execute("SET LOCAL ROLE vault_owner")
            await connection.execute((shipped("migrations") / f"{name}.sql").read_text("utf-8"))
            await connection.execute(
                "INSERT INTO vault.migration (name, digest, applied_at) VALUES ($1, $2, clock_timestamp())",
                name,
                _digests()[name],
            )
    return pending


def _digests() -> Mapping[str, str]:
    files = sorted(shipped("migrations").glob("[0-9]*.sql"))
    return {path.stem: sha256(path.read_bytes()).hexdigest() for path in files}


def _compare(known: Mapping[str, str]) -> None:
    ours = _digests()
    for name, digest in known.items():
        if name not in ours:
            raise Conflict(
                "database_ahead",
                f"the database has migration {name}, which this vault does not know: upgrade the vault",
            )
        if ours[name] != digest:
            raise Conflict("migration_changed", f"migration {name} is not the one that ran on this database")
