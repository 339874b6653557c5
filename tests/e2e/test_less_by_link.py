"""Less by a link from a message: once a month, or a break. It narrows and never widens, whoever looks or presses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.e2e.test_leaving import BROWSER, facts, linked, way_out
from tests.stage import Api, Json, Stage, codes, now, said
from tests.visitor import Visitor

SELDOM: Json = {"most": 1, "per": "month"}


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http, **BROWSER)


async def wishes(api: Api, customer: str) -> Json:
    return await api.get(f"/v1/customers/{customer}/preferences")


async def test_once_a_month_is_one_press_without_signing_in(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, link = await linked(api)
    said(
        await api.send(
            "PUT", f"/v1/customers/{customer}/preferences", {"at_most": {"email": {"most": 3, "per": "week"}}}
        )
    )
    await visitor._look("GET", link)
    for _ in range(2):
        page = await visitor._look("POST", f"{link}/less", data={"less": "monthly"})
        assert (page.status, page.heading) == (200, "Less from now on")
        assert "All adverts by e-mail come at most once a month." in page.text
    assert (await wishes(api, customer))["at_most"] == {"email": SELDOM}
    told = [one["actor"]["kind"] for one in await stage.entries("preference_set")]
    assert told == ["client", "link"]
    assert (await api.decide(customer=customer))["allowed"]
    assert visitor.cookies == {}
    page = await visitor.press(link)
    assert page.heading == "Stopped"


async def test_a_break_by_link_is_never_shorter_than_the_one_there_is(api: Api, visitor: Visitor) -> None:
    customer, link = await linked(api)
    await visitor._look("GET", link)
    page = await visitor.press("/less", button=1)
    assert "No adverts come until" in page.text
    assert codes(await api.decide(customer=customer)) == ["paused"]
    until = (await wishes(api, customer))["paused_until"]
    assert until.startswith((now() + timedelta(days=60)).date().isoformat())
    longer = (now() + timedelta(days=200)).isoformat()
    said(await api.send("PUT", f"/v1/customers/{customer}/preferences", {"paused_until": longer}))
    before = await wishes(api, customer)
    await visitor._look("POST", f"{link}/less", data={"less": "pause-60"})
    await visitor._look("POST", f"{link}/less", data={"less": "monthly"})
    assert await wishes(api, customer) == before | {"at_most": {"email": SELDOM}}


async def test_what_is_stopped_stays_so(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, link = await linked(api)
    await visitor._look("POST", link, data={"scope": "all"})
    before = await facts(stage)
    for less in ("monthly", "pause-60", "", "x" * 1_000):
        page = await visitor._look("POST", f"{link}/less", data={"less": less})
        assert page.heading == "Less from now on"
        assert "What you said no to before stays a no." in page.text
    assert await facts(stage) == before
    assert "withdrawn" in codes(await api.decide(customer=customer))


async def test_a_slip_may_be_taken_back_to_once_a_month(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, link = await linked(api)
    await visitor._look("GET", link)
    page = await visitor.press(link, button=1)
    assert [button.words for button in page.form("/undo").buttons] == ["Undo", "Only once a month"]
    page = await visitor.press("/undo", button=1)
    assert page.heading == "Taken back"
    assert "All adverts by e-mail come at most once a month." in page.text
    assert (await wishes(api, customer))["at_most"] == {"email": SELDOM}
    assert (await api.decide(customer=customer))["allowed"]
    assert [one["method"] for one in await facts(stage)][-1] == "undo"


async def test_looking_makes_nothing_less(stage: Stage, api: Api) -> None:
    _, link = await linked(api)
    before = await stage.written()
    for _ in range(50):
        for place in (link, f"{link}/less"):
            for method in ("GET", "HEAD"):
                response = await stage.http.request(method, place, headers={"purpose": "prefetch"})
                assert response.status_code in {200, 404, 405}
    assert await stage.written() == before


async def test_links_that_lead_nowhere_and_links_of_an_address_make_nothing_less(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, link = await linked(api)
    shown = set()
    for wrong in (link[:-2] + "AA", "/u/x", f"{link}x"):
        page = await visitor._look("POST", f"{wrong}/less", data={"less": "monthly"})
        assert page.status == 404
        shown.add(page.heading)
    assert len(shown) == 1
    response = await stage.http.post(f"{link}/less", data={"less": "x" * 1_000_000}, headers=BROWSER)
    assert response.status_code in {200, 413}
    assert (await api.decide(customer=customer))["allowed"]


async def test_somebody_erased_is_answered_like_everybody_else(stage: Stage, api: Api, visitor: Visitor) -> None:
    gone, link = await linked(api)
    _, other = await linked(api)
    await stage.erase(gone)
    shown = []
    for place in (link, other):
        page = await visitor._look("POST", f"{place}/less", data={"less": "pause-60"})
        shown.append(page.html.replace(place, ""))
    assert shown[0] == shown[1]
    assert await stage.count("vault.preference") == 1


async def test_the_narrowing_is_about_the_channel_of_the_link(api: Api, visitor: Visitor) -> None:
    customer, _ = await linked(api)
    await api.grant(customer, channel="sms")
    link = await way_out(api, customer, channel="sms")
    await visitor._look("POST", f"{link}/less", data={"less": "monthly"})
    assert (await wishes(api, customer))["at_most"] == {"sms": SELDOM}
