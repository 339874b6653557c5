"""Requests at the console in a real browser: on a phone and a desk, light and dark, and without scripts."""

from __future__ import annotations

import re

import pytest
import pytest_asyncio

from tests.browser.test_console import desk, device, enrolled
from tests.browser.test_portal_leaving import seen
from tests.browser.watched import DESK, EVERYWHERE, Shade, Watched
from tests.e2e.doors import sign_in, somebody
from tests.stage import Api, Stage
from tests.visitor import Visitor

__all__ = ["desk"]

LATE = "UPDATE vault.rights_request SET asked_at = asked_at - interval '40 days' WHERE wanted = 'objection'"


@pytest_asyncio.fixture(loop_scope="session")
async def asked(stage: Stage, api: Api) -> None:
    """Somebody asked for three things. Before the console goes by its own name, by which no client knows it."""
    visitor = Visitor(stage.http)
    await sign_in(stage, visitor, (await somebody(api))[1])
    fields = (await visitor.get("/rights")).forms[0].fields
    wrong = {"right": "rectification", "field": "boot_size", "text": "It is 44."}
    for one in (wrong, {"right": "objection"}, {"right": "restriction"}):
        await visitor.post("/rights-requests", fields | one)
    await stage.rows(LATE)


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_an_admin_works_off_requests_wherever_they_sit(
    stage: Stage, asked: None, desk: Watched, width: int, shade: Shade
) -> None:
    async with desk.tab(width=width, shade=shade, scripts=True) as page:
        await device(page)
        await enrolled(stage, page, "admin")
        await page.get_by_role("link", name="Requests", exact=True).click()
        assert await page.get_by_text("1 request is late.").is_visible()
        await seen(desk, page, f"requests-{width}-{shade}")
        await page.get_by_label("Why not (the customer reads this)").fill("It is 43, they say.")
        await page.get_by_role("button", name=re.compile("^Refuse")).click()
        assert await page.get_by_text("The customer is sent a letter").is_visible()
        await seen(desk, page, f"requests-answered-{width}-{shade}")


async def test_an_admin_needs_no_scripts_to_answer(stage: Stage, asked: None, desk: Watched) -> None:
    async with desk.tab(width=DESK, scripts=True) as page:
        await device(page)
        await enrolled(stage, page, "admin")
        cookies = await page.context.cookies()
    async with desk.tab(width=DESK) as page:
        await page.context.add_cookies(cookies)  # type: ignore[arg-type]  # as it gave them
        await page.goto("/console/fernhill/requests")
        for _ in range(3):
            await page.get_by_role("button", name="Done").first.click()
        assert await page.get_by_text("Nothing waits for an answer.").is_visible()
