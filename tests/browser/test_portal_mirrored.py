"""The portal for other eyes: written from right to left, on paper, and in the reader's own two colours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from playwright.async_api import Page

from tests.browser.test_portal_sign_in import sign_in
from tests.browser.watched import DESK, PHONE, Watched
from tests.e2e.doors import somebody
from tests.e2e.test_leaving import linked
from tests.stage import Api, Stage

INSIDE: Final = ("", "asked", "history", "details", "rights")
OUTSIDE: Final = ("sign-in", "stop-address")

MIRROR: Final = "document.documentElement.dir = 'rtl'; document.documentElement.lang = 'ar'"
OPEN: Final = "document.querySelectorAll('details').forEach(one => one.open = true)"
PARTS: Final = """[...document.querySelectorAll('main > *, .sheet, .track, .switch .word, .field > *')]
  .filter(one => one.checkVisibility()).map(one => [one, one.getBoundingClientRect()])
  .map(([one, box]) => [one.tagName + '.' + one.className, box.left, box.right])"""
# Where the knob stands, from the side where lines begin.
KNOBS: Final = """[...document.querySelectorAll('.track')].map(one => {
  const after = getComputedStyle(one, '::after'), own = getComputedStyle(one)
  const at = own.direction == 'rtl' ? after.right : after.left
  return [one.parentElement.ariaChecked, own.direction, parseFloat(at)]})"""
OVERLAPS: Final = """(() => {
  const texts = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    const node = walk.currentNode, parent = node.parentElement
    if (!node.data.trim() || parent.closest('.skip, .unseen, svg, option') || !parent.checkVisibility()) continue
    const range = document.createRange()
    range.selectNodeContents(node)
    for (const box of range.getClientRects()) if (box.width > 1) texts.push([node, box])
  }
  return texts.flatMap(([one, a], at) => texts.slice(at + 1).filter(([other, b]) => one !== other &&
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.4 * Math.min(a.height, b.height)
  ).map(([other]) => one.data.trim() + ' | ' + other.data.trim()))
})()"""
ADDRESSES: Final = """[...document.querySelectorAll('bdi, input:not([type=hidden], [type=radio])')]
  .map(one => [one.textContent || one.value, getComputedStyle(one).direction])
  .filter(([text]) => /@|[0-9]/.test(text))"""
UNSEEN_MARKS: Final = """[...document.querySelectorAll('.mark')].filter(one => one.checkVisibility()).filter(one => {
  const canvas = getComputedStyle(document.body).backgroundColor
  return ![...one.children].some(part => { const style = getComputedStyle(part)
    return [style.fill, style.stroke].some(paint => paint != 'none' && paint != canvas) })
}).length"""
TRACKS: Final = """[...document.querySelectorAll('.track')].map(one =>
  [one.parentElement.ariaChecked, getComputedStyle(one).backgroundColor])"""


async def pages(stage: Stage, api: Api, page: Page) -> AsyncIterator[str]:
    """Open one page after another: those from a link and those before and behind the door."""
    customer, address = await somebody(api)
    _, link = await linked(api, customer)
    await api.decide(customer=customer, release=["contact"])
    for place in (link, *(f"/p/fernhill/{one}" for one in OUTSIDE)):
        await page.goto(place)
        yield place
    await sign_in(stage, page, address)
    for one in INSIDE:
        await page.goto(f"/p/fernhill/{one}")
        yield one


def near(some: list[Any], others: list[Any]) -> bool:
    """Whether boxes lie where they should, to a pixel and a half."""
    return len(some) == len(others) and all(
        a[0] == b[0] and abs(a[1] - b[1]) < 1.5 and abs(a[2] - b[2]) < 1.5 for a, b in zip(some, others, strict=True)
    )


@pytest.mark.parametrize("width", [PHONE, DESK])
async def test_from_right_to_left_everything_mirrors_and_nothing_overlaps(
    stage: Stage, api: Api, watched: Watched, width: int
) -> None:
    knobs: list[Any] = []
    async with watched.tab(width=width, scripts=True) as page:
        async for place in pages(stage, api, page):
            await page.evaluate(OPEN)
            assert await page.evaluate(OVERLAPS) == [], f"{place}, from left to right"
            before = await page.evaluate(PARTS)
            wide = await page.evaluate("document.documentElement.clientWidth")
            await page.evaluate(MIRROR)
            assert await page.evaluate(OVERLAPS) == [], place
            mirrored = [[name, wide - right, wide - left] for name, left, right in await page.evaluate(PARTS)]
            assert near(before, mirrored), [(a, b) for a, b in zip(before, mirrored, strict=True) if not near([a], [b])]
            knobs += await page.evaluate(KNOBS)
            assert [one for one in await page.evaluate(ADDRESSES) if one[1] != "ltr"] == [], place
            await watched.check(page)
    assert {(is_on, direction) for is_on, direction, _ in knobs} == {("true", "rtl"), ("false", "rtl")}
    assert all((at > 10) == (is_on == "true") for is_on, _, at in knobs)  # a yes stands at the end of the line


async def test_on_paper_there_are_all_words_and_no_button(stage: Stage, api: Api, watched: Watched) -> None:
    async with watched.tab(width=DESK, scripts=True) as page:
        async for place in pages(stage, api, page):
            await page.emulate_media(media="print")
            buttons = await page.locator("button:not(.switch)").all()
            assert [await one.inner_text() for one in buttons if await one.is_visible()] == [], place
            assert await page.locator("nav.tabs").is_hidden()
            assert await page.locator("h1").is_visible()
            for word in await page.locator(".switch .word").all():
                assert await word.is_visible()
                assert await word.inner_text() in {"Yes", "No"}
            for inside in await page.locator("details .inside").all():
                assert await inside.is_visible(), place
            assert await page.locator(".track").count() == 0 or not await page.locator(".track").first.is_visible()
            await page.emulate_media(media="screen")


async def test_in_the_readers_own_colours_every_mark_and_switch_can_be_told_apart(
    stage: Stage, api: Api, watched: Watched
) -> None:
    tracks: set[tuple[str, str]] = set()
    async with watched.tab(width=DESK, scripts=True, forced_colors="active") as page:
        async for place in pages(stage, api, page):
            await page.evaluate(OPEN)
            assert await page.evaluate(UNSEEN_MARKS) == 0, place
            tracks |= {(is_on, colour) for is_on, colour in await page.evaluate(TRACKS)}
    assert {is_on for is_on, _ in tracks} == {"true", "false"}
    assert len({colour for _, colour in tracks}) == 2
