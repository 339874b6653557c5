"""The portal's door in a real browser: no scripts, on a phone and on a desk, in the light and in the dark."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.browser.watched import DESK, EVERYWHERE, PHONE, Shade, Watched
from tests.e2e.doors import code, link, somebody
from tests.house import Exchange
from tests.stage import Api, Stage


async def heading(page: Page) -> str:
    return await page.locator("h1").inner_text()


async def ask(page: Page, address: str, how: str = "A code to type in") -> None:
    await page.goto("/p/fernhill/")
    await page.get_by_label("Your e-mail address or mobile number").fill(address)
    await page.get_by_label(how).check()
    await page.get_by_role("button", name="Send it").click()


async def sign_in(stage: Stage, page: Page, address: str) -> None:
    await ask(page, address)
    await page.get_by_label("Code").fill(await code(stage))
    await page.get_by_role("button", name="Go on").click()
    assert await heading(page) == "What you allow"


# ── In and out ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("width", [PHONE, DESK])
async def test_a_customer_signs_in_by_code_and_out_again(stage: Stage, api: Api, watched: Watched, width: int) -> None:
    _, address = await somebody(api)
    async with watched.tab(width=width) as page:
        await ask(page, address)
        assert await heading(page) == "Type the code"
        assert page.url == f"{watched.address}/p/fernhill/sign-in/code"
        await page.get_by_label("Code").fill("000 000")
        await page.get_by_role("button", name="Go on").click()
        assert (await page.title()).startswith("Error: Type the code")
        await page.get_by_label("Code").fill(await code(stage))
        await page.get_by_role("button", name="Go on").click()
        assert await heading(page) == "What you allow"
        assert page.url == f"{watched.address}/p/fernhill/"
        await page.reload()
        assert await heading(page) == "What you allow"
        await page.get_by_role("button", name="Sign out").click()
        assert await heading(page) == "See what you allow"


@pytest.mark.parametrize("width", [PHONE, DESK])
async def test_a_customer_signs_in_by_link(stage: Stage, api: Api, watched: Watched, width: int) -> None:
    _, address = await somebody(api)
    async with watched.tab(width=width) as page:
        await ask(page, address, "A link to press")
        assert await heading(page) == "Look at your messages"
        await page.goto(await link(stage))
        assert "with Chrome on a" in await page.locator("main").inner_text()
        await page.get_by_role("button", name="Yes, let me in").click()
        assert await heading(page) == "What you allow"
        assert page.url == f"{watched.address}/p/fernhill/"


async def test_everything_works_by_the_keyboard_alone(stage: Stage, api: Api, watched: Watched) -> None:
    _, address = await somebody(api)
    async with watched.tab(width=DESK) as page:
        await page.goto("/p/fernhill/sign-in")
        await page.keyboard.press("Tab")
        assert await page.locator(":focus").inner_text() == "Skip to content"
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.type(address)
        await page.keyboard.press("Tab")
        await page.keyboard.press("ArrowDown")  # the link, and back: radios are one stop
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("Tab")
        assert await page.locator(":focus").inner_text() == "Send it"
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/sign-in/code")
        await page.locator("#main").focus()
        await page.get_by_label("Code").focus()
        await page.keyboard.type(await code(stage))
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/p/fernhill/")
        outline = await page.evaluate(
            "(document.querySelector('a').focus(), getComputedStyle(document.activeElement).outlineStyle)"
        )
        assert outline != ""


async def test_cookies_are_of_this_host_and_kept_from_scripts(stage: Stage, api: Api, watched: Watched) -> None:
    _, address = await somebody(api)
    async with watched.tab() as page:
        await ask(page, address)
        [flow] = await page.context.cookies()
        assert (flow["name"], flow["secure"], flow["httpOnly"], flow["sameSite"], flow["path"]) == (
            "__Host-consent-vault-flow", True, True, "Lax", "/",
        )  # fmt: skip
        await page.get_by_label("Code").fill(await code(stage))
        await page.get_by_role("button", name="Go on").click()
        [session] = await page.context.cookies()
        assert (session["name"], session["secure"], session["httpOnly"], session["sameSite"], session["path"]) == (
            "__Host-consent-vault-portal", True, True, "Lax", "/",
        )  # fmt: skip
        assert session["expires"] == -1  # it goes with the browser
        assert await page.evaluate("document.cookie") == ""


async def test_a_page_of_another_site_can_neither_send_a_form_nor_show_a_page(
    stage: Stage, api: Api, watched: Watched
) -> None:
    _, address = await somebody(api)
    async with watched.tab(scripts=True) as page:
        await sign_in(stage, page, address)
        other = watched.address.replace("127.0.0.1", "localhost")
        forms = "".join(
            f'<form method="post" action="{watched.address}/p/fernhill/{place}"><button>{place}</button></form>'
            for place in ("sign-out", "sign-in")
        )
        frame = f'<iframe src="{watched.address}/p/fernhill/sign-in"></iframe>'
        await page.route(f"{other}/**", lambda route: route.fulfill(content_type="text/html", body=forms + frame))
        for place, seen in (("sign-out", "See what you allow"), ("sign-in", "This page was open too long")):
            await page.goto(f"{other}/")
            assert page.frames[1].url.startswith("chrome-error:")
            await page.get_by_role("button", name=place).click()
            assert await heading(page) == seen
        await page.goto("/p/fernhill/")
        assert await heading(page) == "What you allow"
    assert [one for one in watched.complaints if "localhost" not in one and "frame-ancestors" not in one] == []
    watched.complaints.clear()


# ── Every page ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_page_of_the_door_can_be_used_by_everybody(
    stage: Stage, api: Api, watched: Watched, width: int, shade: Shade
) -> None:
    _, address = await somebody(api)
    async with watched.tab(width=width, shade=shade, scripts=True) as page:
        await page.goto("/p/fernhill/sign-in")
        await watched.check(page)
        await page.get_by_label("Your e-mail address or mobile number").fill("nobody")
        await page.get_by_role("button", name="Send it").click()
        await watched.check(page)
        await ask(page, address)
        await watched.check(page)
        await page.get_by_label("Code").fill("000 000")
        await page.get_by_role("button", name="Go on").click()
        await watched.check(page)
        await code(stage)
        await ask(page, address, "A link to press")
        await watched.check(page)
        place = await link(stage)
        await page.goto(place)
        await watched.check(page)
        await page.get_by_role("button", name="No, that was not me").click()
        assert await heading(page) == "The link is dead"
        await watched.check(page)
        await page.goto(place)
        assert await heading(page) == "This link leads nowhere"
        await watched.check(page)
        await ask(page, address, "A link to press")
        assert await heading(page) == "Too often"
        await watched.check(page)
        await page.context.clear_cookies()
        await page.goto("/p/nobody/")
        await watched.check(page)
    stage.seen.exchanges.append(Exchange("POST", "/p/fernhill/sign-in", b"", 429, b""))
    await stage.tell()


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_page_inside_can_be_used_by_everybody(
    stage: Stage, api: Api, watched: Watched, width: int, shade: Shade
) -> None:
    _, address = await somebody(api)
    async with watched.tab(width=width, shade=shade, scripts=True) as page:
        await sign_in(stage, page, address)
        await watched.check(page)
        await page.get_by_role("link", name="See what erasing does").click()
        await watched.check(page)
        await stage.rows("UPDATE keystore.session SET signed_in_at = signed_in_at - interval '11 minutes'")
        await page.get_by_role("button", name="Erase me").click()
        assert await heading(page) == "Show that it is you"
        await watched.check(page)
        await page.get_by_label("Code").fill("000 000")
        await page.get_by_role("button", name="Erase me").click()
        await watched.check(page)
        await page.get_by_label("Code").fill(await code(stage))
        await page.get_by_role("button", name="Erase me").click()
        assert await heading(page) == "You are erased"
        await watched.check(page)
        async with page.expect_download() as waited:
            await page.get_by_role("link", name="Download the certificate").click()
        assert (await waited.value).suggested_filename == "certificate.json"


@pytest.mark.parametrize("language", ["de", "fr"])
async def test_a_page_in_another_language_can_be_used_by_everybody(watched: Watched, language: str) -> None:
    async with watched.tab(locale=language, scripts=True) as page:
        await page.goto("/p/fernhill/")
        assert await page.locator("html").get_attribute("lang") == language
        await watched.check(page)


async def test_a_page_has_its_own_font_and_the_colours_of_its_organization(watched: Watched) -> None:
    async with watched.tab(scripts=True) as page:
        await page.goto("/p/fernhill/sign-in")
        await page.evaluate("document.fonts.ready")
        assert "Figtree" in await page.evaluate(
            "[...document.fonts].filter(one => one.status == 'loaded').map(one => one.family).join()"
        )
        button = page.get_by_role("button", name="Send it")
        assert await button.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(30, 91, 58)"


async def test_on_paper_there_is_no_button(watched: Watched) -> None:
    async with watched.tab() as page:
        await page.goto("/p/fernhill/sign-in")
        await page.emulate_media(media="print")
        assert not await page.get_by_role("button", name="Send it").is_visible()
        assert await page.locator("h1").is_visible()
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
