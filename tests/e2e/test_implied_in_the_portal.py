"""What a law implies, as whoever bought sees it: on, with both days; ended by a no; told where somebody asked."""

from __future__ import annotations

import pytest

from tests import make
from tests.e2e.doors import sign_in, somebody
from tests.e2e.test_implied_consent import deal
from tests.stage import Api, Stage, codes
from tests.visitor import Visitor

BOUGHT = "2026-03-04T10:00:00Z"


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


def row(visitor: Visitor) -> str:
    """Return how the row of sales by e-mail reads."""
    return visitor.page.text.partition("Tell me about sales and price offers.")[2].partition("Text message")[0]


async def test_it_is_on_with_both_days_and_a_no_ends_it_for_good(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await somebody(api, attributes=make.attributes(country="CA"))
    await deal(api, customer, at=BOUGHT)
    assert codes(await api.decide(customer=customer)) == ["implied_consent"]
    await sign_in(stage, visitor, address)
    await visitor.get("/")
    assert "Allowed after you bought something on 4 March 2026, until 4 March 2028. Yes" in row(visitor)
    choices = [one for one in visitor.page.forms if one.action.endswith("/choices")]
    [own] = [one for one in choices if (one.fields["purpose"], one.fields["channel"]) == ("sales", "email")]
    assert own.fields["say"] == "no"
    await visitor.post("/choices", own.fields)
    assert "You said no today at" in row(visitor)
    assert codes(await api.decide(customer=customer))[0] in {"refused", "withdrawn"}
    await deal(api, customer)
    assert not (await api.decide(customer=customer))["allowed"]


async def test_stop_everything_stops_it_and_a_yes_of_their_own_outlives_it(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, address = await somebody(api, attributes=make.attributes(country="CA"))
    await deal(api, customer, what="inquired")
    await sign_in(stage, visitor, address)
    await visitor.get("/")
    assert "Allowed after you asked us something today at" in row(visitor)
    await visitor.press("/stop")
    assert visitor.page.heading == "Everything is stopped"
    assert "Sales and price offers by e-mail" not in visitor.page.text  # no press says yes to what was no yes of theirs
    assert not (await api.decide(customer=customer))["allowed"]


async def test_who_asked_and_the_history_tell_of_it(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await somebody(api, attributes=make.attributes(country="CA"))
    await deal(api, customer, at=BOUGHT)
    await api.decide(customer=customer)
    await sign_in(stage, visitor, address)
    page = await visitor.get("/asked")
    assert "a client of the tests told us that you bought or asked for something" in page.text
    because = "Allowed. The law allows it after you bought something on 4 March 2026, until 4 March 2028."
    assert because in page.text
    page = await visitor.get("/history")
    assert "We were told that you bought something" in page.text
    assert "This is neither a yes nor a no." in page.text
    assert "you said no" not in page.text
    page = await visitor.get("/history?lang=de")
    assert "Man sagte uns, dass Sie etwas kauften" in page.text


async def test_an_answer_of_before_is_told_as_it_was_when_they_have_moved_since(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, address = await somebody(api, attributes=make.attributes(country="DE"))
    await deal(api, customer, at=BOUGHT, met=["email_at_purchase", "refusal_offered"])
    await api.decide(customer=customer)
    await api.send("PATCH", f"/v1/customers/{customer}", {"attributes": {"country": "US"}})
    await sign_in(stage, visitor, address)
    page = await visitor.get("/asked")
    assert "The law allows it after you bought something on 4 March 2026" in page.text
    assert "We never asked you." in (await visitor.get("/")).text
