"""Yeses, noes and questions through several processes at once: one order of them explains every answer."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from consent_vault import AsyncVault, Question
from hypothesis import given
from hypothesis import strategies as st

from tests import make
from tests.chaos.linearizable import Operation, is_linearizable
from tests.chaos.processes import free_port, serving, speaking
from tests.chaos.servers import DATABASE, KEY, SHIFT
from tests.stage import ISSUER
from vault.actions import organizations
from vault.base.clock import SystemEntropy
from vault.base.settings import Settings
from vault.crypto.provider import create
from vault.parts import open_vault

PROCESSES = 3
CUSTOMERS = 4
ASKERS = 4
TURNS = 25


async def test_a_history_of_several_processes_has_one_order(database_url: str, tmp_path: Path) -> None:
    async with servers(database_url, tmp_path, "wrong") as several:
        histories = await recorded(several)
    assert all(len(history) > TURNS * (ASKERS + 1) for history in histories)
    assert all(is_linearizable(history) for history in histories)
    assert any(one.what == "read" and one.value for history in histories for one in history)


async def test_a_cache_of_what_was_read_would_be_found(database_url: str, tmp_path: Path) -> None:
    async with servers(database_url, tmp_path, "cached") as several:
        histories = await recorded(several)
    assert not all(is_linearizable(history) for history in histories)


@asynccontextmanager
async def servers(database_url: str, folder: Path, factory: str) -> AsyncIterator[list[AsyncVault]]:
    """Speak to processes over one database that knows the sample organization."""
    async with AsyncExitStack() as stack:
        ports = await stack.enter_async_context(processes(database_url, folder, factory))
        yield [await stack.enter_async_context(speaking(port, issuer=ISSUER, attempts=3)) for port in ports]


@asynccontextmanager
async def processes(database_url: str, folder: Path, factory: str) -> AsyncIterator[list[int]]:
    """Run processes over one database that knows the sample organization; yield the ports at which they answer."""
    create(folder / "root.key", entropy=SystemEntropy())
    async with open_vault(Settings(key_file=folder / "root.key"), database_url) as vault:
        await organizations.apply(vault, make.written(make.organization()), name="organization.yaml")
    environment = {**os.environ, DATABASE: database_url, KEY: str(folder / "root.key"), SHIFT: "0"}
    async with AsyncExitStack() as stack:
        ports = [free_port() for _ in range(PROCESSES)]
        for port in ports:
            command = [
                sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--loop", "uvloop", "--http", "1",
                "--no-ws", "--host", "127.0.0.1", "--port", port, f"tests.chaos.servers:{factory}",
            ]  # fmt: skip
            stack.enter_context(serving(command, port, lines=folder / "lines", environment=environment))
        yield ports


async def recorded(several: list[AsyncVault]) -> list[list[Operation]]:
    """Let each customer say yes and no while others ask, each time through any of the processes."""
    chance = random.Random(1)  # noqa: S311 - which process is asked, and not a secret
    ids = [(await several[0].register(**make.customer())).id for _ in range(CUSTOMERS)]
    histories: list[list[Operation]] = [[] for _ in ids]
    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        for customer, history in zip(ids, histories, strict=True):
            group.create_task(saying(several, customer, history, chance=chance))
            for _ in range(ASKERS):
                group.create_task(asking(several, customer, history, chance=chance))
    return histories


async def saying(several: list[AsyncVault], customer: str, history: list[Operation], *, chance: random.Random) -> None:
    for _ in range(TURNS):
        yes, server = chance.random() < 0.5, chance.choice(several)
        begin = time.monotonic()
        if yes:
            await server.grant(customer, **make.granted())
        else:
            await server.withdraw(customer, purpose="sales")
        history.append(Operation(begin, time.monotonic(), "set", yes))


async def asking(several: list[AsyncVault], customer: str, history: list[Operation], *, chance: random.Random) -> None:
    """Ask alone or in a batch, and for a word or for the address: what reserves is read in a transaction of its own."""
    word: Question = {"customer": customer, "purpose": "sales", "channel": "email"}
    address: Question = {**word, "release": ["contact"]}
    for _ in range(TURNS):
        server, question, many = chance.choice(several), chance.choice([word, address]), chance.randrange(3)
        begin = time.monotonic()
        answers = await server.decide_batch([question] * many) if many else [await server.decide(**question)]
        end = time.monotonic()
        history.extend([Operation(begin, end, "read", answer.allowed) for answer in answers])
        await asyncio.sleep(chance.random() / 100)


# ── The checker itself ───────────────────────────────────────────────────────────────────────────────────────────────
steps = st.lists(st.tuples(st.sampled_from(["set", "read"]), st.booleans(), st.integers(0, 3)), max_size=12)


@given(steps)
def test_what_one_register_did_is_found_in_order(done: list[tuple[str, bool, int]]) -> None:
    assert is_linearizable(history_of(done))


@given(steps, st.booleans())
def test_a_read_of_what_was_overwritten_before_it_began_is_found(done: list[tuple[str, bool, int]], last: bool) -> None:  # noqa: FBT001 - drawn
    history = history_of([(what, value, 0) for what, value, _ in done])
    end = len(history) + 1
    wrong = [Operation(end, end + 0.4, "set", last), Operation(end + 0.5, end + 0.6, "read", not last)]
    assert not is_linearizable([*history, *wrong])


def history_of(done: list[tuple[str, bool, int]]) -> list[Operation]:
    """Return what a register did at the instants 0, 1, 2 …, each operation stretched to both sides of its instant."""
    held, history = False, []
    for place, (what, value, stretch) in enumerate(done):
        held = value if what == "set" else held
        begin, end = place - stretch - 0.2, place + stretch + 0.2
        history.append(Operation(begin, end, "set" if what == "set" else "read", held))
    return history
