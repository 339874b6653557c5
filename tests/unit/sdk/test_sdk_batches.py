"""Batches: what is asked at the same time goes as one; nobody's question spoils another's."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest
from consent_vault import AsyncVault, Decision, Invalid, Question, Unavailable

from tests.unit.sdk.stand import CUSTOMER, URL, Stand, decision, refusal

PURPOSES = ("sales", "news", "service")


def echo(request: httpx2.Request) -> httpx2.Response:
    """Allow `sales` alone, and refuse what asks for `nonsense` as a vault does: the whole request."""
    asked = json.loads(request.content)
    questions = asked.get("questions", [asked])
    if any(question["purpose"] == "nonsense" for question in questions):
        return refusal(422, "unknown_purpose")
    answers = [decision(allowed=question["purpose"] == "sales") for question in questions]
    return httpx2.Response(200, json={"decisions": answers} if "questions" in asked else answers[0])


async def ask(vault: AsyncVault, purpose: str, **more: Any) -> Decision:
    return await vault.decide(customer=CUSTOMER, purpose=purpose, channel="email", **more)


async def test_what_is_asked_at_the_same_time_goes_as_one_batch() -> None:
    stand = Stand(last=echo)
    async with stand.waiting() as vault:
        answers = await asyncio.gather(*(ask(vault, purpose) for purpose in PURPOSES * 10))
    assert [answer.allowed for answer in answers] == [True, False, False] * 10
    assert [request.url.path for request in stand.asked] == ["/v1/decisions/batch"]
    assert [question["purpose"] for question in stand.bodies()[0]["questions"]] == [*PURPOSES] * 10


async def test_a_question_alone_goes_alone() -> None:
    stand = Stand(last=echo)
    async with stand.waiting() as vault:
        assert await ask(vault, "sales")
        assert not await ask(vault, "news")
    assert [request.url.path for request in stand.asked] == ["/v1/decisions"] * 2


async def test_a_question_with_a_key_of_its_own_goes_alone() -> None:
    stand = Stand(last=echo)
    async with stand.waiting() as vault:
        await asyncio.gather(ask(vault, "sales", idempotency_key="a"), ask(vault, "news"), ask(vault, "news"))
    keys = {request.url.path: request.headers["idempotency-key"] for request in stand.asked}
    assert keys["/v1/decisions"] == "a"
    assert len(keys) == 2


async def test_a_batch_holds_a_thousand() -> None:
    stand = Stand(last=echo)
    async with stand.waiting() as vault:
        assert len(await asyncio.gather(*(ask(vault, "news") for _ in range(1001)))) == 1001
    assert sorted(request.url.path for request in stand.asked) == ["/v1/decisions", "/v1/decisions/batch"]


async def test_a_question_that_makes_no_sense_does_not_spoil_the_others() -> None:
    stand = Stand(last=echo)
    async with stand.waiting() as vault:
        told = await asyncio.gather(
            *(ask(vault, purpose) for purpose in ("sales", "nonsense", "news")), return_exceptions=True
        )
    assert [told[0].allowed, told[2].allowed] == [True, False]  # type: ignore[union-attr]  # the second failed
    assert isinstance(told[1], Invalid)
    assert len(stand.asked) == 4


@pytest.mark.parametrize("failure", [refusal(500), refusal(503), httpx2.ReadError("x"), refusal(401)], ids=str)
async def test_a_failed_batch_fails_everybody_in_it_and_is_not_split(failure: Any) -> None:
    stand = Stand(*[failure] * 4)
    async with stand.waiting() as vault:
        told = await asyncio.gather(*(ask(vault, "sales") for _ in range(5)), return_exceptions=True)
    assert all(isinstance(one, Exception) for one in told)
    assert {request.url.path for request in stand.asked} == {"/v1/decisions/batch"}


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_a_batch_with_more_or_fewer_answers_than_questions_is_none(count: int) -> None:
    stand = Stand(httpx2.Response(200, json={"decisions": [decision(allowed=True)] * count}))
    async with stand.waiting() as vault:
        told = await asyncio.gather(ask(vault, "sales"), ask(vault, "news"), return_exceptions=True)
    assert {type(one) for one in told} == {Unavailable}


async def test_a_batch_that_is_more_than_a_second_allows_goes_in_smaller_ones_one_after_the_other() -> None:
    busy = 0

    async def few(request: httpx2.Request) -> httpx2.Response:
        nonlocal busy
        if "decisions" not in request.url.path:
            return Stand()(request)
        busy += 1
        assert busy == 1
        await asyncio.sleep(0)
        busy -= 1
        sizes.append(len(json.loads(request.content).get("questions", [1])))
        return echo(request) if sizes[-1] <= 8 else refusal(422, "over_limit")

    sizes: list[int] = []
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(few))
    async with AsyncVault(URL, client_id="fernhill.crm", client_secret="s", http=http) as vault:
        answers = await asyncio.gather(*(ask(vault, purpose) for purpose in PURPOSES * 10))
    assert [answer.allowed for answer in answers] == [True, False, False] * 10
    assert sizes == [30, 15, 7, 8, 15, 7, 8]


async def test_whoever_gives_up_takes_nobody_along() -> None:
    stand = Stand(last=echo)
    async with stand.waiting() as vault:
        tasks = [asyncio.create_task(ask(vault, purpose)) for purpose in PURPOSES]
        await asyncio.sleep(0)
        tasks[1].cancel()
        told = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(told[1], asyncio.CancelledError)
    assert [question["purpose"] for question in stand.bodies()[0]["questions"]] == ["sales", "service"]
    assert [bool(told[0]), bool(told[2])] == [True, False]


@pytest.mark.parametrize("turns", range(5))
async def test_whoever_waits_while_the_vault_is_closed_is_told(turns: int) -> None:
    vault = Stand(httpx2.Response(503, headers={"retry-after": "1"}), last=echo).waiting()
    tasks = [asyncio.create_task(ask(vault, "sales")) for _ in range(3)]
    for _ in range(turns):
        await asyncio.sleep(0)
    await vault.aclose()
    async with asyncio.timeout(1):
        told = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(one) for one in told} == {Unavailable}


async def test_a_decision_nobody_awaited_is_not_a_yes() -> None:
    async with Stand(last=echo).waiting() as vault:
        waiting = vault.decide(customer=CUSTOMER, purpose="news", channel="email")
        with pytest.raises(TypeError, match="await"):
            assert waiting
        assert not await waiting
        unasked = vault.decide(customer=CUSTOMER, purpose="sales", channel="email")
        unasked.close()


async def test_a_decision_may_be_a_task() -> None:
    async with Stand(last=echo).waiting() as vault, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(vault.decide(customer=CUSTOMER, purpose=purpose, channel="email")) for purpose in PURPOSES
        ]
    assert [task.result().allowed for task in tasks] == [True, False, False]


async def test_a_batch_of_ones_own_keeps_its_order_and_its_key() -> None:
    stand = Stand(last=echo)
    asked = [Question(customer=CUSTOMER, purpose=purpose, channel="email", contact=None) for purpose in PURPOSES]
    async with stand.waiting() as vault:
        answers = await vault.decide_batch(asked, idempotency_key="mine")
    assert [answer.allowed for answer in answers] == [True, False, False]
    assert stand.asked[0].headers["idempotency-key"] == "mine"
    assert "contact" not in stand.bodies()[0]["questions"][0]
    with stand.sync() as vault_now:
        assert vault_now.decide_batch(asked)[0].allowed
