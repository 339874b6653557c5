"""Confirming in a real browser: no scripts, no sign-in, on a phone and on a desk, in the light and in the dark."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.browser.test_portal_leaving import seen
from tests.browser.test_portal_sign_in import heading
from tests.browser.watched import DESK, EVERYWHERE, PHONE, Shade, Watched
from tests.e2e.joining import asked, with_words
from tests.stage import Api, Stage, codes


@pytest.mark.parametrize("scripts", [False, True])
@pytest.mark.parametrize("width", [PHONE, DESK])
async def test_one_press_says_yes_and_one_more_says_no(
    stage: Stage,
    api: Api,
    watched: Watched,
    width: int,
    scripts: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    customer, link = await asked(stage, api)
    async with watched.tab(width=width, scripts=scripts) as page:
        await page.goto(link)
        assert await heading(page) == "Please say it once more"
        assert not (await api.decide(customer=customer, purpose="newsletter"))["allowed"]
        await page.get_by_role("button", name="Yes, I want it").click()
        assert await heading(page) == "You said yes"
        assert (await api.decide(customer=customer, purpose="newsletter"))["allowed"]
        await page.get_by_role("button", name="No, I do not want it").click()
        assert await heading(page) == "You said no"
        assert codes(await api.decide(customer=customer, purpose="newsletter")) == ["withdrawn"]
        assert await page.context.cookies() == []


async def test_the_two_doors_to_confirm_are_of_one_size_and_reached_by_the_keyboard(
    stage: Stage, api: Api, watched: Watched
) -> None:
    customer, link = await asked(stage, api)
    async with watched.tab(width=DESK) as page:
        await page.goto(link)
        boxes = [await button.bounding_box() for button in await page.locator('button[name="say"]').all()]
        sizes = [(box["width"], box["height"]) for box in boxes if box is not None]
        assert len(sizes) == 2
        assert sizes[0] == sizes[1]
        assert sizes[0][1] >= 44
        await page.get_by_role("button", name="No, I do not want it").focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="You said no").wait_for()
    assert codes(await api.decide(customer=customer, purpose="newsletter"))[0] == "refused"


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_page_of_confirming_keeps_the_rules(
    stage: Stage, api: Api, watched: Watched, width: int, shade: Shade
) -> None:
    _, link = await asked(stage, api)
    _, other = await asked(stage, api)
    async with watched.tab(width=width, shade=shade, scripts=True) as page:
        await look(watched, page, link, name=f"{width}-{shade}")
        await stage.apply(with_words(3, compatible=False))
        await page.goto(other)
        assert await heading(page) == "The words have changed"
        await seen(watched, page, f"confirm-changed-{width}-{shade}")


@pytest.mark.parametrize("language", ["de", "fr"])
async def test_confirming_reads_well_in_other_languages(
    stage: Stage, api: Api, watched: Watched, language: str
) -> None:
    _, link = await asked(stage, api)
    async with watched.tab(scripts=True) as page:
        await look(watched, page, f"{link}?lang={language}", name=language)


async def look(watched: Watched, page: Page, link: str, *, name: str) -> None:
    """Look at the question, at a yes, and at the no after it."""
    await page.goto(link)
    await seen(watched, page, f"confirm-{name}")
    await page.locator('button[value="yes"]').click()
    await seen(watched, page, f"confirmed-{name}")
    await page.locator('button[value="no"]').click()
    await seen(watched, page, f"declined-{name}")
