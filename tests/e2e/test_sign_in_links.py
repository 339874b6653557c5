"""A link signs in by a press, never by being opened; and one press on No kills it."""

from __future__ import annotations

import pytest

from tests import make
from tests.e2e.doors import ask, code, letters, link, somebody
from tests.stage import Api, Stage
from tests.visitor import Visitor

GONE = "This link leads nowhere"
FIREFOX = "Mozilla/5.0 (Android 16; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


async def test_a_link_says_who_asked_and_lets_in_by_a_press(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    page = await ask(Visitor(stage.http, **{"user-agent": FIREFOX}), address, "link")
    assert (page.heading, [form.action for form in page.forms]) == ("Look at your messages", ["/p/fernhill/sign-in"])
    page = await visitor.get(await link(stage))
    assert (page.status, page.heading) == (200, "Was that you?")
    assert "with Firefox on a phone." in page.text
    assert "Opening this page changed nothing. The link works once, until " in page.text
    assert [button.words for button in page.form("/in").buttons] == ["Yes, let me in", "No, that was not me"]
    page = await visitor.press("/in")
    assert (page.heading, visitor.at) == ("What you allow", "/p/fernhill/")
    [entry] = await stage.entries("signed_in")
    assert entry["how"] == "link"


async def test_whoever_opens_links_changes_nothing(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    await ask(Visitor(stage.http), address, "link")
    place = await link(stage)
    before = await stage.written(), await stage.count("vault.log_entry")
    kept = await stage.rows("SELECT * FROM keystore.code")
    pages = [(await visitor.get(place)).html for _ in range(3)]
    assert len(set(pages)) == 1
    for method in ("HEAD", "OPTIONS", "PUT", "DELETE"):
        assert (await visitor.send(method, place)).status_code in {204, 405}
    assert (await stage.written(), await stage.count("vault.log_entry")) == before
    assert await stage.rows("SELECT * FROM keystore.code") == kept
    assert visitor.cookies == {}


async def test_a_link_that_leads_nowhere_says_no_more_whatever_became_of_it(stage: Stage, api: Api) -> None:
    places = {}
    for what in ("used", "too_old", "denied", "erased"):
        customer, address = await somebody(api)
        await ask(Visitor(stage.http), address, "link")
        places[what] = await link(stage)
        visitor = Visitor(stage.http)
        await visitor.get(places[what])
        if what == "used":
            await visitor.press("/in")
        elif what == "denied":
            await visitor.press("/in", button=1)
        elif what == "erased":
            await stage.erase(customer)
        else:
            await stage.rows("UPDATE keystore.code SET ends_at = now() - interval '1 second' WHERE purpose = 'link'")
    places["unknown"] = places["used"][:-43] + "A" * 43
    places["mangled"] = f"{places['used'][:-1]}B"
    shown = []
    for place in places.values():
        visitor = Visitor(stage.http)
        page = await visitor.get(place)
        assert (page.status, page.heading) == (404, GONE)
        opened = page.html.replace(place, ""), sorted(visitor.last.headers.items())
        page = await visitor.post("/in", {"token": place.rpartition("/")[2]})
        assert (page.status, page.heading) == (404, GONE)
        shown.append((opened, page.html))
    assert len({str(one) for one in shown}) == 1
    assert len(await stage.entries("signed_in")) == 1


async def test_a_no_kills_the_link_and_holds_up_the_next_but_no_code(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    await ask(Visitor(stage.http), address, "link")
    place = await link(stage)
    await visitor.get(place)
    page = await visitor.press("/in", button=1)
    assert (page.status, page.heading) == (200, "The link is dead")
    assert await stage.count("keystore.session") == 0
    [denied], [registered] = await stage.entries("link_denied"), await stage.entries("customer_registered")
    assert denied["subject"] == registered["subject"]
    page = await ask(visitor, address, "link")
    assert (page.status, page.heading) == (429, "Too often")
    assert 3500 < int(visitor.last.headers["retry-after"]) <= 3600
    assert await letters(stage) == []
    await ask(visitor, address, "code")
    page = await visitor.press("/sign-in/code", code=await code(stage))
    assert page.heading == "What you allow"
    await stage.tell()


async def test_who_shares_an_address_says_the_first_name_at_the_link(stage: Stage, api: Api, visitor: Visitor) -> None:
    address = make.email()
    for name in ("Quokkanna", "Quokkotto"):
        point = make.point("email", address)
        await api.register(contact_points=[point], attributes=make.attributes(first_name=name))
    await ask(Visitor(stage.http), address, "link")
    await visitor.get(await link(stage))
    for left in ("4 more times", "3 more times"):
        page = await visitor.press("/in")
        assert (page.status, page.heading) == (422, "Was that you?")
        assert f"We could not tell who you are. You can try {left}." in page.text
    page = await visitor.press("/in", name="Quokkanna")
    assert page.heading == "What you allow"


async def test_five_presses_with_the_wrong_name_use_a_link_up(stage: Stage, api: Api, visitor: Visitor) -> None:
    address = make.email()
    for name in ("Quokkanna", "Quokkotto"):
        point = make.point("email", address)
        await api.register(contact_points=[point], attributes=make.attributes(first_name=name))
    await ask(Visitor(stage.http), address, "link")
    place = await link(stage)
    await visitor.get(place)
    for _ in range(4):
        await visitor.press("/in", name="Quokkarl")
    page = await visitor.press("/in", name="Quokkarl")
    assert (page.status, page.heading) == (404, GONE)
    page = await visitor.post("/in", {"token": place.rpartition("/")[2], "name": "Quokkanna"})
    assert (page.status, page.heading) == (404, GONE)


async def test_a_link_of_one_organization_is_none_at_another(stage: Stage, api: Api, visitor: Visitor) -> None:
    await stage.apply(make.organization("nahr"))
    _, address = await somebody(api)
    await ask(visitor, address, "link")
    place = await link(stage)
    page = await visitor.get(place.replace("/fernhill/", "/nahr/"))
    assert (page.status, page.heading) == (404, GONE)
    assert (await visitor.get(place)).status == 200
