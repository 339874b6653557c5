"""`batch`: POST /v1/decisions/batch with 1,000 questions, against the same questions asked one by one.

One by one they are asked as fast as that goes: over 128 connections at once, and not one after the other.

Before each round PostgreSQL makes a checkpoint, so that it writes its log into files it has used before, as wherever it
has run for an hour. New ones it fills with zeros first, sixteen megabytes at a time, while everybody waits.
"""

from __future__ import annotations

import json
import os
from statistics import median
from typing import Any

import asyncpg

from tests.bench.decide import asked, keep_answer, questions
from tests.bench.load import drive, post
from tests.bench.result import held
from tests.bench.world import World, serving, world

GAIN = 4.0
_CALLERS = 3  # batches on their way at a time: with two the worker waits, with four what waits goes out of its caches


async def batch(
    *, customers: int = 500, most: int = 1000, connections: int = 128, seconds: float = 4, rounds: int = 5
) -> dict[str, Any]:
    """Measure both in turn, `rounds` times; return the medians of decisions in a second, and of each round's ratio."""
    async with world(customers) as made:
        with serving("gathered") as port:
            token = await made.token(port)
            await keep_answer(port, made, token)
            single, whole = questions(made, token), _batch(made, token, most=most)
            size = min(most, len(single))
            rates: dict[str, list[float]] = {"single_rate": [], "rate": []}
            for _ in range(rounds + 1):
                await _checkpoint()
                one = await drive(port, single, connections=connections, seconds=seconds)
                rates["single_rate"].append(one.rate)
                await _checkpoint()
                many = await drive(port, [whole], connections=_CALLERS, seconds=seconds)
                rates["rate"].append(many.rate * size)
    alone, together = (each[1:] for each in rates.values())  # the first round warms up
    measured = {
        "questions": size,
        "single_rate": round(median(alone)),
        "rate": round(median(together)),
        "gain": round(median([many / one for one, many in zip(alone, together, strict=True)]), 2),
    }
    return held("batch", measured, at_least={"gain": GAIN})


async def _checkpoint() -> None:
    connection = await asyncpg.connect(os.environ["BENCH_DATABASE"])
    try:
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def _batch(made: World, token: str, *, most: int) -> bytes:
    body = json.dumps({"questions": asked(made)[:most]}).encode()
    return post("/v1/decisions/batch", body, token)
