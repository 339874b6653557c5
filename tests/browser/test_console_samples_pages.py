"""Samples in a real browser: fixed, waited for, drawn and looked at; each state read by everybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.browser.test_console import desk, device, enrolled, heading
from tests.browser.watched import DESK, EVERYWHERE, Shade, Watched
from tests.e2e.test_log_witnesses import House, furnished
from tests.sequencing import Sequencer, sequencing
from tests.stage import Stage

__all__ = ["desk"]


@pytest_asyncio.fixture(loop_scope="session")
async def house(stage: Stage, tmp_path: Path) -> AsyncIterator[House]:
    """A log and its witness."""
    async with furnished(stage, tmp_path) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def log(stage: Stage, tmp_path: Path) -> AsyncIterator[Sequencer]:
    """A log without a witness, with four decisions."""
    async with sequencing(stage, tmp_path / "guard") as own:
        log = Sequencer(stage, await stage.client("everything"), await stage.organization(), own)
        await log.grow(await log.crm.register(), rounds=4)
        yield log


async def fix(page: Page, *, size: str, kind: str = "Decision") -> str:
    """Fix a rule by the form, and return where its sample is."""
    await page.goto("/console/fernhill/samples")
    await page.get_by_label("How many").fill(size)
    await page.get_by_label("Of what").select_option(label=kind)
    await page.get_by_role("button", name="Fix the rule").click()
    await page.wait_for_url("**/samples/smp_*")
    return page.url


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_state_of_a_sample_can_be_read_by_everybody(
    stage: Stage, log: Sequencer, desk: Watched, width: int, shade: Shade
) -> None:
    async with desk.tab(width=width, shade=shade, scripts=True) as page:
        await device(page)
        await enrolled(stage, page)
        await page.goto("/console/fernhill/samples")
        await desk.check(page)
        await page.get_by_label("How many").fill("0")
        await page.get_by_role("button", name="Fix the rule").click()
        assert await page.get_by_role("alert").is_visible()
        await desk.check(page)
        place = await fix(page, size="3")
        assert (await heading(page)).startswith("Sample of 3, ")
        await desk.check(page)
        await log.step()
        await page.get_by_role("link", name="Look again").click()
        assert await page.get_by_role("heading", name="0 of 3 looked at").is_visible()
        await desk.check(page)
        await page.get_by_role("button", name="Remark").click()
        assert await page.get_by_role("alert").is_visible()
        await desk.check(page)
        await page.get_by_label("In words, number 1").fill("words hard to read on a phone")
        await page.get_by_role("button", name="Remark").click()
        await page.get_by_role("button", name="In order").click()
        assert await page.get_by_role("heading", name="2 of 3 looked at").is_visible()
        await desk.check(page)
        await page.get_by_label("In words, number 3").fill("asked on a Sunday")
        await page.get_by_role("button", name="Wrong").click()
        await page.goto(place)
        assert await page.get_by_text("1 in order, 1 with a remark, 1 wrong.").is_visible()
        await desk.check(page)
        await page.goto("/console/fernhill/samples")
        assert await page.get_by_text("All looked at").is_visible()
        await desk.check(page)


async def test_the_page_says_whom_it_waits_for(stage: Stage, house: House, desk: Watched) -> None:
    app = stage.apps[0]
    app.state.vault = msgspec.structs.replace(stage.vault, witnesses=(house.witness.verifier.vkey,))
    async with desk.tab(width=DESK, scripts=True) as page:
        await device(page)
        await enrolled(stage, page)
        await fix(page, size="1")
        await house.log.step()
        await page.reload()
        assert await page.get_by_text("Waiting for witness.example/ours").is_visible()
        await desk.check(page)
        assert await house.ask()
        await page.reload()
        assert await page.get_by_text("The seed is the next signature of witness witness.example/ours").is_visible()
        await desk.check(page)


async def test_a_whole_sample_is_looked_at_by_the_keyboard_alone(stage: Stage, log: Sequencer, desk: Watched) -> None:
    async with desk.tab(width=DESK, scripts=True) as page:
        await device(page)
        await enrolled(stage, page)
        place = await fix(page, size="2")
        await log.step()
        await page.goto(place)
        for number in (1, 2):
            await page.get_by_label(f"In words, number {number}").focus()
            await page.keyboard.type("seen")
            await page.keyboard.press("Tab")
            focused = await page.evaluate("document.activeElement.textContent")
            assert focused == f"In order, number {number}"
            await page.keyboard.press("Enter")
            await page.get_by_role("heading", name=f"{number} of 2 looked at").wait_for()
    assert [one["verdict"] for one in await stage.entries("sample_finding")] == ["ok", "ok"]
