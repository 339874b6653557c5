"""Imports in a real browser: the list, one import, what undoing takes back; by everybody."""

from __future__ import annotations

import pytest

from tests.browser.test_console import desk, device, enrolled, heading
from tests.browser.watched import EVERYWHERE, Shade, Watched
from tests.e2e.test_console_imports import brought
from tests.stage import Stage

__all__ = ["desk"]

PLACE = "/console/fernhill/imports"


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_state_of_an_import_can_be_read_by_everybody(
    stage: Stage, desk: Watched, width: int, shade: Shade
) -> None:
    async with desk.tab(width=width, shade=shade, scripts=True) as page:
        await device(page)
        await enrolled(stage, page, "admin")
        await page.goto(PLACE)
        assert await page.get_by_text("Nothing has been brought in yet").is_visible()
        await desk.check(page)
        own = await brought(stage)
        await page.goto(PLACE)
        assert await heading(page) == "Imports"
        await desk.check(page)
        await page.goto(f"{PLACE}/{own}")
        assert await page.get_by_text("New, taken in").is_visible()
        await desk.check(page)
        await page.get_by_role("button", name="See what would change first").click()
        assert await page.get_by_role("button", name="Undo the import").is_visible()
        await desk.check(page)
        await page.get_by_role("button", name="Undo the import").click()
        assert await page.get_by_text("Its noes and stops stay.").is_visible()
        await desk.check(page)
