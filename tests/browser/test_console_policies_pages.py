"""Policies in a real browser: read, tried, refused and found looser; by everybody, and without scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import FilePayload, Page

from tests.browser.test_console import desk, device, enrolled, heading
from tests.browser.watched import DESK, EVERYWHERE, Shade, Watched
from tests.e2e.test_console_log import furnish, numbered
from tests.e2e.test_console_policies import in_force
from tests.e2e.test_policy_replay import LOOSE, SUNDAY
from tests.stage import Stage

__all__ = ["desk"]

PLACE = "/console/fernhill/policies"


async def attempt(page: Page, text: str) -> None:
    """Try policies out."""
    await page.goto(PLACE)
    await page.get_by_label("Policies of your own").fill(text)
    await page.get_by_role("button", name="Check and try").click()


@pytest_asyncio.fixture(loop_scope="session")
async def silenced(stage: Stage, tmp_path: Path) -> None:
    """A log with a yes that counted, and then not any more, for the organization forbade it."""
    found = await furnish(stage)
    await in_force(stage, {"organization/silence.cedar": SUNDAY})
    crm = await stage.client("crm")
    await crm.grant(found.customer)
    await crm.decide(customer=found.customer)
    await numbered(stage, tmp_path)


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_state_of_the_policies_can_be_read_by_everybody(
    stage: Stage, silenced: None, desk: Watched, width: int, shade: Shade
) -> None:
    async with desk.tab(width=width, shade=shade, scripts=True) as page:
        await device(page)
        await enrolled(stage, page, "admin")
        await page.goto(PLACE)
        assert await heading(page) == "Policies"
        assert await page.get_by_text("fernhill.silence").first.is_visible()
        await desk.check(page)
        await attempt(page, LOOSE)
        assert await page.get_by_role("alert").is_visible()
        await desk.check(page)
        await attempt(page, "")
        assert await page.get_by_text("These policies are looser than those in force.").is_visible()
        await desk.check(page)


async def test_an_empty_log_has_nothing_to_try_policies_on(stage: Stage, desk: Watched) -> None:
    async with desk.tab(scripts=True) as page:
        await device(page)
        await enrolled(stage, page, "admin")
        await page.goto(PLACE)
        await desk.check(page)
        await attempt(page, SUNDAY)
        assert await page.get_by_text("No question has been asked yet").is_visible()
        await desk.check(page)


async def test_without_scripts_a_file_is_tried_and_an_example_opened(
    stage: Stage, silenced: None, desk: Watched
) -> None:
    async with desk.tab(width=DESK, scripts=True) as page:
        await device(page)
        await enrolled(stage, page)
        cookies = await page.context.cookies()
    async with desk.tab(width=DESK) as page:
        await page.context.add_cookies(cookies)  # type: ignore[arg-type]  # as it gave them
        await page.goto(PLACE)
        file: FilePayload = {"name": "own.cedar", "mimeType": "text/plain", "buffer": b"// nothing"}
        await page.get_by_label("Or a file").set_input_files(files=file)
        await page.get_by_role("button", name="Check and try").click()
        assert await page.get_by_text("1 person would be reached who were not before.").is_visible()
        assert await page.get_by_label("Policies of your own").input_value() == "// nothing"
        await page.get_by_role("table").get_by_role("link").first.click()
        assert (await heading(page)).startswith("Entry ")
