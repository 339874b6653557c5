"""Was it allowed, in a real browser: asked by the keyboard, read by everybody, and drawn so that nothing overlaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.browser.test_console import desk, device, enrolled, heading
from tests.browser.watched import DESK, EVERYWHERE, Shade, Watched
from tests.e2e.test_was_it_allowed import subject_of
from tests.stage import Stage, now, raw_id

__all__ = ["desk"]

_TEXTS: Final = """() => [...document.querySelectorAll('.chart text')].map(one => {
  const box = one.getBoundingClientRect();
  return {words: one.textContent, left: box.left, right: box.right, top: box.top, bottom: box.bottom};
})"""


@pytest_asyncio.fixture(loop_scope="session")
async def places(stage: Stage) -> tuple[str, str]:
    """The way to a question with two answers, and to one with one. Before the vault takes the browser's address."""
    return await asked(stage, late=True), await asked(stage, late=False)


@pytest_asyncio.fixture(loop_scope="session")
async def entry(stage: Stage) -> str:
    """The entry of a decision."""
    api = await stage.client("everything")
    answer = await api.decide(customer=await api.register())
    return str(answer["log"]["entry"])


async def asked(stage: Stage, *, late: bool) -> str:
    """Let somebody say yes long ago, and no on a paper that comes late; return the way to the question."""
    api = await stage.client("everything")
    customer = await api.register()
    subject = await subject_of(stage, customer)
    yes = await api.grant(customer)
    if late:
        no = await api.say_no("withdrawals", customer)
        await learnt(stage, yes["id"], said=timedelta(days=90), known=timedelta(days=90))
        await learnt(stage, no["id"], said=timedelta(days=40), known=timedelta(days=30))
    at = (now() - timedelta(days=36)).astimezone(UTC).replace(tzinfo=None).isoformat(timespec="minutes")
    question = {"subject": subject, "purpose": "sales", "channel": "email", "client": "everything", "at": at}
    return f"/console/fernhill/allowed?{urlencode(question)}"


async def learnt(stage: Stage, fact: str, *, said: timedelta, known: timedelta) -> None:
    """Let a fact be of the past, as no client can."""
    instant: datetime = now()
    await stage.rows(
        "UPDATE vault.fact SET at = $1, recorded_at = $2 WHERE id = $3 RETURNING 1",
        instant - said,
        instant - known,
        raw_id(fact),
    )


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_the_two_answers_can_be_read_by_everybody(
    places: tuple[str, str], stage: Stage, desk: Watched, width: int, shade: Shade
) -> None:
    place, alike = places
    async with desk.tab(width=width, shade=shade, scripts=True) as page:
        await device(page)
        await enrolled(stage, page)
        await page.goto("/console/fernhill/allowed")
        await desk.check(page)
        await page.goto(place)
        assert await page.get_by_role("heading", name="Not allowed, as known today").is_visible()
        await desk.check(page)
        await page.goto(alike)
        assert await page.get_by_text("What was learnt later changes nothing.").is_visible()
        await desk.check(page)
        await page.goto(place.replace("sales", "nothing"))
        assert (await page.title()).startswith("Error: Was it allowed?")
        await desk.check(page)


async def test_no_word_of_the_map_lies_on_another(places: tuple[str, str], stage: Stage, desk: Watched) -> None:
    async with desk.tab(width=DESK, scripts=True) as page:
        await device(page)
        await enrolled(stage, page)
        await page.goto(places[0])
        texts = await page.evaluate(_TEXTS)
        assert {"today", "withdrawn", "10 days late", "Yes", "No"} <= {one["words"] for one in texts}
        for number, one in enumerate(texts):
            for other in texts[number + 1 :]:
                beside = one["right"] <= other["left"] or other["right"] <= one["left"]
                assert beside or one["bottom"] <= other["top"] or other["bottom"] <= one["top"], (one, other)


async def test_a_question_is_asked_by_the_keyboard_alone(entry: str, stage: Stage, desk: Watched) -> None:
    async with desk.tab(width=DESK, scripts=True) as page:
        await device(page)
        await enrolled(stage, page)
        await page.goto("/console/fernhill/allowed")
        await page.get_by_label("Or take one decision again").focus()
        await page.keyboard.type(entry)
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        assert await heading(page) == "Was it allowed?"
        assert await page.get_by_role("heading", name="Taken again, the decision is the same").is_visible()
        await ask_again(page)
        assert await page.get_by_role("heading", name="Not allowed, then and today").is_visible()


async def ask_again(page: Page) -> None:
    """Press the button of the form as it stands: what the page filled in, a browser can send."""
    await page.get_by_role("button", name="Ask again").focus()
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
