"""Merges at the console in a real browser: on a phone and a desk, light and dark."""

from __future__ import annotations

import pytest
import pytest_asyncio

from tests.browser.test_console import desk, device, enrolled
from tests.browser.test_portal_leaving import seen
from tests.browser.watched import DESK, PHONE, Shade, Watched
from tests.stage import Api, Stage
from vault.base.ids import CustomerId
from vault.store.customer import merges

__all__ = ["desk"]


@pytest_asyncio.fixture(loop_scope="session")
async def pair(stage: Stage, api: Api) -> None:
    """Somebody is known twice. Before the console goes by its own name, by which no client knows it."""
    one, other = CustomerId(await api.register()), CustomerId(await api.register())
    await api.grant(one)
    async with stage.vault.database.work(await stage.organization()) as work:
        await merges.suggest(work, [(one, other, ["plus_tag"])])


@pytest.mark.parametrize(("width", "shade"), [(PHONE, "dark"), (DESK, "light")])
async def test_an_admin_says_who_is_one_person_and_takes_it_back(
    stage: Stage, pair: None, desk: Watched, width: int, shade: Shade
) -> None:
    async with desk.tab(width=width, shade=shade, scripts=True) as page:
        await device(page)
        await enrolled(stage, page, "admin")
        await page.goto("/console/fernhill/merges")
        await seen(desk, page, f"merges-{width}-{shade}")
        await page.get_by_role("button", name="One person").click()
        assert await page.get_by_text("They are one person from now on.").is_visible()
        await seen(desk, page, f"merges-done-{width}-{shade}")
        await page.get_by_role("button", name="Take it back").click()
        assert await page.get_by_text("They are two people, as before.").is_visible()
