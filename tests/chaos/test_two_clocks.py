"""Two servers whose clocks are ten seconds apart, over one database: whose word counts is never a matter of clocks."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest_asyncio
from consent_vault import AsyncVault, Decision, Stated

from tests import make
from tests.chaos.processes import free_port, serving, speaking
from tests.chaos.servers import DATABASE, KEY, SHIFT
from tests.house import check_entries, read_tables
from tests.stage import ISSUER, now
from vault.actions import organizations
from vault.base.clock import SystemEntropy
from vault.base.ids import raw
from vault.base.settings import Settings
from vault.crypto.provider import create
from vault.parts import open_vault

CUSTOMERS = 40
TIMES = 25
SHIFTS = {"behind": timedelta(seconds=-5), "ahead": timedelta(seconds=5)}
LITTLE = timedelta(seconds=1)


class Told(NamedTuple):
    """A fact as a server acknowledged it, with this machine's time before and after."""

    by: str
    before: datetime
    stated: Stated
    after: datetime


class Pair(NamedTuple):
    """A server that is behind, one that is ahead, and where their database is."""

    behind: AsyncVault
    ahead: AsyncVault
    url: str


@pytest_asyncio.fixture
async def pair(database_url: str, tmp_path: Path) -> AsyncIterator[Pair]:
    """Both servers, over a database that knows the sample organization."""
    create(tmp_path / "root.key", entropy=SystemEntropy())
    async with open_vault(Settings(key_file=tmp_path / "root.key"), database_url) as vault:
        await organizations.apply(vault, make.written(make.organization()), name="organization.yaml")
    async with AsyncExitStack() as stack:
        servers: list[AsyncVault] = []
        for shift in SHIFTS.values():
            port = free_port()
            command = [
                sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--loop", "uvloop", "--http", "1",
                "--no-ws", "--host", "127.0.0.1", "--port", port, "tests.chaos.servers:wrong",
            ]  # fmt: skip
            given = {DATABASE: database_url, KEY: str(tmp_path / "root.key"), SHIFT: str(shift.total_seconds())}
            stack.enter_context(serving(command, port, lines=tmp_path / "lines", environment={**os.environ, **given}))
            servers.append(await stack.enter_async_context(speaking(port, issuer=ISSUER, attempts=3)))
        behind, ahead = servers
        yield Pair(behind, ahead, database_url)


async def test_a_withdrawal_acknowledged_by_one_is_seen_by_the_very_next_decision_of_the_other(pair: Pair) -> None:
    async with asyncio.timeout(120):
        stories = await asyncio.gather(*(story(pair, place) for place in range(CUSTOMERS)))
    assert [miss for _, misses in stories for miss in misses] == []
    told = [told for told, _ in stories]
    assert sum(map(len, told)) == 2 * CUSTOMERS * TIMES == 2000
    await check_instants(pair.url, told)


async def story(pair: Pair, place: int) -> tuple[list[Told], list[str]]:
    """Let one customer say yes and no by turns, in all four ways through two servers; return what went wrong."""
    servers = {"behind": pair.behind, "ahead": pair.ahead}
    other = {"behind": "ahead", "ahead": "behind"}
    customer = (await pair.ahead.register(**make.customer())).id
    told: list[Told] = []
    misses: list[str] = []
    for time in range(TIMES):
        granting, withdrawing = (("behind", "ahead")[(time + place) >> bit & 1] for bit in (0, 1))
        before = now()
        yes = await servers[granting].grant(customer, **make.granted())
        told.append(Told(granting, before, yes, now()))
        allowed = await may(servers[other[granting]], customer)
        if not (allowed and allowed.released.keys() == {"contact"}):
            misses.append(f"granted {granting}, and {other[granting]} says {codes(allowed)}")
        # One question is on its way meanwhile, and warms whatever there may be to warm: it may be answered either way.
        before = now()
        no, _ = await asyncio.gather(
            servers[withdrawing].withdraw(customer, purpose="sales"), may(servers[other[withdrawing]], customer)
        )
        told.append(Told(withdrawing, before, no, now()))
        refused = await may(servers[other[withdrawing]], customer)
        if codes(refused) != ["withdrawn"] or refused.allowed or refused.released:
            misses.append(f"withdrawn {withdrawing}, and {other[withdrawing]} says {codes(refused)}")
    return told, misses


async def may(server: AsyncVault, customer: str) -> Decision:
    return await server.decide(customer=customer, purpose="sales", channel="email", release=["contact"])


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


async def check_instants(url: str, told: list[list[Told]]) -> None:
    """Each fact has PostgreSQL's time, a later one than its customer's last, and in its id the wrong one."""
    ahead = await database_ahead(url)
    tables = await read_tables(url)
    check_entries(tables)
    kept = {row["id"]: row for row in tables["vault.fact"]}
    assert len(kept) == sum(map(len, told))
    for story in told:
        for one in story:
            row = kept[raw(one.stated.id)]
            assert row["recorded_at"] == one.stated.recorded_at == row["at"] == one.stated.at
            assert one.before - LITTLE < one.stated.recorded_at - ahead < one.after + LITTLE
            assert one.before - LITTLE < made_at(one.stated.id) - SHIFTS[one.by] < one.after + LITTLE
        assert all(one.stated.recorded_at < another.stated.recorded_at for one, another in pairwise(story))


def made_at(shown: str) -> datetime:
    """Return the time in an id (RFC 9562, UUIDv7): that of the server that made it."""
    return datetime.fromtimestamp((raw(shown).int >> 80) / 1000, UTC)


async def database_ahead(url: str) -> timedelta:
    """Return by how much PostgreSQL's clock is ahead of this machine's."""
    connection = await asyncpg.connect(url)
    try:
        here = now()
        there: datetime = await connection.fetchval("SELECT clock_timestamp()")
    finally:
        await connection.close()
    return there - here
