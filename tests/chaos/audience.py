"""Audiences over processes: a vault with a crowd, its server, and workers that may be killed."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import asyncpg
from consent_vault import AsyncVault

from tests import make
from tests.bench import crowd
from tests.chaos.processes import CHECKOUT, free_port, kill, serving, speaking
from tests.command import COMMAND, environment
from vault.actions import organizations
from vault.base.clock import SystemEntropy
from vault.base.ids import CUSTOMER, CustomerId, show
from vault.base.settings import Settings
from vault.crypto.provider import create
from vault.parts import open_vault

Process = subprocess.Popen[bytes]


class Place(NamedTuple):
    """A vault that is served; `eye` looks into its database as the superuser."""

    vault: AsyncVault
    url: str
    eye: asyncpg.Connection
    customers: list[CustomerId]
    server: Process
    environment: dict[str, str]
    lines: Path


@asynccontextmanager
async def served(url: str, folder: Path, *, customers: int) -> AsyncIterator[Place]:
    """Serve a vault with so many customers, who all said yes to sales by e-mail."""
    key_file, lines, port = folder / "root.key", folder / "lines", free_port()
    create(key_file, entropy=SystemEntropy())
    async with open_vault(Settings(key_file=key_file), url) as vault:
        await organizations.apply(vault, make.written(make.organization()), name="organization.yaml")
    given = environment(database_url=url, mode="trial", key_file=key_file, data=folder, pool=4)
    command = [COMMAND, "serve", "--port", port, "--workers", 1]
    async with AsyncExitStack() as stack:
        server = stack.enter_context(serving(command, port, lines=lines, environment=given))
        sdk = await stack.enter_async_context(speaking(port))
        eye = await asyncpg.connect(url)
        stack.push_async_callback(eye.close)
        one = await sdk.register(**make.customer(contact_points=[make.point("email", make.email())]))
        await sdk.grant(one.id, **make.granted())
        await crowd.grow(eye, CustomerId(one.id), customers=customers, entries=0)
        there = [show(CUSTOMER, row["id"]) for row in await eye.fetch("SELECT id FROM vault.customer ORDER BY id")]
        yield Place(sdk, f"http://127.0.0.1:{port}", eye, there, server, given, lines)


@contextmanager
def working(place: Place) -> Iterator[Process]:
    """Run a worker, and kill it at the end of the block if it lives then."""
    with place.lines.open("ab") as told:
        worker = subprocess.Popen(  # noqa: S603 - our own command
            [COMMAND, "worker"],
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
            cwd=CHECKOUT,
            env=place.environment,
            start_new_session=True,
        )
    try:
        yield worker
    finally:
        kill(worker)


async def over(place: Place) -> None:
    """Wait until every audience has ended, for as long as the test has time."""
    while not await place.eye.fetchval("SELECT bool_and(ended_at IS NOT NULL) FROM vault.audience"):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.05)
