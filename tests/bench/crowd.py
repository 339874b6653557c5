"""A crowd: many customers and many log entries at once, straight into the tables, after the likeness of one.

Each has ids, a subject and a contact point of their own, and facts, as the one has whose rows are copied. What is
sealed is copied with them: nobody could open it, and a decision that releases nothing does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import asyncpg

from vault.base.ids import CustomerId, raw

Connection = asyncpg.Connection

# By table: which rows are copied, and what is each new one's own; all else is as it was in the row.
_ROWS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "vault.customer": ("t.id = $1", {"id": "n.customer"}),
    "keystore.subject": ("t.customer = $1", {"customer": "n.customer", "subject": "n.subject"}),
    "keystore.customer_key": ("t.customer = $1", {"customer": "n.customer"}),
    "vault.contact_point": ("t.customer = $1", {"customer": "n.customer", "id": "n.point", "tag": "n.tag"}),
    "keystore.blind_index": ("t.customer = $1", {"customer": "n.customer", "owner": "n.point", "tag": "n.tag"}),
    "vault.fact": (
        "t.subject = (SELECT subject FROM keystore.subject WHERE customer = $1)",
        {"subject": "n.subject", "id": "uuidv7()"},
    ),
}
_NEW: Final = """
CREATE TEMP TABLE newcomer AS
SELECT uuidv7() AS customer, uuidv7() AS subject, uuidv7() AS point, gen_random_uuid() AS tag
FROM generate_series(1, {size})
"""
_COLUMNS: Final = """
SELECT column_name FROM information_schema.columns
WHERE table_schema || '.' || table_name = $1 ORDER BY ordinal_position
"""
_ENTRIES: Final = """
INSERT INTO vault.log_entry (organization, id, body)
SELECT t.organization, uuidv7(), t.body
FROM (SELECT organization, body FROM vault.log_entry ORDER BY length(body) DESC LIMIT 1) AS t, generate_series(1, $1)
"""
_SOME: Final = "SELECT customer FROM keystore.subject ORDER BY random() LIMIT $1"
_TALLY: Final = "SELECT (SELECT count(*) FROM vault.customer), (SELECT count(*) FROM vault.log_entry)"


async def grow(connection: Connection, like: CustomerId, *, customers: int, entries: int) -> None:
    """Let there be so many customers and entries, and leave PostgreSQL nothing to clear away."""
    [(there, logged)] = await connection.fetch(_TALLY)
    await connection.execute(_NEW.format(size=max(0, customers - there)))
    for table, (chosen, own) in _ROWS.items():
        names = [row["column_name"] for row in await connection.fetch(_COLUMNS, table)]
        made = ", ".join(own.get(name, f"t.{name}") for name in names)
        await _run(
            connection,
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {made} FROM {table} t, newcomer n WHERE {chosen}",  # noqa: S608 - names of ours
            raw(like),
        )
    await connection.execute("DROP TABLE newcomer")
    await _run(connection, _ENTRIES, max(0, entries - logged))
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")


async def some(connection: Connection, size: int) -> list[UUID]:
    """Return so many customers, from anywhere."""
    return [row["customer"] for row in await connection.fetch(_SOME, size)]


async def _run(connection: Connection, statement: str, *arguments: Any) -> None:
    await connection.execute(statement, *arguments, timeout=3600)
