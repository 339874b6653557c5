"""Who asked about you, where messages are counted: why one had to wait, and what became of those that were allowed."""

from __future__ import annotations

import pytest

from tests.e2e.doors import sign_in, somebody
from tests.e2e.test_budgets import budgeted
from tests.stage import Stage
from tests.visitor import Visitor


@pytest.mark.parametrize(("per", "said"), [("day", "this day"), ("week", "this week"), ("month", "this month")])
async def test_whoever_had_enough_is_told_for_which_time(stage: Stage, per: str, said: str) -> None:
    await stage.apply(budgeted({"sales": {per: 1}}))
    api, visitor = await stage.client("everything"), Visitor(stage.http)
    customer, address = await somebody(api)
    await api.grant(customer)
    for _ in range(2):
        await api.decide(customer=customer, release=["contact"])
    await sign_in(stage, visitor, address)
    page = await visitor.get("/asked")
    assert "Told to wait until" in page.text
    assert f"You had enough messages for {said}." in page.text


async def test_what_became_of_a_message_stands_there_too(stage: Stage) -> None:
    api, visitor = await stage.client("everything"), Visitor(stage.http)
    customer, address = await somebody(api)
    await api.grant(customer)
    for purpose, outcomes in (
        ("sales", ["not_sent"]),
        ("sales", ["sent", "complained"]),
        ("order_updates", ["bounced"]),
    ):
        answer = await api.decide(customer=customer, release=["contact"], purpose=purpose)
        for outcome in outcomes:
            await api.post(f"/v1/decisions/{answer['id']}/outcome", {"outcome": outcome})
    await sign_in(stage, visitor, address)
    page = await visitor.get("/asked")
    for said in (
        "a client of the tests did not send the message it was allowed",
        "a client of the tests sent the message it was allowed",
        "a client of the tests heard that you complained about a message",
        "A message of a client of the tests to you came back",
    ):
        assert said in page.text
