"""Stories in a real Chromium: the application on a port of this machine, and a browser that is watched.

The browser is one for all stories, each of which opens tabs without a past; so all of them run in one event loop.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from playwright.async_api import Browser, async_playwright

from tests.browser.watched import Watched
from tests.e2e.conftest import furnished, key_file, staged  # noqa: F401 - fixtures
from tests.mail import until
from tests.stage import Api, Stage

CHROMIUM: Final = "VAULT_TEST_CHROMIUM"
_HERE: Final = Path(__file__).parent
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == _HERE and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where a Chromium of the system's is; without one the story is left out, which CI does not allow."""
    found = os.environ.get(CHROMIUM) or next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"there is no Chromium here: install it, or say in {CHROMIUM} where it is")
    return found


@pytest.fixture(scope="session")
def arguments() -> list[str]:
    """With what it is started: its own sandbox wants somebody who is not root, and it draws without a stand-in for a
    graphics card, another process to wait for.
    """
    return ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str, arguments: list[str]) -> AsyncIterator[Browser]:
    """A browser that runs."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def stage(
    server_url: str,
    furnished: str,  # noqa: F811 - the fixture
    key_file: Path,  # noqa: F811 - the fixture
    capfd: pytest.CaptureFixture[str],
) -> AsyncIterator[Stage]:
    """The application, and after the story the inspection of the whole house."""
    async with staged(server_url, furnished, key_file=key_file, capfd=capfd) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def api(stage: Stage) -> Api:
    """The client that may do and see all there is."""
    return await stage.client("everything")


@pytest_asyncio.fixture(loop_scope="session")
async def address(stage: Stage) -> AsyncIterator[str]:
    """Where the application answers, over HTTP."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app: Any = stage.apps[0]
    server = Server(
        app, port=port, interface=Interfaces.ASGINL, http=HTTPModes.http1, websockets=False, log_enabled=False
    )
    serving = asyncio.create_task(server.serve())
    await until(partial(_answers, port))
    yield f"http://127.0.0.1:{port}"
    server.stop()  # type: ignore[no-untyped-call]  # granian ships no type for it
    with suppress(asyncio.CancelledError):
        await serving


@pytest_asyncio.fixture(loop_scope="session")
async def watched(browser: Browser, address: str) -> AsyncIterator[Watched]:
    """The browser, at this address; whatever it complained of is a failure at the end."""
    made = Watched(browser, address)
    yield made
    assert made.complaints == []


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
