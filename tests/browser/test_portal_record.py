"""The record of a customer in a real browser: who asked, and their history; on a phone and a desk, light and dark."""

from __future__ import annotations

import json
import re
from typing import Final

import pytest

from tests.browser.test_portal_leaving import seen
from tests.browser.test_portal_sign_in import ask, heading
from tests.browser.watched import DESK, EVERYWHERE, PHONE, Shade, Watched
from tests.e2e.doors import code, somebody
from tests.stage import Api, Stage
from vault.domain.receipt.check import check, receipts, recognised
from vault.domain.record.code import message_code

OF_A_YES: Final = re.compile("^Receipt ?: Sales and price offers, by e-mail: you said yes$")


async def lived(api: Api) -> str:
    """Let somebody say yes and no, and be asked about; return their address."""
    customer, address = await somebody(api)
    await api.decide(customer=customer)
    await api.grant(customer)
    for _ in range(3):
        await api.decide(customer=customer, release=["contact"])
    await api.say_no("withdrawals", customer, purpose="sales", channel="sms")
    return address


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_both_pages_are_open_to_everybody(
    stage: Stage, api: Api, watched: Watched, width: int, shade: Shade
) -> None:
    address = await lived(api)
    async with watched.tab(width=width, shade=shade, scripts=True) as page:
        await ask(page, address)
        await page.get_by_label("Code").fill(await code(stage))
        await page.get_by_role("button", name="Go on").click()
        await page.get_by_role("link", name="History").click()
        assert await heading(page) == "Your history"
        await seen(watched, page, f"history-{width}-{shade}")
        await page.get_by_role("link", name="Who asked").click()
        assert await heading(page) == "Who asked about you"
        await seen(watched, page, f"asked-{width}-{shade}")
        await page.get_by_label("The code at the end of the message").fill("0000-0000")
        await page.get_by_role("button", name="Look it up").click()
        assert (await page.title()).startswith("Error: Who asked about you")
        await seen(watched, page, f"asked-code-unknown-{width}-{shade}")
        [*_, decision] = await stage.entries("decision")
        await page.get_by_label("The code at the end of the message").fill(message_code(decision["decision"]))
        await page.get_by_role("button", name="Look it up").click()
        assert await page.get_by_role("heading", name="Why you got this").is_visible()
        await seen(watched, page, f"asked-code-{width}-{shade}")
        await page.get_by_role("link", name="What you said").click()
        assert await heading(page) == "Your history"
        assert page.url.partition("#")[2].startswith("fct_")


async def test_the_filter_and_the_proof_work_without_scripts(stage: Stage, api: Api, watched: Watched) -> None:
    address = await lived(api)
    async with watched.tab(width=DESK) as page:
        await ask(page, address)
        await page.get_by_label("Code").fill(await code(stage))
        await page.get_by_role("button", name="Go on").click()
        await page.get_by_role("link", name="Who asked").click()
        await page.get_by_label("Answer").select_option(label="Allowed")
        await page.get_by_role("button", name="Show").click()
        items = page.locator(".line-of > li")
        assert await items.count() == 1
        assert "asked 3 times that day" in await items.inner_text()
        await items.get_by_text("Proof").click()
        assert await items.get_by_text("This line waits for its number in the book.").is_visible()


@pytest.mark.parametrize("scripts", [False, True])
async def test_receipts_are_taken_home_one_by_one_or_all_at_once(
    stage: Stage,
    api: Api,
    watched: Watched,
    scripts: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    address = await lived(api)
    async with watched.tab(width=PHONE, scripts=scripts) as page:
        await ask(page, address)
        await page.get_by_label("Code").fill(await code(stage))
        await page.get_by_role("button", name="Go on").click()
        await page.get_by_role("link", name="History").click()
        assert await page.get_by_text("One file, 2 receipts, for your own records").is_visible()
        assert not await page.locator(".on-paper").first.is_visible()
        ways = (("Download all receipts", None), (OF_A_YES, "iso-27560"), ("Receipt in the Kantara format", "kantara"))
        for name, format_ in ways:
            async with page.expect_download() as download:
                await page.get_by_role("link", name=name).click()
            kept = await (await download.value).path()
            assert (await download.value).suggested_filename.startswith("consent-receipt")
            found = json.loads(kept.read_text("utf-8"))
            assert format_ is None or recognised(found) == format_
            for _, one in receipts(found):
                assert check(one) == []


async def test_the_history_prints_as_a_receipt(stage: Stage, api: Api, watched: Watched) -> None:
    address = await lived(api)
    async with watched.tab(width=DESK) as page:
        await ask(page, address)
        await page.get_by_label("Code").fill(await code(stage))
        await page.get_by_role("button", name="Go on").click()
        await page.get_by_role("link", name="History").click()
        await page.emulate_media(media="print")
        assert await page.get_by_text("1 Larch Yard").is_visible()
        assert await page.get_by_text("Printed on").is_visible()
        assert await page.locator(".words-shown .on-paper").first.is_visible()
        for gone in ("Download all receipts", "Receipt in the Kantara format"):
            assert not await page.get_by_text(gone).first.is_visible()
