"""`import`: a file of people, each with address, name and a yes with its evidence, brought in by two processes.

What counts is the time from the command to its end, looking and joining included; beside it stands the CPU time of each
row, in our processes and in PostgreSQL, which neighbours on the machine change less.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

import asyncpg

from tests.bench.result import held
from tests.bench.servers import settings
from tests.bench.world import world
from vault.actions.importing.given import File, Given, Step
from vault.actions.importing.running import run as bring_in
from vault.actions.organizations import find
from vault.cli.importing.settlers import workers as processes
from vault.domain.actor import Actor
from vault.parts import open_vault

ROWS = 30_000
ROWS_PER_SECOND = 3_000
RSS_MIB = 300
_NAME = "mailchimp/subscribed_members_export_1.csv"
_HEAD = "Email Address,First Name,Last Name,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LEID"
_NAMES = ("Anna", "Ben", "Chloe", "Dieter", "Esra", "Finn", "Greta", "Hugo", "Ida", "Jonas")
_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
_PIECE = 1 << 16


async def importing(*, rows: int = ROWS, workers: int = 2) -> dict[str, Any]:
    """Measure how fast a file comes in."""
    async with world(1):
        connection = await asyncpg.connect(os.environ["BENCH_DATABASE"])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "subscribed.csv"
            path.write_text("\n".join([_HEAD, *map(_line, range(rows))]), "utf-8")
            try:
                measured = await _brought_in(connection, path, rows=rows, workers=workers)
            finally:
                await connection.close()
    return held("import", measured, at_least={"rate": ROWS_PER_SECOND}, at_most={"rss_mib": RSS_MIB})


async def _brought_in(connection: asyncpg.Connection, path: Path, *, rows: int, workers: int) -> dict[str, Any]:
    database = os.environ["BENCH_DATABASE"]
    stages: dict[str, float] = {}

    def step(one: Step) -> None:
        stages[one.stage] = time.perf_counter()

    given = Given(files=[File(path=_NAME, opened=partial(_read, path))], exported_at=datetime(2026, 10, 31, tzinfo=UTC))
    async with open_vault(settings(), database) as vault:
        actor = Actor(organization=await find(vault, "fernhill"), kind="import")
        crew = processes(workers, settings=settings(), url=database)
        known = {row["pid"]: _cpu(row["pid"]) for row in await connection.fetch(_BACKENDS)}
        cpu, begun = _ours(), time.perf_counter()
        told = await bring_in(vault, actor, given=given, progress=step, workers=crew)
        taken, own = time.perf_counter() - begun, _ours() - cpu
        pids = [row["pid"] for row in await connection.fetch(_BACKENDS)]
        served = sum(_cpu(pid) - known.get(pid, 0.0) for pid in pids)
    if told.verdicts != {"new": rows}:
        raise RuntimeError(f"not every row is new: {told.verdicts}")
    ends = dict(zip(stages, [begun, *stages.values()], strict=False))
    return {
        "rows": rows,
        "workers": workers,
        "seconds": round(taken, 2),
        "rate": round(rows / taken),
        "own_us_each": round(own * 1e6 / rows, 1),
        "database_us_each": round(served * 1e6 / rows, 1),
        "rss_mib": max(getrusage(who).ru_maxrss for who in (RUSAGE_SELF, RUSAGE_CHILDREN)) // 1024,
        **{f"{stage}_seconds": round(end - ends[stage], 2) for stage, end in stages.items()},
    }


def _line(number: int) -> str:
    first, at = _NAMES[number % len(_NAMES)], f"2026-{1 + number % 9:02}-{1 + number % 28:02} 10:"
    address, network = f"{first.lower()}{number}@mail{number % 97}.example", f"192.0.2.{number % 255}"
    return f"{address},{first},Field{number % 1009},{at}01:00,{network},{at}07:00,{network},{500_000 + number}"


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(_PIECE):
            yield part


def _ours() -> float:
    """Return the CPU time of this process and of those that ended beside it, in seconds: their start included."""
    return sum(used.ru_utime + used.ru_stime for used in map(getrusage, (RUSAGE_SELF, RUSAGE_CHILDREN)))


def _cpu(pid: int) -> float:
    """Return the CPU time of a process, in seconds; none of one that is gone."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
