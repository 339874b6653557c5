"""The console's pages about the log in a real browser: each page and state, for everybody, on a phone and at a desk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.browser.test_console import EVERYWHERE, desk, device, enrolled  # noqa: F401 - `desk` is a fixture
from tests.browser.watched import Shade, Watched
from tests.e2e.test_console_log import Found, furnish, numbered
from tests.stage import Stage

HOME = "/console/fernhill"


@pytest_asyncio.fixture
async def found(stage: Stage, tmp_path: Path) -> Found:
    """A log with something in it, before the console goes where its browser is."""
    made = await furnish(stage)
    await numbered(stage, tmp_path)
    return made


async def picture(page: Page, name: str) -> None:
    """Keep what is seen, where somebody asked for it."""
    folder = os.environ.get("VAULT_TEST_PICTURES")
    if folder:
        await page.screenshot(path=f"{folder}/{name}-{page.viewport_size['width']}.png", full_page=True)  # type: ignore[index]


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_page_about_the_log_can_be_used_by_everybody(
    stage: Stage,
    found: Found,
    desk: Watched,  # noqa: F811 - the fixture
    width: int,
    shade: Shade,
) -> None:
    async with desk.tab(width=width, shade=shade, scripts=True) as page:
        await device(page)
        await enrolled(stage, page)
        places = {
            "overview": "/?days=7",
            "search-form": "/search",
            "search": "/search?kind=",
            "search-none": "/search?kind=erased&reason=withdrawn",
            "search-wrong": "/search?customer=nobody",
            "entry": f"/entry/{found.refused}",
            "entry-allowed": f"/entry/{found.allowed}",
            "entry-fact": f"/entry/{found.fact}",
            "story-form": "/story",
            "story-wrong": "/story?customer=x",
            "story": f"/story?customer={found.subject}",
            "story-nobody": "/story?customer=sub_00000000000000000000000000",
        }
        for name, place in places.items():
            await page.goto(f"{HOME}{place}")
            await desk.check(page)
            await picture(page, f"{name}-{shade}")
