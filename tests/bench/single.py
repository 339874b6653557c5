"""`decide-one`: one question at a time over one connection, against a bare POST and one durable row.

Whoever asks alone waits for one COMMIT. How long that takes is the disk's matter: the least that any program can pay
for it is measured beside: BEGIN, a prepared INSERT of one row as long as an entry, COMMIT, on a connection of its own.

Each in a loop of its own keeps the processors' caches to itself, as nobody does who asks one question at a time, and
the shorter what is repeated the more it gains by that. So they are measured once more taking turns, one of each and
then again; that is shown beside, and the budget does not count it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Mapping
from itertools import cycle
from statistics import median
from typing import Any

import asyncpg

from tests.bench.decide import keep_answer, questions
from tests.bench.load import caller
from tests.bench.result import held
from tests.bench.world import serving, world

DURABLE_ROWS = 2.5  # of these a decision may take, beside what a bare POST does
_ROW = b"x" * 900

Way = Callable[[bytes], Awaitable[None]]


async def decide_one(*, customers: int = 500, seconds: float = 3, rounds: int = 3) -> dict[str, Any]:
    """Measure all three, alone and in turn, `rounds` times; return the medians of their medians in milliseconds."""
    async with world(customers) as made:
        with serving("gathered") as gathered:
            token = await made.token(gathered)
            await keep_answer(gathered, made, token)
            with serving("bare") as bare:
                connection = await asyncpg.connect(os.environ["BENCH_DATABASE"])
                callers = [await caller(bare), await caller(gathered)]
                try:
                    ways = {"bare": callers[0].ask, "durable_row": await _row(connection), "decide": callers[1].ask}
                    asked = questions(made, token)
                    in_turn = [await _timed(ways, asked, seconds=3 * seconds) for _ in range(rounds + 1)]
                    alone = [
                        {
                            name: found
                            for one in ways
                            for name, found in (await _timed({one: ways[one]}, asked, seconds=seconds)).items()
                        }
                        for _ in range(rounds + 1)
                    ]
                finally:
                    for one in callers:
                        one.close()
                    await connection.close()
    return _result(_middle(alone[1:]), in_turn=_middle(in_turn[1:]))  # the first round warms up


async def _row(connection: asyncpg.Connection) -> Way:
    """Return what writes one durable row."""
    await connection.execute("CREATE TABLE durable (id bigserial PRIMARY KEY, body bytea NOT NULL)")
    insert = await connection.prepare("INSERT INTO durable (body) VALUES ($1)")

    async def write(_: bytes) -> None:
        async with connection.transaction():
            await insert.fetch(_ROW)

    return write


async def _timed(ways: Mapping[str, Way], asked: list[bytes], *, seconds: float) -> dict[str, float]:
    """Return the median of how long each way takes, where they take turns."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    until = time.perf_counter() + seconds
    for question in cycle(asked):
        for name, way in ways.items():
            begun = time.perf_counter()
            await way(question)
            taken[name].append(time.perf_counter() - begun)
        if time.perf_counter() >= until:
            break
    return {name: median(each) * 1000 for name, each in taken.items()}


def _middle(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def _rows(latency: Mapping[str, float]) -> float:
    return round((latency["decide"] - latency["bare"]) / latency["durable_row"], 2)


def _result(latency: dict[str, float], *, in_turn: dict[str, float]) -> dict[str, Any]:
    measured = {
        "latency_ms": {name: round(taken, 3) for name, taken in latency.items()},
        "durable_rows": _rows(latency),
        "in_turn_ms": {name: round(taken, 3) for name, taken in in_turn.items()},
        "durable_rows_in_turn": _rows(in_turn),
    }
    return held("decide-one", measured, at_most={"durable_rows": DURABLE_ROWS})
