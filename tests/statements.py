"""Which statements the database was sent, as its driver tells it; and all connections of a process held at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asyncpg.connection import LoggedQuery

from vault.actions.vault import Vault


@asynccontextmanager
async def every_connection(vault: Vault) -> AsyncIterator[list[Any]]:
    """Hold all connections: asked for as a work asks, or what is given back meanwhile would stay at hand for works."""
    database = vault.database
    held: list[Any] = []
    try:
        for _ in range(database._pool.get_max_size()):
            held.append(await database._acquire())  # noqa: PERF401 - what is held is given back, whatever happens
        yield held
    finally:
        for connection in held:
            await database._give_back(connection)


@asynccontextmanager
async def statements(vault: Vault) -> AsyncIterator[list[str]]:
    """Yield a list of what one application sends, its transactions' beginnings and ends too."""
    sent: list[str] = []

    def log(query: LoggedQuery) -> None:
        sent.append(query.query)

    async with every_connection(vault) as connections:
        inner = [connection._con for connection in connections]
    for connection in inner:
        connection.add_query_logger(log)
    try:
        yield sent
    finally:
        await asyncio.sleep(0)  # the driver tells of a statement in the loop's next turn
        for connection in inner:
            connection.remove_query_logger(log)
