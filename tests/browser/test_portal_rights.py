"""Rights in a real browser: asked for, answered and taken home; on a phone and a desk, light and dark, no scripts."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.async_api import Page

from tests.browser.test_portal_leaving import seen
from tests.browser.test_portal_sign_in import ask, heading
from tests.browser.watched import EVERYWHERE, PHONE, Shade, Watched
from tests.e2e.doors import code, somebody
from tests.stage import Api, Stage

LATE = "UPDATE vault.rights_request SET asked_at = asked_at - interval '40 days' WHERE wanted = 'objection'"


async def come(stage: Stage, page: Page, address: str) -> None:
    """Sign in and go to the rights."""
    await ask(page, address)
    await page.get_by_label("Code").fill(await code(stage))
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_role("link", name="Rights", exact=True).click()


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_state_of_a_request_can_be_read_by_everybody(
    stage: Stage, api: Api, watched: Watched, width: int, shade: Shade
) -> None:
    _, address = await somebody(api)
    async with watched.tab(width=width, shade=shade, scripts=True) as page:
        await come(stage, page, address)
        assert await heading(page) == "Your rights"
        await seen(watched, page, f"rights-{width}-{shade}")
        await page.get_by_label("What is it about?").select_option(label="Boot size")
        await page.get_by_label("What is wrong?").fill("It is 44.")
        await page.get_by_role("button", name="Tell us").click()
        assert (await page.title()).startswith("Saved: ")
        await page.get_by_role("button", name="Object").click()
        await page.get_by_role("button", name="Lock my data").click()
        assert await page.get_by_role("heading", name="Your data is locked").is_visible()
        await stage.rows(LATE)
        listed = (await api.get("/v1/rights-requests"))["rights_requests"]
        [wrong] = [one["id"] for one in listed if one["right"] == "rectification"]
        await api.post(f"/v1/rights-requests/{wrong}/extend", {"reason": "The maker looks for it."})
        await page.goto("/p/fernhill/rights")
        await seen(watched, page, f"rights-open-{width}-{shade}")
        await api.post(f"/v1/rights-requests/{wrong}/refuse", {"reason": "It is 43, they say."})
        await page.get_by_role("link", name="Allow", exact=True).click()
        assert await page.get_by_text("Nobody may use it until you unlock it.").is_visible()
        await watched.check(page)
        await page.get_by_role("link", name="Your rights").click()
        await page.get_by_role("button", name="Unlock my data").click()
        assert await page.get_by_text("Your data is unlocked.").is_visible()
        await seen(watched, page, f"rights-done-{width}-{shade}")


@pytest.mark.parametrize("scripts", [False, True])
async def test_the_copy_is_downloaded_with_one_press_and_its_page_reads_well(
    stage: Stage,
    api: Api,
    watched: Watched,
    tmp_path: Path,
    scripts: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    await api.decide(customer=customer, release=["contact"])
    async with watched.tab(width=PHONE, scripts=scripts) as page:
        await come(stage, page, address)
        async with page.expect_download() as coming:
            await page.get_by_role("button", name="Make my copy").click()
        download = await coming.value
        assert download.suggested_filename == "my-data.zip"
        await download.save_as(tmp_path / "my-data.zip")
        with ZipFile(tmp_path / "my-data.zip") as archive:
            text = archive.read("copy.html").decode()
        assert await heading(page) == "Your rights"
        assert "<h1>A copy of your data</h1>" in text
