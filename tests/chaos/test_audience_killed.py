"""A worker killed in the middle of an audience: whoever comes next ends it, and everybody is asked about once.

What a chunk's transaction wrote is there whole or not at all: of a chunk that was not committed there are no answers
and no entries, so nothing comes twice.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from pathlib import Path
from random import Random

from tests.chaos.audience import Place, over, served, working
from tests.chaos.processes import kill
from tests.mail import until
from vault.domain.audience.job import CHUNK

KILLS = int(os.environ.get("VAULT_TEST_KILLS", "3"))
CUSTOMERS = 6_000 * KILLS
MOMENT = 0.05
_ANSWERED = "SELECT coalesce(sum(n), 0)::bigint FROM vault.audience_result, unnest(counts) AS n"
_WRITING = """
SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
WHERE relation = 'vault.audience_result'::regclass AND NOT granted AND datname = current_database()
"""
_LIVING = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ($1::int[])"
_DECISIONS = "SELECT body FROM vault.log_entry WHERE convert_from(body, 'UTF8')::jsonb ->> 'kind' = 'decision'"
_DECIDED = f"SELECT count(*) FROM ({_DECISIONS})"  # noqa: S608 - a query of ours


async def test_killed_in_the_middle_it_is_ended_by_another_and_everybody_is_asked_about_once(
    database_url: str, tmp_path: Path
) -> None:
    async with asyncio.timeout(120), served(database_url, tmp_path, customers=CUSTOMERS) as place:
        made = await place.vault.audience(purpose="sales", channel="email")
        await killed_before_its_commit(place)
        for _ in range(1, KILLS):
            await killed_at_some_moment(place)
        with working(place):
            await over(place)
        shown = await place.vault.audience_so_far(made.id)
        assert (shown.state, shown.progress.answered, shown.progress.of) == ("done", CUSTOMERS, CUSTOMERS)
        lines = await place.vault.audience_result(made.id)
        assert [line.line for line in lines] == [*range(1, CUSTOMERS + 1)]
        assert [line.customer for line in lines] == place.customers
        assert {(line.outcome, line.channel) for line in lines} == {("allow", "email")}
        entries = [json.loads(row["body"]) for row in await place.eye.fetch(_DECISIONS)]
        assert Counter(entry["decision"] for entry in entries) == Counter(line.decision for line in lines)
        assert len({entry["subject"] for entry in entries}) == len(entries) == CUSTOMERS


async def killed_before_its_commit(place: Place) -> None:
    """Kill a worker when it has written entries and is about to write their answers: nothing of it is there."""
    with working(place) as worker:
        async with place.eye.transaction():
            await place.eye.execute("LOCK TABLE vault.audience_result IN SHARE ROW EXCLUSIVE MODE")
            await until(lambda: place.eye.fetchval(_WRITING))
            writing = [row["pid"] for row in await place.eye.fetch(_WRITING)]
            kill(worker)
        await until(lambda: gone(place, writing))
    assert await place.eye.fetchval(_ANSWERED) == await place.eye.fetchval(_DECIDED) == 0


async def killed_at_some_moment(place: Place) -> None:
    """Kill a worker that has answered some: what it answered has its entries, and some are left."""
    before = await place.eye.fetchval(_ANSWERED)
    with working(place) as worker:
        await until(lambda: further(place, before))
        await asyncio.sleep(Random().uniform(0, MOMENT))  # noqa: S311 - any moment will do
        kill(worker)
    async with place.eye.transaction(isolation="repeatable_read"):  # its last COMMIT may still come
        answered = await place.eye.fetchval(_ANSWERED)
        assert await place.eye.fetchval(_DECIDED) == answered
    assert before + CHUNK <= answered < CUSTOMERS


async def further(place: Place, before: int) -> bool:
    return int(await place.eye.fetchval(_ANSWERED)) > before


async def gone(place: Place, processes: list[int]) -> bool:
    return not await place.eye.fetchval(_LIVING, processes)
