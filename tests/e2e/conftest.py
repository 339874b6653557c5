"""Stories in the whole application: each on a copy of a database that knows the sample organization already."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from traceback import format_stack
from typing import Any

import pytest
import pytest_asyncio
import structlog
from structlog.testing import capture_logs

from tests import make
from tests.e2e.doors import sign_in, somebody
from tests.house import Seen, check_house
from tests.stage import Api, Lines, Stage, copy_of
from tests.visitor import Visitor
from vault.actions import organizations
from vault.base.clock import SystemEntropy
from vault.base.settings import Settings
from vault.crypto.provider import create
from vault.parts import open_vault
from vault.store.database import Database, Work


@pytest.fixture(autouse=True)
def lines_of_its_own() -> Iterator[None]:
    """A command that was run in this process sent all lines to the standard error of its test, which is gone after."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def no_work_inside_a_work(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever opens one inside another holds a connection while it waits for the next: so all may wait for ever."""
    work = Database.work
    under_way: ContextVar[frozenset[int]] = ContextVar(
        "under_way", default=frozenset()
    )  # tasks that are begun inherit it
    inside: list[str] = []

    @asynccontextmanager
    async def watched(self: Database, *given: Any, **options: Any) -> AsyncIterator[Work]:
        before = under_way.get()
        if id(self) in before:
            inside.extend(format_stack())
        under_way.set(before | {id(self)})
        try:
            async with work(self, *given, **options) as made:
                yield made
        finally:
            under_way.set(before)

    monkeypatch.setattr(Database, "work", watched)
    yield
    assert not inside, "".join(inside)


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root key of this run."""
    path = tmp_path_factory.mktemp("keys") / "root.key"
    create(path, entropy=SystemEntropy())
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def furnished(server_url: str, template: str, key_file: Path) -> AsyncIterator[str]:
    """The name of a database that knows the sample organization."""
    async with copy_of(server_url, template) as url:
        async with open_vault(Settings(key_file=key_file), url) as vault:
            await organizations.apply(vault, make.written(make.organization()), name="organization.yaml")
        yield url.partition("://")[2].partition("/")[2].partition("?")[0]


@pytest_asyncio.fixture
async def stage(
    server_url: str, furnished: str, key_file: Path, capfd: pytest.CaptureFixture[str]
) -> AsyncIterator[Stage]:
    """The application, and after the story the inspection of the whole house."""
    async with staged(server_url, furnished, key_file=key_file, capfd=capfd) as made:
        yield made


@asynccontextmanager
async def staged(
    server_url: str, furnished: str, *, key_file: Path, capfd: pytest.CaptureFixture[str]
) -> AsyncIterator[Stage]:
    """Open the application on a copy of the database, and inspect the whole house afterwards."""
    seen = Seen()
    lines = Lines(seen)
    logging.getLogger().addHandler(lines)
    try:
        async with copy_of(server_url, furnished) as url, AsyncExitStack() as stack:
            with capture_logs() as told:
                stage = Stage(url, key_file, seen, stack)
                await stage.open()
                yield stage
                await stage.tell()
            seen.lines.extend([str(line) for line in told])
            seen.lines.extend([part for part in capfd.readouterr() if part])
            await check_house(url, stage.vault, seen)
    finally:
        logging.getLogger().removeHandler(lines)


@pytest_asyncio.fixture
async def api(stage: Stage) -> Api:
    """The client that may do and see all there is."""
    return await stage.client("everything")


@pytest_asyncio.fixture
async def person(api: Api) -> tuple[str, str]:
    """Somebody registered: who, and their e-mail address."""
    return await somebody(api)


@pytest_asyncio.fixture
async def visitor(stage: Stage, person: tuple[str, str]) -> Visitor:
    """Their browser, in which they are signed in."""
    visitor = Visitor(stage.http)
    await sign_in(stage, visitor, person[1])
    return visitor
