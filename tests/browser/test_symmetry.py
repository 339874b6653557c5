"""What a yes costs and what a no, on every surface: presses, fields and sign-ins, counted in a real browser.

GDPR Art. 7(3): taking back is as easy as giving. What is counted here stands in `vault/console/log/symmetry.json`,
which the console's overview shows and the README tells; a surface that comes to cost more fails here first.
"""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Locator, Page

from tests.browser.test_portal_sign_in import heading
from tests.browser.watched import Watched
from tests.e2e.doors import code, somebody
from tests.e2e.joining import asked, links
from tests.e2e.test_leaving import linked
from tests.e2e.test_leaving_by_address import sent
from tests.stage import Api, Stage, codes
from vault.console.log.symmetry import FIGURES, Effort, Figure

NOTHING = Effort(presses=0, fields=0, sign_ins=0)


class Counted:
    """Somebody whose every press, field and sign-in is counted. Opening a link of a message is a press."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.effort = NOTHING

    async def opens(self, link: str) -> None:
        await self.page.goto(link)
        self._add(presses=1)

    async def presses(self, what: Locator) -> None:
        await what.click()
        self._add(presses=1)

    async def fills(self, label: str, text: str) -> None:
        await self.page.get_by_label(label).fill(text)
        self._add(fields=1)

    async def signs_in(self, stage: Stage, address: str) -> None:
        await self.page.goto("/p/fernhill/")
        await self.fills("Your e-mail address or mobile number", address)
        await self.presses(self.page.get_by_role("button", name="Send it"))
        await self.fills("Code", await code(stage))
        await self.presses(self.page.get_by_role("button", name="Go on"))
        assert await heading(self.page) == "What you allow"
        self._add(sign_ins=1)

    def _add(self, *, presses: int = 0, fields: int = 0, sign_ins: int = 0) -> None:
        self.effort = Effort(
            presses=self.effort.presses + presses,
            fields=self.effort.fields + fields,
            sign_ins=self.effort.sign_ins + sign_ins,
        )


def hold(where: str, *, yes: Effort | None, no: Effort) -> None:
    """Hold what was counted to what is published; where there is no yes, the cheapest there is is the measure."""
    assert Figure(where=where, yes=yes, no=no) in FIGURES, f"{where}: yes {yes}, no {no}"
    cheapest = yes or next(one.yes for one in FIGURES if one.yes is not None)
    assert no.is_no_more_than(cheapest), f"{where}: a no costs {no}, a yes {cheapest}"


async def test_one_purpose_in_the_portal(stage: Stage, api: Api, watched: Watched) -> None:
    """Each switch there is, there and back."""
    found = set()
    _, address = await somebody(api)
    async with watched.tab() as page:
        person = Counted(page)
        await person.signs_in(stage, address)
        before = person.effort
        names = [await one.get_attribute("aria-labelledby") for one in await page.get_by_role("switch").all()]
        for name in names:
            switch = page.locator(f'[role=switch][aria-labelledby="{name}"]')
            costs = {}
            for word in ("Yes", "No"):
                person.effort = before
                while await switch.count() and await switch.locator(".word").inner_text() != word:
                    assert person.effort.presses < before.presses + 3, f"{name}: {word}"
                    await person.presses(switch)
                    assert page.url.startswith(f"{watched.address}/p/fernhill/?done=fct_")
                costs[word] = person.effort
            if await switch.count():  # one that is to be confirmed first is counted by itself
                found.add((costs["Yes"], costs["No"]))
        assert len(names) >= 5
    [(yes, no)] = found
    hold("Portal, one purpose on one channel", yes=yes, no=no)


async def test_one_purpose_whose_yes_is_confirmed_by_a_message(stage: Stage, api: Api, watched: Watched) -> None:
    customer, address = await somebody(api)
    async with watched.tab() as page:
        person = Counted(page)
        await person.signs_in(stage, address)
        before = person.effort
        await person.presses(page.get_by_role("switch", name="The Trail Letter E-mail"))
        [link] = await links(stage)
        await person.opens(link)
        await person.presses(page.get_by_role("button", name="Yes, I want it"))
        assert (await api.decide(customer=customer, purpose="newsletter"))["allowed"]
        yes, person.effort = person.effort, before
        await page.goto("/p/fernhill/")
        await person.presses(page.get_by_role("switch", name="The Trail Letter E-mail"))
        assert codes(await api.decide(customer=customer, purpose="newsletter")) == ["withdrawn"]
    hold("Portal, where a message confirms a yes", yes=yes, no=person.effort)


async def test_the_message_that_asks_to_confirm(stage: Stage, api: Api, watched: Watched) -> None:
    efforts = {}
    for button in ("Yes, I want it", "No, I do not want it"):
        customer, link = await asked(stage, api)
        async with watched.tab() as page:
            person = Counted(page)
            await person.opens(link)
            await person.presses(page.get_by_role("button", name=button))
        efforts[(await api.decide(customer=customer, purpose="newsletter"))["allowed"]] = person.effort
    hold("Message that asks to confirm a yes", yes=efforts[True], no=efforts[False])


async def test_everything_at_once_in_the_portal(stage: Stage, api: Api, watched: Watched) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    async with watched.tab() as page:
        person = Counted(page)
        await person.signs_in(stage, address)
        assert not await page.get_by_role(
            "button", name=re.compile(r"\ball\b", re.IGNORECASE)
        ).count()  # no "Allow all"
        await person.presses(page.get_by_role("button", name="Stop everything", exact=True).first)
        assert await heading(page) == "Everything is stopped"
        stopped = person.effort
        await page.goto("/p/fernhill/")
        assert set(await page.locator(".switch .word").all_inner_texts()) == {"No"}
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]
    hold("Portal, everything at once", yes=None, no=stopped)


async def test_a_signal_of_the_browser_against_an_earlier_yes(stage: Stage, api: Api, watched: Watched) -> None:
    efforts = {}
    for button in ("Keep my own Yes", "Follow my browser: No"):
        customer, address = await somebody(api)
        await api.grant(customer, purpose="personalisation", channel="*", notice=1)
        async with watched.tab(extra_http_headers={"Sec-GPC": "1"}) as page:
            person = Counted(page)
            await person.signs_in(stage, address)
            await person.presses(page.get_by_role("button", name=button))
        allowed = (await api.decide(customer=customer, purpose="personalisation", channel="*"))["allowed"]
        efforts[allowed] = person.effort
    hold("Portal, when the browser says no to an earlier yes", yes=efforts[True], no=efforts[False])


async def test_the_link_in_a_message_and_the_way_back(api: Api, watched: Watched) -> None:
    customer, link = await linked(api)
    async with watched.tab() as page:
        person = Counted(page)
        await person.opens(link)
        stop = page.get_by_role("button", name="Stop Sales and price offers by e-mail")
        await person.presses(stop)
        assert codes(await api.decide(customer=customer)) == ["withdrawn"]
        no, person.effort = person.effort, NOTHING
        await person.presses(page.get_by_role("button", name="Undo"))
        assert (await api.decide(customer=customer))["allowed"]
        again, person.effort = person.effort, NOTHING
        await person.presses(stop)
        assert codes(await api.decide(customer=customer)) == ["withdrawn"]
        hold("Link in a message, without signing in", yes=None, no=no)
        hold("The page behind it, straight after", yes=again, no=person.effort)


async def test_an_address_typed_in_with_no_message_at_hand(stage: Stage, api: Api, watched: Watched) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    async with watched.tab() as page:
        person = Counted(page)
        await page.goto("/p/fernhill/stop-address")
        await person.fills("Your e-mail address", address)
        await person.presses(page.get_by_role("button", name="Send the link"))
        await person.opens(await sent(stage))
        await person.presses(page.get_by_role("button", name="Stop everything to this address"))
        assert codes(await api.decide(customer=customer)) == ["withdrawn"]
    hold("An address typed in, with no message at hand", yes=None, no=person.effort)


def test_nothing_is_published_that_is_not_counted() -> None:
    counted = set(re.findall(r'hold\(\s*"([^"]+)"', Path(__file__).read_text("utf-8")))
    assert {one.where for one in FIGURES} == counted
