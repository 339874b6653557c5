"""A link to stop what goes to an address: the same answer for everybody, and it stops for all who use the address."""

from __future__ import annotations

import re
from statistics import median
from time import perf_counter
from typing import Any, Final

from tests import make
from tests.e2e.doors import letters, somebody
from tests.e2e.test_sign_in_tells_nothing import WRITES, people
from tests.stage import Api, Stage, codes
from tests.visitor import Page, Visitor
from vault.actions.leaving import asking
from vault.store.database import Work

LINK: Final = re.compile(r"http\S+(/u/[A-Za-z0-9_-]+)")
PLACE: Final = "/p/fernhill/stop-address"


async def ask(visitor: Visitor, address: str) -> Page:
    await visitor.get("/sign-in")
    await visitor.get("/stop-address")
    return await visitor.press("/stop-address", reach=address)


async def sent(stage: Stage) -> str:
    """Return where the link of the one letter that waits leads."""
    [letter] = await letters(stage)
    [found] = set(LINK.findall(letter.text.reveal()))
    assert found in (letter.html.reveal() if letter.html is not None else "")
    return str(found)


async def test_whoever_reads_the_mail_of_an_address_stops_it_for_all_who_use_it(stage: Stage, api: Api) -> None:
    one, address = await somebody(api)
    other, _ = await somebody(api, contact_points=[make.point("email", address), make.point("phone", make.phone())])
    for customer in (one, other):
        await api.grant(customer)
    await api.grant(other, channel="sms")
    visitor = Visitor(stage.http)
    page = await ask(visitor, address)
    assert (page.status, page.heading) == (200, "Look at your messages")
    link = await sent(stage)
    page = await visitor._look("GET", link)
    assert page.heading == "Stop all messages to this address?"
    assert address not in page.html
    assert (await api.decide(customer=one))["allowed"]
    page = await visitor.press(link)
    assert page.heading == "Everything is stopped"
    assert "/undo" not in page.html
    for customer in (one, other):
        assert codes(await api.decide(customer=customer)) == ["withdrawn"]
        assert (await api.decide(customer=customer, purpose="order_updates"))["allowed"]
    assert (await api.decide(customer=other, channel="sms"))["allowed"]
    again = await visitor._look("POST", link)
    assert "It was already stopped on" in again.text
    said = [entry for entry in await stage.entries("fact") if entry["source"] == "link"]
    assert all("subject" not in entry for entry in said)
    assert {entry["channel"] for entry in said} == {"email"}


async def test_what_somebody_said_yes_to_since_is_stopped_by_the_next_press_and_nobody_is_told_that_they_did(
    stage: Stage, api: Api
) -> None:
    one, address = await somebody(api)
    other, _ = await somebody(api, contact_points=[make.point("email", address)])
    link = await _pressed_once(stage, address)
    await api.grant(other)
    assert (await api.decide(customer=other))["allowed"]
    before = await stage.count("vault.fact")
    page = await Visitor(stage.http)._look("POST", link)
    assert "It was already stopped on" in page.text
    assert codes(await api.decide(customer=other)) == ["withdrawn"]
    added = await stage.count("vault.fact") - before
    assert added
    await Visitor(stage.http)._look("POST", link)
    assert await stage.count("vault.fact") == before + added
    assert codes(await api.decide(customer=one)) == ["withdrawn"]


async def _pressed_once(stage: Stage, address: str) -> str:
    visitor = Visitor(stage.http)
    await ask(visitor, address)
    link = await sent(stage)
    await visitor._look("POST", link)
    return link


async def test_it_outlives_erasure_and_whoever_comes_back_says_yes_anew(stage: Stage, api: Api) -> None:
    customer, address = await somebody(api)
    visitor = Visitor(stage.http)
    await ask(visitor, address)
    link = await sent(stage)
    await stage.erase(customer)
    page = await visitor._look("POST", link)
    assert page.heading == "Everything is stopped"


async def test_known_unknown_and_erased_see_the_same(stage: Stage, api: Api) -> None:
    found = await people(stage, api, 1)
    shown = []
    for [address] in found.values():
        response = await stage.http.post(PLACE, data={"reach": address})
        headers = [(name, value) for name, value in response.headers.items() if name != "content-length"]
        shown.append((response.status_code, headers, response.text.replace(address, "…")))
    assert shown[0] == shown[1] == shown[2]
    assert len(await letters(stage)) == 1


async def test_known_and_unknown_do_the_same_work(stage: Stage, api: Api, monkeypatch: Any) -> None:
    found = await people(stage, api, 1)
    await stage.http.post(PLACE, data={"reach": make.email()})
    statements: list[str] = []
    fetch = Work.fetch

    async def listening(self: Work, statement: str, *arguments: object) -> Any:
        if "vault.allowance" not in statement:  # leased for a tenth of a second, whoever asks
            statements.append(statement)
        return await fetch(self, statement, *arguments)

    monkeypatch.setattr(Work, "fetch", listening)
    writes = {}
    for who, [address] in found.items():
        statements.clear()
        await stage.http.post(PLACE, data={"reach": address})
        writes[who] = len(statements), len([one for one in statements if WRITES.search(one)])
    assert writes["unknown"] == writes["erased"] == writes["known"]


async def test_known_unknown_and_erased_take_the_same_time(stage: Stage, api: Api, monkeypatch: Any) -> None:
    monkeypatch.setattr(asking, "ASKED_BY_NETWORK", 10_000)
    found = await people(stage, api, 30)
    times: dict[str, list[float]] = {who: [] for who in found}
    for number in range(30):
        for who, addresses in found.items():
            begun = perf_counter()
            await stage.http.post(PLACE, data={"reach": addresses[number]})
            times[who].append(perf_counter() - begun)
    middle = {who: median(each[5:]) for who, each in times.items()}
    spread = {who: sorted(each[5:])[len(each[5:]) // 4 :: len(each[5:]) // 2] for who, each in times.items()}
    for who in ("unknown", "erased"):
        noise = max(high - low for low, high in spread.values())
        assert abs(middle[who] - middle["known"]) < max(noise, 0.15 * middle["known"]), (middle, spread)


async def test_an_address_is_sent_three_links_a_day_whether_it_is_known_or_not(stage: Stage, api: Api) -> None:
    found = await people(stage, api, 1)
    for [address] in found.values():
        answers = [await stage.http.post(PLACE, data={"reach": address}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[3].headers["retry-after"] == "86400"
        assert "Too often" in answers[3].text
    assert len(await letters(stage)) == 3
    await stage.tell()


async def test_what_is_no_address_comes_back_with_what_was_typed(stage: Stage, api: Api) -> None:
    visitor = Visitor(stage.http)
    for typed in ("quokka", make.phone(), "", "a@b@c", "x" * 400 + "@mail.example"):
        page = await visitor.post("/stop-address", {"reach": typed})
        assert page.status == 422
        assert page.about == "Error: Stop messages to an address"
        assert "Write one e-mail address, such as name@mail.example." in page.text
        assert page.form("/stop-address").fields["reach"] == typed
    response = await stage.http.post(PLACE, data={"reach": "a@mail.example"}, headers={"sec-fetch-site": "cross-site"})
    assert response.status_code == 403
    assert api.token


async def test_the_log_tells_that_a_link_was_asked_for_and_of_whom(stage: Stage, api: Api) -> None:
    found = await people(stage, api, 1)
    for [address] in found.values():
        await stage.http.post(PLACE, data={"reach": address})
    asked = await stage.entries("stop_link_asked")
    assert ["subject" in entry for entry in asked] == [True, False, False]
    assert {entry["actor"]["kind"] for entry in asked} == {"link"}
