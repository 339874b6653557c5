"""Your details in a real browser: seen, corrected, an address added by code; by keyboard, without scripts, narrow."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests import make
from tests.browser.test_portal_leaving import seen
from tests.browser.test_portal_sign_in import ask, heading
from tests.browser.watched import EVERYWHERE, PHONE, Shade, Watched
from tests.e2e.doors import code, somebody
from tests.e2e.test_proving_a_yes import stop
from tests.stage import Api, Stage


async def at_home(stage: Stage, api: Api, page: Page) -> str:
    """Let somebody sign in and open their details; return their address."""
    _, address = await somebody(api, **make.customer())
    await ask(page, address)
    await page.get_by_label("Code").fill(await code(stage))
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_role("link", name="Details").click()
    assert await heading(page) == "Your details"
    return address


async def enter(page: Page) -> None:
    """Press Enter, and wait for where it leads."""
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_state_of_the_page_is_open_to_everybody(
    stage: Stage, api: Api, watched: Watched, width: int, shade: Shade
) -> None:
    async with watched.tab(width=width, shade=shade, scripts=True) as page:
        await at_home(stage, api, page)
        await seen(watched, page, f"details-{width}-{shade}")
        await page.get_by_label("Boot size").fill("4" * 201)
        await page.get_by_role("button", name="Save").click()
        assert (await page.title()).startswith("Error: Your details")
        await seen(watched, page, f"details-error-{width}-{shade}")
        await page.get_by_role("link", name="Leave it as it was").first.click()
        await page.get_by_role("link", name="Change").first.click()
        await page.get_by_label("Your new e-mail address").fill(make.email())
        await page.get_by_role("button", name="Change", exact=True).click()
        assert await heading(page) == "Type the code"
        await seen(watched, page, f"details-code-{width}-{shade}")
        await page.get_by_role("link", name="Details").click()
        await page.get_by_text("Not checked: nothing goes there until it is").wait_for()
        await seen(watched, page, f"details-claim-{width}-{shade}")


async def test_all_of_it_works_by_keyboard_without_scripts(stage: Stage, api: Api, watched: Watched) -> None:
    async with watched.tab(width=PHONE) as page:
        await at_home(stage, api, page)
        await page.get_by_label("First name").focus()
        await page.keyboard.press("ControlOrMeta+a")
        await page.keyboard.type("Quokka Ann")
        await enter(page)
        assert (await page.title()).startswith("Saved: Your details")
        assert await page.get_by_label("First name").input_value() == "Quokka Ann"
        await page.get_by_label("Add an e-mail address").focus()
        await page.keyboard.type(make.email())
        await enter(page)
        assert await heading(page) == "Type the code"
        await page.get_by_label("Code").focus()
        await page.keyboard.type(await code(stage))
        await enter(page)
        assert await page.get_by_text("Yours, since").count() == 2
        mine = page.locator(".reach > li", has_text="Yours, since").first
        await mine.get_by_role("button", name="Remove").focus()
        await enter(page)
        assert await page.get_by_text("You sign in with it.").count() == 1


@pytest.mark.parametrize("shade", ["light", "dark"])
async def test_a_yes_to_a_stopped_address_asks_for_its_code(
    stage: Stage, api: Api, watched: Watched, shade: Shade
) -> None:
    async with watched.tab(shade=shade, scripts=True) as page:
        address = await at_home(stage, api, page)
        await stop(stage, address)
        await page.get_by_role("link", name="Allow").click()
        await seen(watched, page, f"allow-stopped-{shade}")
        switch = page.get_by_role("switch", name="Sales and price offers E-mail")
        assert await switch.get_attribute("aria-checked") == "false"
        await switch.click()
        assert await heading(page) == "Type the code"
        await seen(watched, page, f"allow-code-{shade}")
        await page.get_by_label("Code").fill(await code(stage))
        await page.get_by_role("button", name="Go on").click()
        assert (await page.title()).startswith("Saved: What you allow")
        assert await switch.get_attribute("aria-checked") == "true"
