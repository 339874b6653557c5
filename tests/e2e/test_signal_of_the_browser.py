"""Global Privacy Control: a browser's no is honoured at the door, told on the page, and chosen about by the person."""

from __future__ import annotations

import pytest

from tests import make
from tests.e2e.doors import sign_in, somebody
from tests.stage import Api, Stage, codes
from tests.visitor import Visitor

PICKING = {"purpose": "personalisation", "channel": "*"}


@pytest.fixture
def signalling(stage: Stage) -> Visitor:
    return Visitor(stage.http, **{"sec-gpc": "1"})


async def said(stage: Stage) -> list[tuple[str, str, str]]:
    return [(one["said"], one["source"], one["method"]) for one in await stage.entries("fact")]


async def test_it_is_written_down_once_and_only_for_what_heeds_it(stage: Stage, api: Api, signalling: Visitor) -> None:
    _, address = await somebody(api)
    for _ in range(2):
        page = await sign_in(stage, signalling, address)
        assert "Your browser said “do not sell or share”." in page.text
        assert "Opt-out honoured today at" in page.text
        assert page.text.count("Your browser said no today at") == 1
        await signalling.press("/sign-out")
    assert await said(stage) == [("refused", "link", "gpc")]


@pytest.mark.parametrize(("keep", "counts"), [("choice", True), ("signal", False)])
async def test_where_it_does_not_fit_an_earlier_yes_it_counts_until_the_person_chooses(
    stage: Stage, api: Api, signalling: Visitor, keep: str, *, counts: bool
) -> None:
    customer, address = await somebody(api)
    await api.grant(customer, **PICKING, notice=1)
    page = await sign_in(stage, signalling, address)
    assert "We follow your browser until you choose." in page.text
    assert codes(await api.decide(customer=customer, **PICKING)) == ["withdrawn"]
    page = await signalling.press("/gpc", button=1 if counts else 0)
    assert page.about == "Saved: What you allow"
    assert "until you choose" not in page.text
    assert (await api.decide(customer=customer, **PICKING))["allowed"] == counts
    assert (await said(stage))[-1] == ("granted" if counts else "withdrawn", "person", "gpc")
    before = await stage.count("vault.fact")
    again = {**PICKING, "keep": keep, "csrf": page.form("/stop").fields["csrf"]}
    assert (await signalling.post("/gpc", again)).status == 422
    await signalling.get("/")
    await signalling.press("/sign-out")
    await sign_in(stage, signalling, address)
    assert await stage.count("vault.fact") == before
    assert (await api.decide(customer=customer, **PICKING))["allowed"] == counts


async def test_looking_at_the_page_never_acts_on_it(stage: Stage, api: Api) -> None:
    customer, address = await somebody(api)
    await api.grant(customer, **PICKING, notice=1)
    visitor = Visitor(stage.http)
    page = await sign_in(stage, visitor, address)
    assert "Your browser said" not in page.text
    visitor.headers["sec-gpc"] = "1"
    page = await visitor.get("/")
    assert "It counts from your next sign-in, or as soon as you choose here." in page.text
    assert await stage.count("vault.fact") == 1
    assert (await api.decide(customer=customer, **PICKING))["allowed"]
    await visitor.press("/gpc")
    assert codes(await api.decide(customer=customer, **PICKING)) == ["withdrawn"]


@pytest.mark.parametrize("value", ["0", "true", "1, 1", ""])
async def test_nothing_but_a_one_is_the_signal(stage: Stage, api: Api, value: str) -> None:
    _, address = await somebody(api)
    visitor = Visitor(stage.http, **{"sec-gpc": value})
    page = await sign_in(stage, visitor, address)
    assert "Your browser said" not in page.text
    assert await stage.count("vault.fact") == 0


async def test_an_organization_says_which_purposes_heed_it(stage: Stage, api: Api, signalling: Visitor) -> None:
    file = make.organization()
    file["purposes"]["personalisation"]["gpc"] = False
    await stage.apply(file)
    _, address = await somebody(api)
    page = await sign_in(stage, signalling, address)
    assert "Your browser said" not in page.text
    assert await stage.count("vault.fact") == 0


async def test_that_it_is_heeded_is_told_to_browsers(stage: Stage) -> None:
    response = await stage.http.get("/.well-known/gpc.json")
    assert (response.status_code, response.json()["gpc"]) == (200, True)
    assert response.headers["content-type"].startswith("application/json")


async def test_a_choice_that_is_none_changes_nothing(stage: Stage, api: Api, signalling: Visitor) -> None:
    customer, address = await somebody(api)
    await api.grant(customer, **PICKING, notice=1)
    page = await sign_in(stage, signalling, address)
    before = await stage.count("vault.fact")
    fields = page.form("/gpc").fields
    assert (await signalling.post("/gpc", fields | {"keep": "perhaps"})).status == 422
    assert (await signalling.post("/gpc", fields | {"csrf": "x", "keep": "choice"})).status == 403
    assert await stage.count("vault.fact") == before
