"""A worker that takes of one limit whatever it can get, as a process of its own: prints when it got each.

`python -m tests.chaos.hammer SECONDS`, with the variables of `tests.chaos.servers`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.chaos.servers import DATABASE, KEY, SHIFT, WrongClock
from vault.actions import limits
from vault.actions.vault import Vault
from vault.base.clock import passed
from vault.base.errors import TooMany
from vault.base.settings import Settings
from vault.parts import open_vault
from vault.store.database import INSTALLATION

LIMIT = 60
NAME = b"one for all of 16"[:16]
AT_ONCE = 6


async def hammer(seconds: float) -> list[tuple[float, float]]:
    """Return the instants just before and just after each taking."""
    settings = Settings(key_file=Path(os.environ[KEY]), pool=4)
    async with open_vault(settings, os.environ[DATABASE], clock=WrongClock(float(os.environ[SHIFT]))) as vault:
        until = passed() + seconds
        taken = await asyncio.gather(*(_take(vault, until) for _ in range(AT_ONCE)))
    return [one for some in taken for one in some]


async def _take(vault: Vault, until: float) -> list[tuple[float, float]]:
    taken = []
    while (before := passed()) < until:
        try:
            await limits.take(vault, INSTALLATION, name=NAME, limit=LIMIT)
        except TooMany:
            pass
        else:
            taken.append((before, passed()))
        await asyncio.sleep(0.002)
    return taken


if __name__ == "__main__":
    print(json.dumps(asyncio.run(hammer(float(sys.argv[1])))))  # noqa: T201 - its answer
