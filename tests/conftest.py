"""Clock, entropy and one real PostgreSQL per run: bundled, or `VAULT_TEST_DATABASE_URL`.

All workers share the one server. The first to need a database makes the migrated template, and each test that asks for
`database_url` gets a copy of its own.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import uuid4
from zlib import crc32

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import settings

from tests.make import FakeClock, SeededEntropy
from vault.store.bundled import running

settings.register_profile("unhurried", settings(), deadline=None)  # how long an example takes tells of the machine
settings.load_profile("unhurried")

RUN = "VAULT_TEST_RUN"  # names the run; workers inherit it from the process that started them
PLACE = "VAULT_TEST_PLACE"
MEMORY = Path("/dev/shm")  # noqa: S108 - whoever runs the tests has a folder of their own there
ROOM = 6 << 30
GIVEN = "VAULT_TEST_DATABASE_URL"
WHOLE = ("tests/browser/", "tests/chaos/", "tests/e2e/")
ONE_IN = 3
TEMPLATE_LOCK = 7_310_411_602_240_099

_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def entropy() -> SeededEntropy:
    return SeededEntropy()


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The server of this run, as its superuser."""
    if given := os.environ.get(GIVEN):
        yield given
        return
    with running(_folder(), throw_away=True) as url:
        yield url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(server_url: str) -> str:
    """The name of a migrated database to copy; it never becomes visible half-made."""
    from vault.store.migrations import migrate  # noqa: PLC0415 - only tests with a database need it

    name = _template()
    async with _admin(server_url) as admin:
        await admin.execute("SELECT pg_advisory_lock($1)", TEMPLATE_LOCK)
        if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await admin.execute(f"DROP DATABASE IF EXISTS {name}_new")
            await admin.execute(f"CREATE DATABASE {name}_new")
            await migrate(_at(server_url, f"{name}_new"))
            await admin.execute(f"ALTER DATABASE {name}_new RENAME TO {name}")
    return name


@pytest_asyncio.fixture
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """A migrated database of the test's own, as the server's superuser."""
    name = f"vault_test_{uuid4().hex}"
    async with _admin(server_url) as admin:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield _at(server_url, name)
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[RUN] = uuid4().hex[:12]
        os.environ[PLACE] = str(_place())


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    if given := os.environ.get(GIVEN):
        asyncio.run(_drop_template(given))
    shutil.rmtree(_folder(), ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure which branches a test reaches; of those over a whole vault one in three, the same ones each time.

    Measuring takes half as long again, and many such tests reach the same.
    """
    measuring = getattr(item.config.pluginmanager.getplugin("_cov"), "cov_controller", None)
    if measuring is None or not item.nodeid.startswith(WHOLE) or crc32(item.nodeid.encode()) % ONE_IN == 0:
        return (yield)
    of_processes = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("COVERAGE_PROCESS")}
    measuring.pause()
    try:
        return (yield)
    finally:
        measuring.resume()
        os.environ.update(of_processes)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _refuse_skips((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _refuse_skips((yield))


def _refuse_skips(report: _Report) -> _Report:
    """Where CI is set, nothing may be left out: what was skipped has failed."""
    if os.environ.get("CI") and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which continuous integration does not allow: {report.longrepr}"
    return report


@asynccontextmanager
async def _admin(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def _drop_template(url: str) -> None:
    async with _admin(url) as admin:
        await admin.execute(f"DROP DATABASE IF EXISTS {_template()}")


def _at(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def _template() -> str:
    return f"vault_template_{os.environ[RUN]}"


def _folder() -> Path:
    return Path(os.environ[PLACE]) / f"vault-test-{os.environ[RUN]}"


def _place() -> Path:
    """Return where a server is kept: in memory where there is room, for each story copies a database."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else Path(gettempdir())
