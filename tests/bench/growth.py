"""`growth`: `decide` as customers and log entries become many, each stage against a bare POST of the same minutes.

At each stage as many customers are asked about, from anywhere among all: the rows of a decision lie ever further
apart. `shared_buffers` is what PostgreSQL may hold of them itself; the rest is in the memory of the machine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from itertools import product
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg

from tests.bench import crowd
from tests.bench.decide import keep_answer
from tests.bench.load import drive, post
from tests.bench.result import held
from tests.bench.world import serving, world
from vault.base.ids import CUSTOMER, show

SLOWER = 0.25  # at the far end
STAGES = ((10_000, 10_000), (100_000, 1_000_000), (1_000_000, 5_000_000))
_OFTEN = 20  # that each customer is asked about, at most

Stage = tuple[int, int]
"""Customers and log entries."""


async def growth(
    *,
    stages: Sequence[Stage] = STAGES,
    shared_buffers: str | None = "4GB",
    connections: int = 128,
    seconds: float = 5,
    rounds: int = 3,
) -> dict[str, Any]:
    """Measure both servers in turn at each stage of customers and entries, and return how far they come apart."""
    async with world(1, shared_buffers=shared_buffers) as made:
        connection = await asyncpg.connect(os.environ["BENCH_DATABASE"])
        try:
            with serving("gathered") as gathered:
                token = await made.token(gathered)
                await keep_answer(gathered, made, token)
                with serving("bare") as bare:
                    found: list[dict[str, Any]] = []
                    for customers, entries in stages:
                        await crowd.grow(connection, made.customers[0], customers=customers, entries=entries)
                        requests = _requests(await crowd.some(connection, stages[0][0]), token)
                        rates: dict[int, list[float]] = {bare: [], gathered: []}
                        for _, port in product(range(rounds + 1), rates):
                            load = await drive(port, requests, connections=connections, seconds=seconds, shared=True)
                            rates[port].append(load.rate)
                        rate, bare_rate = median(rates[gathered][1:]), median(rates[bare][1:])  # the first warms up
                        found.append(_told(customers, entries, rate=rate, bare_rate=bare_rate))
            sizes = {
                "shared_buffers": await connection.fetchval("SHOW shared_buffers"),
                "database": await connection.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))"),
            }
        finally:
            await connection.close()
    slower = 1 - found[-1]["ratio"] / found[0]["ratio"]
    return held("growth", {"stages": found, **sizes, "slower": round(slower, 3)}, at_most={"slower": SLOWER})


def _requests(customers: Sequence[UUID], token: str) -> list[bytes]:
    """Return a request about each, over and over."""
    bodies = [{"customer": show(CUSTOMER, one), "purpose": "sales", "channel": "email"} for one in customers]
    return [post("/v1/decisions", json.dumps(body).encode(), token) for body in bodies] * _OFTEN


def _told(customers: int, entries: int, *, rate: float, bare_rate: float) -> dict[str, Any]:
    return {
        "customers": customers,
        "entries": entries,
        "rate": round(rate),
        "bare_rate": round(bare_rate),
        "ratio": round(rate / bare_rate, 4),
    }
