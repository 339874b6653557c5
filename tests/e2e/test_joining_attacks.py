"""A link to confirm that leads nowhere looks the same whyever, after the same work; none opens but in its own place."""

from __future__ import annotations

import re
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any, Final

import msgspec
import pytest

from tests import make
from tests.e2e.doors import somebody
from tests.e2e.joining import LETTER, asked, links, press, signed_in
from tests.stage import BY_THE_CLOCK, Api, Stage, codes
from tests.visitor import Visitor
from vault.actions.joining import links as confirming
from vault.domain.joining.link import Confirmation
from vault.store.database import Work

YES: Final = {"say": "yes"}


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


async def changed(stage: Stage, link: str, **given: Any) -> str:
    """Return a link as the vault would have made it with something else in it."""
    opened = await confirming.look(stage.vault, link.removeprefix("/c/"))
    assert opened is not None
    assert isinstance(opened.said, Confirmation)
    return confirming.address(opened.here, msgspec.structs.replace(opened.said, **given), issuer="")


async def over(stage: Stage, link: str) -> str:
    """Return a link like this one whose time is over."""
    opened = await confirming.look(stage.vault, link.removeprefix("/c/"))
    assert opened is not None
    return await changed(stage, link, ends_at=opened.now - timedelta(seconds=1))


async def seen(stage: Stage, place: str) -> list[tuple[int, list[tuple[str, str]], str]]:
    """Look and press, and return all that is seen."""
    found = []
    for method, data in (("GET", None), ("HEAD", None), ("POST", YES), ("POST", {"say": "no"})):
        answer = await stage.http.request(method, place, data=data, headers={"accept-language": "en"})
        found.append((answer.status_code, list(answer.headers.items()), answer.text))
    return found


async def dead(stage: Stage, api: Api) -> dict[str, str]:
    """Return links of one length that lead nowhere, each for a reason of its own."""
    _, link = await asked(stage, api)
    erased, lost = await asked(stage, api)
    await stage.erase(erased)
    moved, left = await asked(stage, api)
    [point] = (await api.points(moved)).values()
    await api.send("DELETE", f"/v1/customers/{moved}/contact-points/{point}")
    await stage.apply(make.organization("nahr"))
    there = await stage.client("everything", slug="nahr")
    _, foreign = await asked(stage, there)
    return {
        "mangled": link[:-6] + ("A" if link[-6] != "A" else "B") + link[-5:],
        "foreign": link[:27] + foreign[27:],
        "over": await over(stage, link),
        "of somebody erased": lost,
        "of an address removed": left,
        "of nobody": await changed(stage, link, subject="sub_06h0090m41t835kpwqjv10s1y0"),
    }


async def test_links_that_lead_nowhere_look_the_same_to_the_byte(stage: Stage, api: Api) -> None:
    places = await dead(stage, api)
    places["cut"] = places["mangled"][:-20]
    places["longer"] = f"{places['over']}AA"
    before, entries = await stage.written(), await stage.count("vault.log_entry")
    shown = {name: await seen(stage, place) for name, place in places.items()}
    first = shown.pop("mangled")
    assert [status for status, _, _ in first] == [404] * 4
    assert "This link leads nowhere" in first[0][2]
    assert 'href="/p/fernhill/stop-address"' in first[0][2]
    assert {name for name, found in shown.items() if found != first} - {"of an address removed"} == set()
    gone = shown["of an address removed"]
    assert gone[:3] == first[:3]
    assert gone[3][0] == 200  # a no is never refused while the link lasts
    after = await stage.written()
    assert {name for name, count in after.items() if count != before[name]} == {"vault.fact", "vault.log_detail"}
    assert await stage.count("vault.log_entry") == entries + 1
    nobodys = [await seen(stage, f"/c/{token}") for token in ("x", "A" * 110, "%00", "é" * 40, "a" * 3000)]
    assert all(found == nobodys[0] for found in nobodys)
    assert "fernhill" not in str(nobodys[0]).lower()


async def test_links_that_lead_nowhere_take_the_same_statements(
    stage: Stage, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = await dead(stage, api)
    statements: list[str] = []
    fetch, run = Work.fetch, Work.run

    async def fetched(self: Work, statement: str, *arguments: object) -> Any:
        statements.append(statement)
        return await fetch(self, statement, *arguments)

    async def ran(self: Work, query: Any) -> Any:
        statements.append(re.sub(r"'[0-9a-f-]{36}'", "…", str(query)))
        return await run(self, query)

    monkeypatch.setattr(Work, "fetch", fetched)
    monkeypatch.setattr(Work, "run", ran)
    found = {}
    for name, place in places.items():
        for data in (None, YES):
            await stage.http.request("GET" if data is None else "POST", place, data=data)
        found[name] = [one for one in statements if not any(table in one for table in BY_THE_CLOCK)]
        statements.clear()
    first = found["mangled"]
    assert first
    assert {name for name, taken in found.items() if taken != first} == set()


async def test_links_that_lead_nowhere_take_the_same_time(stage: Stage, api: Api) -> None:
    places = [*(await dead(stage, api)).items()]
    times: dict[str, list[float]] = {name: [] for name, _ in places}
    for turn in range(60):
        for name, place in places[turn % len(places) :] + places[: turn % len(places)]:
            begun = perf_counter()
            await stage.http.get(place)
            times[name].append(perf_counter() - begun)
    middle = {name: median(each) for name, each in times.items()}
    spread = [sorted(each)[len(each) // 4 :: len(each) // 2] for each in times.values()]
    noise = max(high - low for low, high in spread)
    assert max(middle.values()) - min(middle.values()) < max(noise, 0.15 * max(middle.values())), (middle, spread)


async def test_a_link_to_stop_confirms_nothing_and_a_link_to_confirm_stops_nothing(stage: Stage, api: Api) -> None:
    customer, link = await asked(stage, api)
    await api.grant(customer)
    answer = await api.decide(customer=customer)
    stop = str(answer["withdrawal_link"]).rpartition("/u/")[2]
    for place in (f"/c/{stop}", f"/u/{link.removeprefix('/c/')}"):
        assert [status for status, _, _ in await seen(stage, place)] == [404] * 4
    assert (await api.decide(customer=customer))["allowed"]
    assert not (await api.decide(customer=customer, purpose="newsletter"))["allowed"]


async def test_a_link_counts_for_its_own_person_though_another_shares_the_address(stage: Stage, api: Api) -> None:
    shared = [make.point("email", make.email())]
    one, _ = await somebody(api, contact_points=shared)
    other, _ = await somebody(api, contact_points=shared)
    await api.grant(one, **LETTER)
    await api.grant(other, **LETTER)
    first, _ = await links(stage)
    assert (await stage.http.post(first, data=YES)).status_code == 200
    allowed = [(await api.decide(customer=who, purpose="newsletter"))["allowed"] for who in (one, other)]
    assert sorted(allowed) == [False, True]


async def test_a_link_of_one_organization_binds_nobody_in_another(stage: Stage, api: Api) -> None:
    await stage.apply(make.organization("nahr"))
    there = await stage.client("everything", slug="nahr")
    here, link = await asked(stage, api)
    other, _ = await asked(stage, there)
    await stage.http.post(link, data=YES)
    assert (await api.decide(customer=here, purpose="newsletter"))["allowed"]
    assert codes(await there.decide(customer=other, purpose="newsletter"))[0] == "double_opt_in_pending"


async def test_a_yes_from_another_site_is_none_and_no_cookie_is_asked_for(stage: Stage, api: Api) -> None:
    customer, link = await asked(stage, api)
    foreign = ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"})
    for headers in foreign:
        answer = await stage.http.post(link, data=YES, headers=headers)
        assert answer.status_code == 403
    assert not (await api.decide(customer=customer, purpose="newsletter"))["allowed"]
    cookie = {"cookie": "__Host-consent-vault-portal=forged", "sec-fetch-site": "same-origin"}
    assert (await stage.http.post(link, data=YES, headers=cookie)).status_code == 200


async def test_the_same_press_twice_at_once_says_one_yes(stage: Stage, api: Api, visitor: Visitor) -> None:
    await signed_in(stage, api, visitor)
    await press(visitor)
    [link] = await links(stage)
    for _ in range(2):
        await stage.http.post(link, data=YES)
    assert len(await stage.rows("SELECT FROM vault.fact WHERE kind = 'granted'")) == 1


async def test_it_is_good_for_as_long_as_the_file_says_else_for_a_week(stage: Stage, api: Api) -> None:
    for keep, days in (({"keep": "P30D"}, 30), (None, 7)):
        file = make.organization()
        if keep is None:
            del file["retention"]["unconfirmed"]
        await stage.apply(file)
        _, link = await asked(stage, api)
        opened = await confirming.look(stage.vault, link.removeprefix("/c/"))
        assert opened is not None
        assert opened.said is not None
        left = opened.said.ends_at - opened.said.asked_at
        assert timedelta(days=days) - timedelta(seconds=1) <= left <= timedelta(days=days)
