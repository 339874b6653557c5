"""Customers read what they said: each yes and no, what it is worth today, and the words they were shown."""

from __future__ import annotations

import pytest

from tests import make
from tests.e2e.doors import sign_in, somebody
from tests.stage import Api, Stage
from tests.visitor import Visitor


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


async def test_whoever_said_nothing_is_told_so(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    await sign_in(stage, visitor, address)
    page = await visitor.get("/history")
    assert (page.status, page.heading) == (200, "Your history")
    assert "You have not said yes or no to anything yet." in page.text


async def test_a_yes_stands_with_the_words_shown_then_and_its_proof(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    await sign_in(stage, visitor, address)
    page = await visitor.get("/history")
    [fact] = await stage.entries("fact")
    file = make.organization()
    [words] = [one["texts"]["en"]["ask"] for one in file["notices"]["sales"] if one["version"] == 2]
    assert "Sales and price offers, by e-mail: you said yes" in page.text
    assert " ".join(words.split()) in page.text
    assert (
        f"Version 2, English, fingerprint {fact['words'][:4]} {fact['words'][4:8]} {fact['words'][8:12]}" in page.text
    )
    assert "Another system told us. Written down by a client of the tests. It counts." in page.text
    assert "This line waits for its number in the book." in page.text
    [read] = await stage.entries("history_read")
    assert (read["subject"], read["found"]) == (fact["subject"], 1)


async def test_a_no_takes_the_place_of_a_yes_and_both_stay(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    await api.say_no("withdrawals", customer, purpose="sales", channel="email")
    await sign_in(stage, visitor, address)
    page = await visitor.get("/history?lang=de")
    assert "per E-Mail: Sie haben Nein gesagt" in page.text
    assert "per E-Mail: Sie haben Ja gesagt" in page.text
    assert page.text.index("Nein gesagt") < page.text.index("Ja gesagt")
    assert "Zählt nicht mehr: Sie haben am" in page.text


async def test_what_somebody_stopped_at_a_shared_address_is_told_as_a_stop_alone(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    shared, own = make.point("postal_address", "1 Quokka Lane\nQuokkaford"), make.email()
    customer, address = await somebody(api, contact_points=[shared, make.point("email", own)])
    other, _ = await somebody(api, contact_points=[shared, make.point("email", make.email())])
    await api.grant(customer, purpose="catalogue", channel="post", notice=1)
    point = (await api.points(other))["postal_address"]
    await api.say_no("withdrawals", other, purpose="catalogue", channel="post", contact_point=point)
    await sign_in(stage, visitor, address)
    page = await visitor.get("/history")
    assert "Does not count: Messages to this address" in page.text.replace("No longer counts", "Does not count")
    assert "you said no" not in page.text


async def test_a_stranger_is_sent_to_the_door(visitor: Visitor) -> None:
    await visitor.get("/history")
    assert visitor.at == "/p/fernhill/sign-in"
