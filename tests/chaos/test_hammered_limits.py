"""Several processes with clocks of their own hammer one limit: in no second does more get through than it allows."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.chaos.hammer import LIMIT
from tests.chaos.processes import CHECKOUT
from tests.chaos.servers import DATABASE, KEY, SHIFT
from vault.base.clock import SystemEntropy
from vault.crypto.provider import create

SHIFTS = (-86_400, 0, 7.35, 3_600)
SECONDS = 4


async def test_no_second_has_more_than_the_limit_whatever_the_clocks_of_the_workers_say(
    database_url: str, tmp_path: Path
) -> None:
    create(tmp_path / "root.key", entropy=SystemEntropy())
    given = {**os.environ, DATABASE: database_url, KEY: str(tmp_path / "root.key")}
    async with asyncio.timeout(120):
        told = await asyncio.gather(*(hammered({**given, SHIFT: str(shift)}) for shift in SHIFTS))
    taken = sorted(one for some in told for one in some)
    # Whatever was taken within a second for certain: it began there and ended there.
    most = max(sum(begin <= before and after < begin + 1 for before, after in taken) for begin, _ in taken)
    assert LIMIT * 0.9 <= most <= LIMIT
    assert all(told), "each worker got some"
    lasted = taken[-1][1] - taken[0][0]
    assert 0.7 * LIMIT * lasted <= len(taken) <= LIMIT * (lasted + 1)


async def hammered(environment: dict[str, str]) -> list[tuple[float, float]]:
    """Run a worker and return when it took what it got."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.hammer", str(SECONDS), cwd=CHECKOUT, env=environment,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    return [(before, after) for before, after in json.loads(out)]
