"""Which statements the database was sent, as its driver tells it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from asyncpg.connection import LoggedQuery

from vault.actions.vault import Vault


@asynccontextmanager
async def statements(vault: Vault) -> AsyncIterator[list[str]]:
    """Yield a list of what one application sends, its transactions' beginnings and ends too."""
    sent: list[str] = []

    def log(query: LoggedQuery) -> None:
        sent.append(query.query)

    pool = vault.database._pool
    await vault.database.let_go()
    async with AsyncExitStack() as stack:
        connections: list[Any] = [await stack.enter_async_context(pool.acquire()) for _ in range(pool.get_max_size())]
        inner = [connection._con for connection in connections]
    for connection in inner:
        connection.add_query_logger(log)
    try:
        yield sent
    finally:
        await asyncio.sleep(0)  # the driver tells of a statement in the loop's next turn
        for connection in inner:
            connection.remove_query_logger(log)
