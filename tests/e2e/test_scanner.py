"""A mail scanner and a browser that fetches ahead: whatever can be opened is opened, twice, and nothing is different.

Every page of the portal is opened, with every link on it, as somebody who is signed in and as a stranger: facts,
wishes, requests and tokens are as before, and what was in a message still works.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from tests.e2e.doors import ask, link, sign_in, somebody
from tests.e2e.joining import asked
from tests.e2e.test_leaving import linked
from tests.stage import Api, Stage, codes
from tests.visitor import Page, Visitor

OF_THE_LOG: Final = {"vault.log_detail"}
"""What stands beside an entry; reading one's own record is one."""
FACTS: Final = "SELECT id, kind, purpose, channel, source, method FROM vault.fact ORDER BY id"
PREFETCH: Final = {"purpose": "prefetch", "sec-purpose": "prefetch"}


async def state(stage: Stage) -> tuple[dict[str, int], list[object]]:
    """Return what there is: how many rows in each table, and each fact."""
    rows = {name: count for name, count in (await stage.written()).items() if name not in OF_THE_LOG}
    return rows, [tuple(row) for row in await stage.rows(FACTS)]


async def crawl(visitor: Visitor, starts: list[str]) -> set[str]:
    """Open places, and whatever they link to within the portal, each twice; return where the scanner came."""
    seen: set[str] = set()
    waiting = list(starts)
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        for method in ("GET", "HEAD"):
            await visitor.send(method, place, headers=PREFETCH)
            assert "set-cookie" not in visitor.last.headers, place
        response = await visitor.send("GET", place, headers=PREFETCH)
        assert response.status_code < 500, place
        if "html" in response.headers.get("content-type", ""):
            page = Page(response)
            own = [one for one in page.links if one.startswith(("/p/", "/u/", "/c/"))]
            waiting += [one.partition("#")[0] for one in own if "lang=" not in one]
            waiting += [form.action for form in page.forms if form.method == "post"]
        assert len(seen) < 200
    return {urlsplit(place).path for place in seen}


async def test_whoever_opens_everything_twice_changes_nothing(stage: Stage, api: Api) -> None:
    customer, address = await somebody(api)
    _, stop = await linked(api, customer)
    joining, join = await asked(stage, api)
    visitor = Visitor(stage.http)
    await sign_in(stage, visitor, address)
    door = Visitor(stage.http)
    await ask(door, address, "link")
    entrance = await link(stage)
    before = await state(stage)
    inside = await crawl(visitor, ["/p/fernhill/"])
    assert {f"/p/fernhill/{one}" for one in ("", "asked", "history", "details", "rights", "erase")} <= inside
    assert {f"/p/fernhill/{one}" for one in ("choices", "stop", "pause", "preferences", "sign-out")} <= inside
    outside = await crawl(
        Visitor(stage.http), ["/p/fernhill/sign-in", "/p/fernhill/stop-address", stop, join, entrance]
    )
    assert {"/p/fernhill/sign-in", stop, join, entrance} <= outside
    assert await state(stage) == before
    assert (await visitor.get("/")).heading == "What you allow"  # signed in as before
    assert (await api.decide(customer=customer))["allowed"]
    assert (await stage.http.post(stop, data={"scope": "this"})).status_code == 200
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]
    await visitor._look("GET", join)
    assert (await visitor.press(join)).heading == "You said yes"
    await door.get(entrance)
    assert (await door.press("/in")).heading == "What you allow"
    assert (await api.decide(customer=joining, purpose="newsletter"))["allowed"]
