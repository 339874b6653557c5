"""`audience`: everyone is screened for a purpose and channel, each with an entry, by workers in the background.

The customers are a crowd. What counts is the time from asking to the end, and the memory of the largest worker; beside
it stands the CPU time of each customer, which neighbours on the machine change less.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

import asyncpg

from tests.bench import crowd
from tests.bench.result import held
from tests.bench.servers import settings
from tests.bench.world import run, world
from vault import worker
from vault.actions.audience import making, working
from vault.actions.organizations import find
from vault.actions.vault import Vault, here
from vault.base.ids import OrganizationId
from vault.domain.actor import Actor
from vault.domain.audience.job import Screening
from vault.parts import open_vault

MILLION = 1_000_000
SECONDS_FOR_A_MILLION = 45
RSS_MIB = 300
_PAUSE_SECONDS = 0.05
_STATE = "SELECT state FROM vault.audience"
_ANSWERED = "SELECT sum(n) FROM vault.audience_result, unnest(counts) AS n"
_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"


async def audience(*, customers: int = MILLION, workers: int = 2) -> dict[str, Any]:
    """Measure how long a whole audience takes."""
    async with world(1) as made:
        connection = await asyncpg.connect(os.environ["BENCH_DATABASE"])
        try:
            await crowd.grow(connection, made.customers[0], customers=customers, entries=0)
            before = _children()
            taken, database = await _screened(connection, workers=workers)
            after = _children()
            answered = await connection.fetchval(_ANSWERED)
        finally:
            await connection.close()
    if answered != customers:
        raise RuntimeError("not everybody has an answer")
    measured = {
        "customers": customers,
        "workers": workers,
        "seconds": round(taken, 2),
        "rate": round(customers / taken),
        "seconds_for_a_million": round(taken * MILLION / customers, 1),
        "rss_mib": after[1],
        "worker_us_each": round((after[0] - before[0]) * 1e6 / customers, 1),
        "database_us_each": round(database * 1e6 / customers, 1),
    }
    bounds = {"seconds_for_a_million": SECONDS_FOR_A_MILLION, "rss_mib": RSS_MIB}
    return held("audience", measured, at_most=bounds)


async def _screened(connection: asyncpg.Connection, *, workers: int) -> tuple[float, float]:
    """Return the seconds from asking to the end, and PostgreSQL's CPU time meanwhile, in seconds."""
    context = multiprocessing.get_context("spawn")
    ready = context.Semaphore(0)
    processes: list[SpawnProcess] = [context.Process(target=_work, args=(ready,)) for _ in range(workers)]
    async with open_vault(settings(), os.environ["BENCH_DATABASE"]) as vault:
        actor = await _actor(vault, await find(vault, "fernhill"))
        try:
            for process in processes:
                process.start()
            for _ in processes:
                await asyncio.to_thread(ready.acquire)
            begun = time.perf_counter()
            await making.of_everyone(vault, actor, screening=Screening(purpose="sales", channel="email"), repeat=None)
            while await connection.fetchval(_STATE) != "done":  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(_PAUSE_SECONDS)
            taken = time.perf_counter() - begun
            pids = [row["pid"] for row in await connection.fetch(_BACKENDS)]
            return taken, sum(_cpu(pid) for pid in pids)
        finally:
            for process in processes:
                process.terminate()
                process.join(10)


def _work(ready: Semaphore) -> None:
    run(_working(ready))


async def _working(ready: Semaphore) -> None:
    async with open_vault(settings(), os.environ["BENCH_DATABASE"]) as vault:
        ready.release()
        await worker.run(vault, {"audiences": working.keep})


async def _actor(vault: Vault, organization: OrganizationId) -> Actor:
    """Return a client that may ask, as its token would let it."""
    async with vault.database.work(organization) as work:
        current, now = await here(vault, work)
    key = next(key for key, client in current.organization.clients.items() if _may(client.ceiling))
    return Actor(
        organization=organization,
        kind="client",
        client=current.clients[key].id,
        key=key,
        scopes=frozenset({"audience"}),
        token="bench",
        issued_at=now,
    )


def _may(ceiling: Any) -> bool:
    return "audience" in ceiling.actions and "sales" in ceiling.purposes and "email" in ceiling.channels


def _cpu(pid: int) -> float:
    """Return the seconds a process was on a processor."""
    told = Path(f"/proc/{pid}/schedstat")
    return int(told.read_text("ascii").split()[0]) / 1e9 if told.exists() else 0.0


def _children() -> tuple[float, int]:
    """Return the CPU seconds of all ended children, and the memory of the largest, in MiB."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime, used.ru_maxrss // 1024
