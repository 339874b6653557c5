"""What you allow, in a real browser: with and without scripts, by keyboard, everywhere; and no is as large as yes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Page

from tests.browser.test_portal_sign_in import heading, sign_in
from tests.browser.watched import DESK, EVERYWHERE, PHONE, Shade, Watched
from tests.e2e.doors import somebody
from tests.stage import Api, Stage, codes

SHOTS: Final = "VAULT_TEST_SHOTS"


async def seen(watched: Watched, page: Page, name: str) -> None:
    """Hold a page against the rules; keep a picture of it where somebody wants one."""
    await watched.check(page)
    if folder := os.environ.get(SHOTS):
        await page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("scripts", [False, True])
@pytest.mark.parametrize("width", [PHONE, DESK])
async def test_a_yes_a_no_and_a_stop_of_everything_are_one_press_each(
    stage: Stage,
    api: Api,
    watched: Watched,
    width: int,
    scripts: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    customer, address = await somebody(api)
    async with watched.tab(width=width, scripts=scripts) as page:
        await sign_in(stage, page, address)
        sales = page.get_by_role("switch", name="Sales and price offers E-mail")
        assert await sales.get_attribute("aria-checked") == "false"
        await sales.click()
        assert (await page.title()).startswith("Saved: What you allow")
        assert await sales.get_attribute("aria-checked") == "true"
        assert (await api.decide(customer=customer))["allowed"]
        await page.get_by_role("button", name="Stop everything").first.click()
        assert await heading(page) == "Everything is stopped"
        assert codes(await api.decide(customer=customer)) == ["withdrawn"]
        await page.get_by_role("button", name="Undo").click()
        assert await sales.get_attribute("aria-checked") == "true"
        await sales.click()
        assert await sales.get_attribute("aria-checked") == "false"
        assert codes(await api.decide(customer=customer)) == ["withdrawn"]


async def test_it_is_done_by_the_keyboard_alone(stage: Stage, api: Api, watched: Watched) -> None:
    customer, address = await somebody(api)
    async with watched.tab(width=DESK) as page:
        await sign_in(stage, page, address)
        for _ in range(30):
            await page.keyboard.press("Tab")
            if "w-sales-email" in (await page.locator(":focus").get_attribute("aria-labelledby") or ""):
                break
        await page.keyboard.press("Enter")
        await page.get_by_role("status").wait_for()
    assert (await api.decide(customer=customer))["allowed"]


async def test_a_no_is_as_large_as_a_yes(stage: Stage, api: Api, watched: Watched) -> None:
    _, address = await somebody(api)
    async with watched.tab() as page:
        await sign_in(stage, page, address)
        switch = page.get_by_role("switch").first
        off = await switch.bounding_box()
        await switch.click()
        on = await page.get_by_role("switch").first.bounding_box()
        assert off is not None
        assert on is not None
        assert (off["width"], off["height"] >= 44) == (on["width"], on["height"] >= 44)


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_page_is_open_to_everybody(
    stage: Stage, api: Api, watched: Watched, width: int, shade: Shade
) -> None:
    customer, address = await somebody(api)
    kind = f"{width}-{shade}"
    async with watched.tab(width=width, shade=shade, scripts=True) as page:
        await sign_in(stage, page, address)
        await api.grant(customer, purpose="newsletter", notice=1)  # and a message waits to be confirmed
        await page.goto("/p/fernhill/")
        await seen(watched, page, f"allow-{kind}")
        await page.get_by_role("switch", name="Sales and price offers E-mail").click()
        await seen(watched, page, f"allow-saved-{kind}")
        await page.evaluate("document.querySelector('.switch[aria-checked=false]').form.words.value = '0'.repeat(64)")
        await page.locator(".switch[aria-checked=false]").first.click()
        assert await heading(page) == "The words have changed"
        await seen(watched, page, f"changed-{kind}")
        await page.goto("/p/fernhill/")
        await page.get_by_role("button", name="Stop everything").first.click()
        await seen(watched, page, f"stopped-{kind}")
        await page.goto("/p/fernhill/asked")
        await seen(watched, page, f"asked-{kind}")


@pytest.mark.parametrize("locale", ["de-DE", "fr-FR"])
async def test_it_reads_well_in_other_languages(stage: Stage, api: Api, watched: Watched, locale: str) -> None:
    _, address = await somebody(api)
    async with watched.tab(scripts=True) as page:
        await sign_in(stage, page, address)
        await page.goto(f"/p/fernhill/?lang={locale[:2]}")
        await seen(watched, page, f"allow-{locale}")
        await page.get_by_role("switch").first.click()
        await seen(watched, page, f"allow-saved-{locale}")


@pytest.mark.parametrize(("width", "shade"), [(PHONE, "dark"), (DESK, "light")])
async def test_a_browser_that_says_no_is_followed_until_the_person_chooses(
    stage: Stage, api: Api, watched: Watched, width: int, shade: Shade
) -> None:
    customer, address = await somebody(api)
    await api.grant(customer, purpose="personalisation", channel="*", notice=1)
    headers = {"Sec-GPC": "1"}
    async with watched.tab(width=width, shade=shade, scripts=True, extra_http_headers=headers) as page:
        await sign_in(stage, page, address)
        await seen(watched, page, f"gpc-{width}-{shade}")
        keep = page.get_by_role("button", name="Keep my own Yes")
        follow = page.get_by_role("button", name="Follow my browser: No")
        sizes = [await one.bounding_box() for one in (keep, follow)]
        assert [one["height"] >= 44 for one in sizes if one is not None] == [True, True]
        await keep.click()
        await seen(watched, page, f"gpc-chosen-{width}-{shade}")
        assert (await api.decide(customer=customer, purpose="personalisation", channel="*"))["allowed"]
