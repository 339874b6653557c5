"""How, when and how often, in a real browser: on a phone and on a desk, without scripts, in the light and the dark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Page, expect

from tests import make
from tests.browser.test_portal_sign_in import heading, sign_in
from tests.browser.watched import DESK, EVERYWHERE, PHONE, Shade, Watched
from tests.e2e.doors import somebody
from tests.e2e.test_leaving import linked
from tests.stage import Api, Stage, codes

SHOTS: Final = "VAULT_TEST_SHOTS"


async def seen(watched: Watched, page: Page, name: str) -> None:
    """Hold a page against the rules; keep a picture of it where somebody wants one."""
    await watched.check(page)
    if folder := os.environ.get(SHOTS):
        await page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("width", [PHONE, DESK])
async def test_a_break_and_wishes_need_no_script(stage: Stage, api: Api, watched: Watched, width: int) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    async with watched.tab(width=width) as page:
        await sign_in(stage, page, address)
        await page.get_by_role("button", name="60 days").click()
        assert (await page.title()).startswith("Saved:")
        assert codes(await api.decide(customer=customer)) == ["paused"]
        await page.get_by_role("button", name="End the break").click()
        assert (await api.decide(customer=customer))["allowed"]
        await page.get_by_role("radio", name="E-mail").check()
        await page.get_by_label("Adverts, all together").select_option("At most 1 a week")
        await page.get_by_label("From", exact=True).select_option("21:00")
        await page.get_by_role("button", name="Save").click()
        assert (await page.title()).startswith("Error:")
        await page.get_by_role("link", name="Quiet hours need a beginning and an end.").click()
        await page.get_by_label("Until", exact=True).select_option("08:00")
        await page.get_by_role("button", name="Save").click()
        assert (await page.title()).startswith("Saved:")
    kept = await api.get(f"/v1/customers/{customer}/preferences")
    assert (kept["quiet"], kept["order"]) == ({"*": "21:00-08:00"}, ["email"])
    assert kept["at_most"] == {"*": {"most": 1, "per": "week"}}


async def test_the_form_ends_with_two_doors_of_one_size(stage: Stage, api: Api, watched: Watched) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    async with watched.tab() as page:
        await sign_in(stage, page, address)
        doors = page.locator(".doors .button")
        sizes = [(box["width"], box["height"]) for one in await doors.all() if (box := await one.bounding_box())]
        assert len(sizes) == 2
        assert sizes[0] == sizes[1]
        await doors.nth(1).click()
        assert await heading(page) == "Everything is stopped"
        await page.get_by_role("button", name="Once a month, please").first.click()
        await expect(page.get_by_label("Adverts by e-mail")).to_have_value("1-month")


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_state_is_open_to_everybody(
    stage: Stage, api: Api, watched: Watched, width: int, shade: Shade
) -> None:
    file = make.organization()
    file["purposes"]["offers"]["children"]["sales"]["budget"] = {"week": 20}
    await stage.apply(file)
    customer, address = await somebody(api)
    await api.grant(customer)
    for _ in range(9):
        await api.decide(customer=customer, release=["contact"])
    kind = f"{width}-{shade}"
    async with watched.tab(width=width, shade=shade, scripts=True) as page:
        await sign_in(stage, page, address)
        assert await page.locator(".often .hit").count() == 9
        await seen(watched, page, f"how-{kind}")
        await page.get_by_label("From", exact=True).select_option("21:00")
        await page.get_by_role("button", name="Save").click()
        await seen(watched, page, f"how-wrong-{kind}")
        await page.goto("/p/fernhill/")
        await page.get_by_role("switch", name="Sales and price offers E-mail").click()
        await seen(watched, page, f"how-less-{kind}")
        await page.get_by_role("button", name="Once a month, please").click()
        await page.get_by_role("button", name="90 days").click()
        await seen(watched, page, f"how-break-{kind}")
        await page.get_by_role("button", name="Stop everything").first.click()
        await seen(watched, page, f"how-stopped-{kind}")


@pytest.mark.parametrize("locale", ["de-DE", "fr-FR"])
async def test_it_reads_well_in_other_languages(stage: Stage, api: Api, watched: Watched, locale: str) -> None:
    _, address = await somebody(api)
    async with watched.tab(scripts=True) as page:
        await sign_in(stage, page, address)
        await page.goto(f"/p/fernhill/?lang={locale[:2]}")
        await page.locator('[name="days"]').first.click()
        await seen(watched, page, f"how-{locale}")


@pytest.mark.parametrize(("width", "shade"), [(PHONE, "dark"), (DESK, "light")])
async def test_less_by_a_link_is_one_press_without_signing_in(
    api: Api, watched: Watched, width: int, shade: Shade
) -> None:
    customer, link = await linked(api)
    async with watched.tab(width=width, shade=shade, scripts=True) as page:
        await page.goto(link)
        await seen(watched, page, f"less-{width}-{shade}")
        await page.get_by_role("button", name="At most once a month").click()
        assert await heading(page) == "Less from now on"
        await seen(watched, page, f"lessened-{width}-{shade}")
        assert (await api.decide(customer=customer))["allowed"]
        await page.get_by_role("button", name="Stop Sales and price offers by e-mail").click()
        await seen(watched, page, f"unsubscribed-{width}-{shade}")
        await page.get_by_role("button", name="Only once a month").click()
        await seen(watched, page, f"taken-back-{width}-{shade}")
        assert await page.context.cookies() == []
