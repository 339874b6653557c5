"""A customer's passkey in a real browser, with a device of Chromium's own; and what is seen without scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.test_console import device
from tests.browser.test_portal_sign_in import heading, sign_in
from tests.browser.watched import EVERYWHERE, Shade, Watched
from tests.e2e.doors import somebody
from tests.stage import Stage


@pytest_asyncio.fixture(loop_scope="session")
async def person(stage: Stage) -> str:
    """The address of somebody the vault knows."""
    return (await somebody(await stage.client("everything")))[1]


@pytest_asyncio.fixture(loop_scope="session")
async def named(stage: Stage, browser: Browser, address: str, person: str) -> AsyncIterator[Watched]:
    """The browser where the vault has a name: no passkey can be of a number. Clients knew it by that number before."""
    home = address.replace("127.0.0.1", "localhost")
    stage.apps[0].state.vault = msgspec.structs.replace(stage.vault, issuer=home)
    made = Watched(browser, home)
    yield made
    assert made.complaints == []


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_a_customer_makes_a_passkey_comes_back_by_it_and_forgets_it(
    stage: Stage, person: str, named: Watched, width: int, shade: Shade
) -> None:
    async with named.tab(width=width, shade=shade, scripts=True) as page:
        own = await device(page)
        await sign_in(stage, page, person)
        await named.check(page)
        await page.get_by_role("button", name="Make a passkey").click()
        await page.get_by_role("heading", name="You have a passkey").wait_for()
        [credential] = await own.credentials()
        assert person not in str(credential)
        await named.check(page)
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_role("button", name="Use my passkey").wait_for()
        await named.check(page)
        await page.get_by_role("button", name="Use my passkey").click()
        await page.wait_for_url("**/p/fernhill/")
        assert await heading(page) == "What you allow"
        await page.get_by_role("button", name="Forget my passkey").click()
        assert await page.get_by_role("heading", name="You have a passkey").count() == 0


async def test_without_scripts_no_passkey_is_spoken_of(stage: Stage, person: str, named: Watched) -> None:
    async with named.tab() as page:
        await page.goto("/p/fernhill/sign-in")
        assert "passkey" not in await page.locator("body").inner_text()
        await sign_in(stage, page, person)
        assert "passkey" not in await page.locator("body").inner_text()


async def test_a_device_that_says_nothing_changes_nothing(stage: Stage, person: str, named: Watched) -> None:
    async with named.tab(scripts=True) as page:
        own = await device(page)
        await own.verify(known=False)
        await sign_in(stage, page, person)
        await page.get_by_role("button", name="Make a passkey").click()
        await page.get_by_text("Nothing came from your device.").wait_for()
        assert await heading(page) == "What you allow"
    assert await stage.count("keystore.passkey") == 0
