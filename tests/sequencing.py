"""The sequencer in tests: on a stage's database, with a guard of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from tests.stage import Api, Stage
from vault.actions.log import sequencer
from vault.actions.log.naming import head_of
from vault.actions.log.parts import Sequencing
from vault.base.ids import OrganizationId, raw
from vault.store.database import open_database
from vault.store.log.guard import Guard
from vault.store.log.sequence import SEQUENCER

TABLES = ("log_leaf", "log_tile", "log_checkpoint", "log_cosignature")


class Sequencer:
    """Takes the steps of one organization's log."""

    def __init__(self, stage: Stage, crm: Api, organization: OrganizationId, sequencing: Sequencing) -> None:
        self.stage = stage
        self.crm = crm
        self.organization = organization
        self.sequencing = sequencing

    async def step(self, *, by: Sequencing | None = None) -> int:
        return await sequencer.step(self.stage.vault, by or self.sequencing, organization=self.organization)

    async def grow(self, customer: str, *, rounds: int = 1) -> None:
        """Let a client be answered so many times, with a step of the log after each."""
        for _ in range(rounds):
            await self.crm.decide(customer=customer)
            assert await self.step() > 0

    async def rows(self, statement: str, *more: object) -> list[asyncpg.Record]:
        """Look into the database; `$1` is the organization."""
        return await self.stage.rows(statement, raw(self.organization), *more)

    async def one(self, statement: str, *more: object) -> Any:
        [row] = await self.rows(statement, *more)
        return row[0]

    async def state(self) -> tuple[int, int, bytes, str | None]:
        """Return generation, size, root, and why it stopped."""
        [row] = await self.rows("SELECT generation, size, root, stopped FROM vault.log_state WHERE organization = $1")
        return row["generation"], row["size"], row["root"], row["stopped"]

    async def sizes(self) -> list[int]:
        """Return the sizes signed, the smallest first."""
        signed = await self.rows("SELECT size FROM vault.log_checkpoint WHERE organization = $1 ORDER BY generation, 1")
        return [row["size"] for row in signed]

    async def written(self) -> list[list[asyncpg.Record]]:
        """Return all that the sequencer wrote of the organization."""
        everything = "SELECT * FROM vault.{} WHERE organization = $1 ORDER BY 2, 3, 4"
        return [await self.rows(everything.format(table)) for table in TABLES]

    async def set_state(self, generation: int, size: int, root: bytes) -> None:
        await self.rows(
            "UPDATE vault.log_state SET generation = $2, size = $3, root = $4 WHERE organization = $1",
            generation,
            size,
            root,
        )

    async def restore(self, size: int) -> None:
        """Bring the log back to an earlier checkpoint, as from a backup; what came after it waits again."""
        await self.rows(
            "INSERT INTO vault.log_pending SELECT organization, entry FROM vault.log_leaf "
            "WHERE organization = $1 AND number >= $2",
            size,
        )
        for statement in (
            "DELETE FROM vault.log_leaf WHERE organization = $1 AND number >= $2",
            "DELETE FROM vault.log_checkpoint WHERE organization = $1 AND size > $2",
            "DELETE FROM vault.log_tile WHERE organization = $1 AND level = 0 AND number * 256 + width > $2",
        ):
            await self.rows(statement, size)
        note = await self.one("SELECT note FROM vault.log_checkpoint WHERE organization = $1 AND size = $2", size)
        await self.set_state(1, size, head_of(note).root)


@asynccontextmanager
async def sequencing(stage: Stage, folder: Path) -> AsyncIterator[Sequencing]:
    """Yield a way to the log, its guard in a folder."""
    database = await open_database(stage.url, size=4, role=SEQUENCER)
    try:
        yield Sequencing(database=database, guard=Guard(folder))
    finally:
        await database.close()
