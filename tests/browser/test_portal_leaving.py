"""Leaving in a real browser: no scripts, no sign-in, on a phone and on a desk, in the light and in the dark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Page

from tests.browser.test_portal_sign_in import heading
from tests.browser.watched import DESK, EVERYWHERE, PHONE, Shade, Watched
from tests.e2e.doors import somebody
from tests.e2e.test_leaving import linked
from tests.e2e.test_leaving_by_address import sent
from tests.stage import Api, Stage, codes

SHOTS: Final = "VAULT_TEST_SHOTS"
"""A folder for pictures of what was looked at, for whoever wants to look, too."""


async def seen(watched: Watched, page: Page, name: str) -> None:
    """Hold a page against the rules; keep a picture of it where somebody wants one."""
    await watched.check(page)
    if folder := os.environ.get(SHOTS):
        await page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("scripts", [False, True])
@pytest.mark.parametrize("width", [PHONE, DESK])
async def test_one_press_stops_and_a_slip_is_taken_back(
    api: Api,
    watched: Watched,
    width: int,
    scripts: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    customer, link = await linked(api)
    async with watched.tab(width=width, scripts=scripts) as page:
        await page.goto(link)
        assert (await api.decide(customer=customer))["allowed"]
        await page.get_by_role("button", name="Stop Sales and price offers by e-mail").click()
        assert await heading(page) == "Stopped"
        assert codes(await api.decide(customer=customer)) == ["withdrawn"]
        await page.get_by_role("button", name="Undo").click()
        assert await heading(page) == "Taken back"
        assert (await api.decide(customer=customer))["allowed"]
        await page.get_by_role("button", name="Stop Sales and price offers by e-mail").click()
        await page.get_by_role("button", name="Stop everything from Fernhill Outdoor Ltd").click()
        assert await heading(page) == "Everything is stopped"
        assert codes(await api.decide(customer=customer)) == ["withdrawn"]
        assert await page.context.cookies() == []


async def test_the_two_doors_are_of_one_size_and_weight(api: Api, watched: Watched) -> None:
    _, link = await linked(api)
    async with watched.tab() as page:
        await page.goto(link)
        doors = page.locator('button[name="scope"]')
        boxes = [await button.bounding_box() for button in await doors.all()]
        assert len(boxes) == 2
        sizes = [(box["width"], box["height"]) for box in boxes if box is not None]
        assert sizes[0] == sizes[1]
        assert sizes[0][1] >= 44


async def test_it_is_done_by_the_keyboard_alone(api: Api, watched: Watched) -> None:
    customer, link = await linked(api)
    async with watched.tab(width=DESK) as page:
        await page.goto(link)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        assert await page.locator(":focus").inner_text() == "Stop Sales and price offers by e-mail"
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="Stopped").wait_for()
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]


async def test_somebody_without_a_message_at_hand_is_sent_a_link(stage: Stage, api: Api, watched: Watched) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    async with watched.tab() as page:
        await page.goto("/p/fernhill/sign-in")
        await page.get_by_role("link", name="stop messages to an address").click()
        await page.get_by_label("Your e-mail address").fill(address)
        await page.get_by_role("button", name="Send the link").click()
        assert await heading(page) == "Look at your messages"
        await page.goto(await sent(stage))
        await page.get_by_role("button", name="Stop everything to this address").click()
        assert await heading(page) == "Everything is stopped"
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]


async def test_a_link_that_leads_nowhere_leads_on(api: Api, watched: Watched) -> None:
    _, link = await linked(api)
    async with watched.tab() as page:
        await page.goto(link[:-8])
        assert await heading(page) == "This link leads nowhere"
        await page.get_by_role("link", name="Stop messages to an address").click()
        assert await heading(page) == "Stop messages to an address"


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_page_is_open_to_everybody(
    stage: Stage, api: Api, watched: Watched, width: int, shade: Shade
) -> None:
    customer, link = await linked(api)
    _, address = await somebody(api)
    kind = f"{width}-{shade}"
    async with watched.tab(width=width, shade=shade, scripts=True) as page:
        await page.goto(link)
        await seen(watched, page, f"unsubscribe-{kind}")
        await page.get_by_role("button", name="Stop Sales and price offers by e-mail").click()
        await seen(watched, page, f"unsubscribed-{kind}")
        await page.get_by_role("button", name="Undo").click()
        await seen(watched, page, f"taken-back-{kind}")
        await page.get_by_role("button", name="Stop Sales and price offers by e-mail").click()
        await page.get_by_role("button", name="Stop everything from Fernhill Outdoor Ltd").click()
        await seen(watched, page, f"everything-{kind}")
        await page.goto(link[:-8])
        await seen(watched, page, f"gone-{kind}")
        await page.goto("/p/fernhill/stop-address")
        await page.get_by_label("Your e-mail address").fill("nobody")
        await page.get_by_role("button", name="Send the link").click()
        await seen(watched, page, f"stop-address-{kind}")
        await page.get_by_label("Your e-mail address").fill(address)
        await page.get_by_role("button", name="Send the link").click()
        await seen(watched, page, f"stop-asked-{kind}")
        await page.goto(await sent(stage))
        await seen(watched, page, f"unsubscribe-address-{kind}")
        await page.get_by_role("button", name="Stop everything to this address").click()
        await seen(watched, page, f"unsubscribed-address-{kind}")
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]


@pytest.mark.parametrize("locale", ["de-DE", "fr-FR"])
async def test_it_reads_well_in_other_languages(api: Api, watched: Watched, locale: str) -> None:
    _, link = await linked(api)
    async with watched.tab(scripts=True, locale=locale) as page:
        await page.goto(link)
        await seen(watched, page, f"unsubscribe-{locale}")
        await page.get_by_role("button").first.click()
        await seen(watched, page, f"unsubscribed-{locale}")
