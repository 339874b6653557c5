"""The console's door in a real browser, with a device that holds passkeys: Chromium's own virtual authenticator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, CDPSession, Page

from tests import make
from tests.browser.watched import DESK, EVERYWHERE, Shade, Watched
from tests.e2e.colleague import invited
from tests.e2e.provider import STAFF, Provider, courier
from tests.stage import Stage
from tests.tls import Request, answer, web
from vault.actions.client.tokens import public_keys
from vault.actions.sign_in import staff


@pytest_asyncio.fixture(loop_scope="session")
async def desk(stage: Stage, browser: Browser, address: str) -> AsyncIterator[Watched]:
    """The browser at the console, under a name: no passkey can be of a number."""
    home = address.replace("127.0.0.1", "localhost")
    stage.apps[0].state.vault = msgspec.structs.replace(stage.vault, issuer=home)
    made = Watched(browser, home)
    yield made
    assert made.complaints == []


class Device:
    """The browser's virtual authenticator."""

    def __init__(self, session: CDPSession, own: str) -> None:
        self._session = session
        self._own = own

    async def credentials(self) -> list[dict[str, Any]]:
        found = await self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._own})
        told: list[dict[str, Any]] = found["credentials"]
        return told

    async def put_back(self, credential: dict[str, Any]) -> None:
        """Put a passkey as it once was in place of the one there is."""
        which = {"authenticatorId": self._own, "credentialId": credential["credentialId"]}
        await self._session.send("WebAuthn.removeCredential", which)
        await self._session.send("WebAuthn.addCredential", {"authenticatorId": self._own, "credential": credential})

    async def verify(self, *, known: bool) -> None:
        """Say whether whoever holds the device is who it knows."""
        told = {"authenticatorId": self._own, "isUserVerified": known}
        await self._session.send("WebAuthn.setUserVerified", told)


async def device(page: Page) -> Device:
    """Give a tab a device."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Device(session, made["authenticatorId"])


async def heading(page: Page) -> str:
    return await page.locator("h1").inner_text()


async def enrolled(stage: Stage, page: Page, role: Literal["auditor", "admin"] = "auditor") -> staff.Invitation:
    """Open an invitation and make the passkey."""
    invitation = await invited(stage, role)
    await page.goto(f"/console/fernhill/enrol/{invitation.secret}")
    await page.get_by_role("button", name="Make my passkey").click()
    await page.wait_for_url("**/console/fernhill/")
    return invitation


async def test_an_invited_auditor_makes_a_passkey_leaves_and_comes_back_by_it(stage: Stage, desk: Watched) -> None:
    async with desk.tab(scripts=True) as page:
        own = await device(page)
        invitation = await invited(stage)
        await page.goto(f"/console/fernhill/enrol/{invitation.secret}")
        assert await heading(page) == "Make your passkey"
        await page.get_by_role("button", name="Make my passkey").click()
        await page.wait_for_url("**/console/fernhill/")
        assert await heading(page) == "Overview"
        [credential] = await own.credentials()
        assert (credential["rpId"], credential["isResidentCredential"]) == ("localhost", True)
        assert credential["userName"] == f"Fernhill Outdoor Ltd, auditor {invitation.id[-4:]}"
        assert await page.evaluate("document.cookie") == ""
        await page.get_by_role("button", name="Sign out").click()
        assert await heading(page) == "Sign in"
        await page.get_by_role("button", name="Use my passkey").click()
        await page.wait_for_url("**/console/fernhill/")
        assert await heading(page) == "Overview"
        await page.reload()
        assert await heading(page) == "Overview"


async def test_a_passkey_used_at_another_origin_lets_nobody_in(stage: Stage, desk: Watched) -> None:
    async with desk.tab(scripts=True) as page:
        await device(page)
        await enrolled(stage, page)
        await page.get_by_role("button", name="Sign out").click()
        options = await page.locator("form[data-passkey]").get_attribute("data-options")
        evil = "http://localhost:9"
        await page.route(f"{evil}/**", lambda route: route.fulfill(content_type="text/html", body="<p>prize"))
        await page.goto(f"{evil}/")
        stolen = await page.evaluate(
            "async (text) => JSON.stringify((await navigator.credentials.get({publicKey: "
            "PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(text))})).toJSON())",
            options,
        )
        assert '"clientDataJSON"' in stolen
        await page.goto("/console/fernhill/sign-in")
        async with page.expect_navigation():
            await page.evaluate(
                "(text) => { const form = document.querySelector('form[data-passkey]');"
                "form.elements.namedItem('credential').value = text; form.submit(); }",
                stolen,
            )
        assert "That passkey opens nothing here." in await page.locator("[role=alert]").first.inner_text()
        assert await page.context.cookies() == []
    assert [entry["reason"] for entry in await stage.entries("sign_in_refused")] == ["passkey_refused"]
    desk.complaints = [one for one in desk.complaints if evil not in one]


async def test_a_passkey_that_was_copied_lets_nobody_in_any_more(stage: Stage, desk: Watched) -> None:
    async with desk.tab(scripts=True) as page:
        own = await device(page)
        invitation = await enrolled(stage, page)
        [copy] = await own.credentials()
        for _ in range(2):
            await page.get_by_role("button", name="Sign out").click()
            await page.get_by_role("button", name="Use my passkey").click()
            await page.wait_for_url("**/console/fernhill/")
        await page.get_by_role("button", name="Sign out").click()
        await own.put_back(copy)
        for _ in range(2):
            async with page.expect_navigation():
                await page.get_by_role("button", name="Use my passkey").click()
            assert (await page.title()).startswith("Error: Sign in")
    told = await stage.entries("sign_in_refused")
    assert [(one["reason"], one.get("of")) for one in told] == [
        ("passkey_copied", invitation.id),
        ("passkey_unknown", None),
    ]


async def test_a_device_that_does_not_know_its_holder_says_nothing(stage: Stage, desk: Watched) -> None:
    async with desk.tab(scripts=True) as page:
        own = await device(page)
        await enrolled(stage, page)
        await page.get_by_role("button", name="Sign out").click()
        await own.verify(known=False)
        await page.get_by_role("button", name="Use my passkey").click()
        await page.get_by_text("Nothing came from your device.").wait_for()
        await own.verify(known=True)
        await page.get_by_role("button", name="Use my passkey").click()
        await page.wait_for_url("**/console/fernhill/")
    assert await stage.entries("sign_in_refused") == []


async def test_whoever_is_removed_is_out_with_the_next_request(stage: Stage, desk: Watched) -> None:
    async with desk.tab(scripts=True) as page:
        await device(page)
        invitation = await enrolled(stage, page, "admin")
        await staff.remove(stage.vault, await stage.operator(), of=invitation.id)
        await page.reload()
        assert await heading(page) == "Sign in"
        async with page.expect_navigation():
            await page.get_by_role("button", name="Use my passkey").click()
        assert await heading(page) == "Sign in"
        assert await page.get_by_text("That passkey opens nothing here.").is_visible()


async def test_a_second_device_gets_a_passkey_of_its_own(stage: Stage, desk: Watched) -> None:
    async with desk.tab(scripts=True) as page:
        await device(page)
        await enrolled(stage, page)
        await page.get_by_role("link", name="Auditor").click()
        assert await heading(page) == "You are signed in"
        await page.get_by_role("button", name="Make another passkey").click()
        await page.get_by_text("Nothing came from your device.").wait_for()  # this device has one already
        session = await page.context.new_cdp_session(page)
        await session.send("WebAuthn.disable")
        await device(page)
        await page.get_by_role("button", name="Make another passkey").click()
        await page.get_by_text("Your new passkey works from now on.").wait_for()
        assert await page.get_by_text("2 passkeys").is_visible()


async def test_a_browser_at_the_machines_number_is_sent_to_its_name(desk: Watched) -> None:
    async with desk.tab(scripts=True) as page:
        number = desk.address.replace("localhost", "127.0.0.1")
        await page.goto(f"{number}/console/fernhill/sign-in")
        assert page.url == f"{desk.address}/console/fernhill/sign-in"
    desk.complaints = [one for one in desk.complaints if one != f"request: {number}/console/fernhill/sign-in"]


# ── The provider ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_provider_opens_the_door_without_scripts(stage: Stage, desk: Watched) -> None:
    provider = Provider()

    async def respond(request: Request) -> bytes:
        if "/auth?" in request.target:  # its page to log in, which lets everybody in at once
            back = f"{desk.address}/console/fernhill/sign-in/provider/back"
            place = f"{back}?{provider.login(provider.issuer.removesuffix('/realm') + request.target)}"
            return answer(b"", f"location: {place}", status="302 Found", kind="text/html")
        return await provider.respond(request)

    async with web(respond) as port:
        provider.issuer = f"https://localhost:{port}/realm"
        stage.apps[0].state.vault = msgspec.structs.replace(stage.vault, courier=courier())
        provider.vault_keys = await public_keys(stage.vault)
        await stage.apply(make.organization() | {"staff_sign_in": {"issuer": provider.issuer, **STAFF}})
        async with desk.tab(ignore_https_errors=True) as page:
            await page.goto("/console/fernhill/sign-in")
            assert not await page.get_by_role("button", name="Use my passkey").is_visible()
            assert await page.get_by_text("here it is switched off").is_visible()
            await page.get_by_role("button", name="own provider").click()
            await page.wait_for_url("**/console/fernhill/")
            assert await heading(page) == "Overview"
    desk.complaints = [one for one in desk.complaints if not one.startswith(f"request: {provider.issuer}/auth?")]


# ── Every page ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_every_page_can_be_used_by_everybody(stage: Stage, desk: Watched, width: int, shade: Shade) -> None:
    issuer = "https://login.fernhill.example"
    await stage.apply(make.organization() | {"staff_sign_in": {"issuer": issuer, **STAFF}})
    async with desk.tab(width=width, shade=shade, scripts=True) as page:
        own = await device(page)
        await page.goto("/console")
        await desk.check(page)
        await page.goto("/console/fernhill/sign-in")
        await desk.check(page)
        await own.verify(known=False)
        await page.get_by_role("button", name="Use my passkey").click()
        await page.get_by_text("Nothing came from your device.").wait_for()
        await desk.check(page)
        await own.verify(known=True)
        await page.get_by_role("button", name="own provider").click()
        assert await page.get_by_text("Your provider does not answer as it should.").is_visible()
        await desk.check(page)
        invitation = await invited(stage)
        await page.goto(f"/console/fernhill/enrol/{invitation.secret}")
        await desk.check(page)
        await page.get_by_role("button", name="Make my passkey").click()
        await page.wait_for_url("**/console/fernhill/")
        await desk.check(page)
        await page.goto("/console/fernhill/you")
        await desk.check(page)
        await page.goto(f"/console/fernhill/enrol/{invitation.secret}")
        assert await heading(page) == "This link leads nowhere"
        await desk.check(page)


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_the_door_can_be_used_by_everybody_without_its_script(desk: Watched, width: int, shade: Shade) -> None:
    async with desk.tab(width=width, shade=shade, scripts=True) as page:
        await page.route("**/passkeys.js*", lambda route: route.abort())
        await page.goto("/console/fernhill/sign-in")
        assert await page.get_by_text("A passkey needs JavaScript").is_visible()
        await desk.check(page)
    desk.complaints = [one for one in desk.complaints if not one.endswith("net::ERR_FAILED")]


async def test_the_door_works_by_the_keyboard_alone(stage: Stage, desk: Watched) -> None:
    async with desk.tab(width=DESK, scripts=True) as page:
        await device(page)
        await enrolled(stage, page)
        await page.get_by_role("button", name="Sign out").click()
        await page.goto("/console/fernhill/sign-in")
        await page.keyboard.press("Tab")
        assert await page.locator(":focus").inner_text() == "Skip to content"
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        assert await page.locator(":focus").inner_text() == "Use my passkey"
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/console/fernhill/")
        assert await heading(page) == "Overview"


async def test_the_console_has_its_own_font(desk: Watched) -> None:
    async with desk.tab(scripts=True) as page:
        await page.goto("/console/fernhill/sign-in")
        await page.evaluate("document.fonts.ready")
        loaded = "[...document.fonts].filter(one => one.status == 'loaded').map(one => one.family.replaceAll('\"', ''))"
        assert await page.evaluate(loaded) == ["Atkinson Hyperlegible Next"]
