"""`decide-one`: one question at a time over one connection, against a bare POST and one durable row.

Whoever asks alone waits for one COMMIT. How long that takes is the disk's matter: the least that any program can pay
for it is measured beside: BEGIN, a prepared INSERT of one row as long as an entry, COMMIT, on a connection of its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

import asyncpg

from tests.bench.decide import keep_answer, questions
from tests.bench.load import drive
from tests.bench.result import held
from tests.bench.world import serving, world

DURABLE_ROWS = 2.5  # of these a decision may take, beside what a bare POST does
_ROW = b"x" * 900
_OFTEN = 50  # more than one connection can ask in a round


async def decide_one(*, customers: int = 500, seconds: float = 5, rounds: int = 3) -> dict[str, Any]:
    """Measure all three in turn, `rounds` times, and return the medians of their medians in milliseconds."""
    async with world(customers) as made:
        with serving("gathered") as gathered:
            token = await made.token(gathered)
            requests = questions(made, token) * _OFTEN
            await keep_answer(gathered, made, token)
            with serving("bare") as bare:
                connection = await asyncpg.connect(os.environ["BENCH_DATABASE"])
                try:
                    await connection.execute("CREATE TABLE durable (id bigserial PRIMARY KEY, body bytea NOT NULL)")
                    insert = await connection.prepare("INSERT INTO durable (body) VALUES ($1)")
                    taken: dict[str, list[float]] = {"bare": [], "durable_row": [], "decide": []}
                    for _ in range(rounds + 1):
                        taken["bare"].append(await _answered(bare, requests, seconds=seconds))
                        taken["durable_row"].append(await _written(connection, insert, seconds=seconds))
                        taken["decide"].append(await _answered(gathered, requests, seconds=seconds))
                finally:
                    await connection.close()
    return _result({name: median(each[1:]) for name, each in taken.items()})  # the first round warms up


async def _answered(port: int, requests: Sequence[bytes], *, seconds: float) -> float:
    """Return the median of how long one answer takes."""
    return (await drive(port, requests, connections=1, seconds=seconds, shared=True)).latency


async def _written(connection: asyncpg.Connection, insert: Any, *, seconds: float) -> float:
    """Return the median of how long one row takes."""
    taken: list[float] = []
    until = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < until:
        async with connection.transaction():
            await insert.fetch(_ROW)
        taken.append(time.perf_counter() - begun)
    return median(taken) * 1000


def _result(latency: dict[str, float]) -> dict[str, Any]:
    rows = (latency["decide"] - latency["bare"]) / latency["durable_row"]
    measured = {
        "latency_ms": {name: round(taken, 3) for name, taken in latency.items()},
        "durable_rows": round(rows, 2),
    }
    return held("decide-one", measured, at_most={"durable_rows": DURABLE_ROWS})
