"""The console's pages about the log in a real browser: each page and state, for everybody, on a phone and at a desk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.browser.test_console import desk, device, enrolled, heading  # noqa: F401 - `desk` is a fixture
from tests.browser.watched import DESK, EVERYWHERE, Shade, Watched
from tests.e2e.test_console_log import Found, furnish, numbered, signed_in
from tests.stage import Stage

HOME = "/console/fernhill"


@pytest_asyncio.fixture(loop_scope="session")
async def found(stage: Stage, tmp_path: Path) -> Found:
    """A log with something in it, before the console goes where its browser is."""
    made = await furnish(stage)
    await numbered(stage, tmp_path)
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def device_entry(stage: Stage) -> str:
    """An entry beside which lies what a customer's device showed."""
    return await signed_in(stage)


async def picture(page: Page, name: str) -> None:
    """Keep what is seen, where somebody asked for it."""
    folder = os.environ.get("VAULT_TEST_PICTURES")
    if folder:
        width, dark = await page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]")
        await page.screenshot(path=f"{folder}/{name}-{width}{'-dark' if dark else ''}.png", full_page=True)


async def look(watched: Watched, page: Page, places: dict[str, str]) -> None:
    """Open pages, each held against the rules."""
    for name, place in places.items():
        await page.goto(f"{HOME}{place}")
        await watched.check(page)
        await picture(page, name)


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
            "overview": "/",
            "overview-week": "/?days=7",
            "search-form": "/search",
            "search": "/search?kind=",
            "search-none": "/search?kind=erased&reason=withdrawn",
            "search-wrong": "/search?customer=nobody&from=x",
            "entry": f"/entry/{found.refused}",
            "entry-allowed": f"/entry/{found.allowed}",
            "entry-fact": f"/entry/{found.fact}",
            "story-form": "/story",
            "story-wrong": "/story?customer=x",
            "story": f"/story?customer={found.subject}",
            "story-nobody": "/story?customer=sub_00000000000000000000000000",
        }
        await look(desk, page, places)


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_state_of_a_page_can_be_used_by_everybody(  # noqa: PLR0913, PLR0917 - fixtures
    stage: Stage,
    found: Found,
    device_entry: str,
    desk: Watched,  # noqa: F811 - the fixture
    width: int,
    shade: Shade,
) -> None:
    async with desk.tab(width=width, shade=shade, scripts=True) as page:
        await device(page)
        await enrolled(stage, page)
        await stage.erase(found.customer)
        waiting = (await stage.entries("erased"))[-1]["id"]
        await stage.rows("UPDATE vault.log_state SET stopped = 'forked' WHERE slug = 'fernhill'")
        places = {"stopped": "/", "entry-waiting": f"/entry/{waiting}", "entry-sealed": f"/entry/{device_entry}"}
        await look(desk, page, places)
        assert await page.get_by_text("The log has stopped").is_visible()
        await page.get_by_label("Reason").fill("Complaint 0000-SAMPLE")
        await page.get_by_role("button", name="Open them").click()
        assert await heading(page) == "Sealed details"
        await desk.check(page)
        await picture(page, "opened")
        await page.goto(f"{HOME}/story")
        await page.get_by_label("Address or number").fill("nobody@example.org")
        await page.get_by_role("button", name="Find the pseudonym").click()
        assert await page.get_by_text("Nobody has this").is_visible()
        await desk.check(page)
        await picture(page, "story-not-found")


@pytest.mark.parametrize(("width", "shade"), [(390, "light"), (1280, "dark")])
async def test_an_admins_pages_can_be_used_by_everybody(
    stage: Stage,
    found: Found,
    desk: Watched,  # noqa: F811 - the fixture
    width: int,
    shade: Shade,
) -> None:
    async with desk.tab(width=width, shade=shade, scripts=True) as page:
        await device(page)
        await enrolled(stage, page, "admin")
        await look(desk, page, {"admin-entry": f"/entry/{found.refused}", "admin-story": "/story"})
        assert await heading(page) == "This is not for your role"


async def test_the_log_is_read_without_scripts_and_by_the_keyboard_alone(
    stage: Stage,
    found: Found,
    desk: Watched,  # noqa: F811 - the fixture
) -> None:
    async with desk.tab(width=DESK, scripts=True) as page:
        await device(page)
        await enrolled(stage, page)
        session = await page.context.storage_state()
    async with desk.tab(width=DESK, storage_state=session) as page:
        await page.goto(f"{HOME}/search")
        await page.locator("#customer").focus()
        await page.keyboard.type(found.subject)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/search?*")
        assert await page.get_by_role("heading", name="6 entries, newest first").is_visible()
        await page.locator("tbody a").first.focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/entry/*")
        await page.locator("summary").first.focus()
        await page.keyboard.press("Enter")
        assert await page.locator("pre.code").first.is_visible()
        await page.locator(".chart-box").focus()
        assert await page.locator(":focus svg[role=img]").count() == 1
