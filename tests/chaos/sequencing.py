"""A sequencer in a process of its own, to be killed: `python -m tests.chaos.sequencing`.

`CHAOS_RECKLESS` takes away what makes it safe, the compare-and-swap and the lock, so that the test it is for can be
seen to fail. The vault itself has no such switch.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from vault import worker
from vault.actions.log import sequencer
from vault.actions.log.parts import Sequencing
from vault.base.settings import Settings
from vault.parts import open_vault
from vault.store.database import Database, open_database
from vault.store.log import sequence
from vault.store.log.guard import Guard
from vault.store.log.sequence import SEQUENCER

DATABASE, KEY, GUARD, RECKLESS = "CHAOS_DATABASE", "CHAOS_KEY", "CHAOS_GUARD", "CHAOS_RECKLESS"

_BLIND = "UPDATE vault.log_state SET size = $5, root = $6, seen_at = $7 WHERE organization = $1 AND generation = $2 "
_ANYHOW = "AND $3::bigint >= 0 AND $4::bytea IS NOT NULL RETURNING 1"


class _Careless:
    async def check(self) -> None:
        """Everybody leads."""


@asynccontextmanager
async def _everybody(_: Database, __: int) -> AsyncIterator[_Careless]:
    yield _Careless()


async def main() -> None:
    if RECKLESS in os.environ:
        sequence._MOVE = _BLIND + _ANYHOW  # type: ignore[misc]
        Database.leading = _everybody  # type: ignore[assignment,method-assign]
    worker._LONGEST_SECONDS = 1  # type: ignore[misc]  # the database dies more often here than elsewhere
    url = os.environ[DATABASE]
    async with open_vault(Settings(key_file=Path(os.environ[KEY]), pool=2), url) as vault:
        database = await open_database(url, size=3, role=SEQUENCER)
        sequencing = Sequencing(database=database, guard=Guard(Path(os.environ[GUARD])))
        await worker.run(msgspec.structs.replace(vault, sequencing=sequencing), {"log": sequencer.keep})


if __name__ == "__main__":
    asyncio.run(main())
