"""Budgets: so many at most, whoever asks, and one more only when one is free again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from tests import make
from tests.e2e.colleague import at_the_desk
from tests.stage import Api, Json, Stage, codes, now, raw_id, refused, said
from vault.actions import organizations
from vault.policy.loader import SCHEMA, shipped_texts

BUDGETS = {"sales": {"day": 2, "week": 3}, "events": {"month": 1}, "offers": {"week": 4}}
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def budgeted(budgets: Mapping[str, Json], **over_all: int) -> Json:
    """Return the test organization with budgets of these purposes, and one over all."""
    file = make.organization()

    def put(purposes: Json) -> None:
        for key, purpose in purposes.items():
            if key in budgets:
                purpose["budget"] = budgets[key]
            put(purpose.get("children", {}))

    put(file["purposes"])
    if over_all:
        file["organization"]["budget"] = over_all
    return file


@pytest_asyncio.fixture
async def api(stage: Stage) -> Api:
    await stage.apply(budgeted(BUDGETS))
    return await stage.client("everything")


async def someone(api: Api, *purposes: str) -> str:
    """Register somebody who said yes to sales by e-mail and by text, and to more."""
    customer = await api.register()
    for purpose, notice in (("sales", 2), *((one, 1) for one in purposes)):
        for channel in ("email", "sms"):
            await api.grant(customer, purpose=purpose, channel=channel, notice=notice)
    return customer


async def send(api: Api, customer: str, *, key: str | None = None, **asked: Any) -> Json:
    """Ask for the address: with a yes, that is a message."""
    return await api.decide(key=key, customer=customer, release=["contact"], **asked)


async def outcomes(api: Api, customer: str, times: int, **asked: Any) -> list[str]:
    return [(await send(api, customer, **asked))["outcome"] for _ in range(times)]


async def wish(api: Api, customer: str, **at_most: Json) -> None:
    wishes = {"at_most": {channel.replace("all", "*"): wished for channel, wished in at_most.items()}}
    said(await api.send("PUT", f"/v1/customers/{customer}/preferences", wishes))


async def shift(stage: Stage, **by: float) -> None:
    """Let time pass for all that was reserved."""
    connection = await asyncpg.connect(stage.url)
    try:
        await connection.execute("UPDATE vault.reservation SET at = at - $1::interval", timedelta(**by))
    finally:
        await connection.close()


async def test_after_as_many_as_were_promised_it_is_later_and_the_answer_says_when(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    first = await send(api, customer)
    assert (await stage.entry(first))["reserved"] is True
    await send(api, customer)
    answer = await send(api, customer)
    assert (answer["outcome"], codes(answer)) == ("defer", ["budget_spent"])
    assert "released" not in answer
    [spent, *_] = await stage.rows("SELECT at FROM vault.reservation ORDER BY at")
    assert datetime.fromisoformat(answer["defer_until"]) == spent["at"] + timedelta(days=1)
    entry = await stage.entry(answer)
    assert entry["flat"]["budget_spent"] == "day"
    assert "reserved" not in entry


async def test_at_the_instant_told_it_is_yes_and_five_seconds_before_not(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    await outcomes(api, customer, 2)
    left = datetime.fromisoformat((await send(api, customer))["defer_until"]) - now()
    await shift(stage, seconds=left.total_seconds() - 5)
    early = await send(api, customer)
    assert early["outcome"] == "defer"
    assert datetime.fromisoformat(early["defer_until"]) - now() < timedelta(seconds=5)
    await shift(stage, seconds=5)
    assert (await send(api, customer))["outcome"] == "allow"


async def test_the_longer_budget_binds_when_the_shorter_is_free_again(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    await outcomes(api, customer, 2)
    await shift(stage, days=1)
    assert await outcomes(api, customer, 2) == ["allow", "defer"]
    assert (await stage.entries("decision"))[-1]["flat"]["budget_spent"] == "week"


async def test_clients_spend_of_one_budget_and_channels_too(stage: Stage, api: Api) -> None:
    customer, other = await someone(api), await stage.client("discreet")
    await send(api, customer)
    await send(other, customer, channel="sms")
    answer = await send(other, customer)
    assert (answer["outcome"], codes(answer)) == ("defer", ["budget_spent"])


async def test_a_child_spends_what_its_parent_promised(api: Api) -> None:
    customer = await someone(api, "events")
    assert await outcomes(api, customer, 2) == ["allow", "allow"]
    assert await outcomes(api, customer, 2, purpose="events") == ["allow", "defer"]


async def test_all_spend_what_the_organization_promised(stage: Stage) -> None:
    await stage.apply(budgeted({}, day=2))
    api = await stage.client("everything")
    customer = await someone(api, "events")
    assert await outcomes(api, customer, 1) == ["allow"]
    assert await outcomes(api, customer, 2, purpose="events") == ["allow", "defer"]


async def test_all_that_goes_over_a_channel_spends_what_was_promised_of_it(stage: Stage) -> None:
    file = budgeted({})
    file["channels"]["sms"]["budget"] = {"week": 1}
    await stage.apply(file)
    api = await stage.client("everything")
    customer = await someone(api, "events")
    assert await outcomes(api, customer, 1, channel="sms") == ["allow"]
    assert await outcomes(api, customer, 1, purpose="events", channel="sms") == ["defer"]
    assert await outcomes(api, customer, 2) == ["allow", "allow"]


async def test_a_message_that_belongs_to_an_order_neither_waits_nor_spends(api: Api) -> None:
    customer = await someone(api)
    assert await outcomes(api, customer, 5, purpose="order_updates") == ["allow"] * 5
    assert await outcomes(api, customer, 3) == ["allow", "allow", "defer"]
    assert await outcomes(api, customer, 1, purpose="order_updates") == ["allow"]


async def test_a_wish_makes_less_of_what_was_promised_and_where_nothing_was(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    await wish(api, customer, all={"most": 1, "per": "month"})
    assert await outcomes(api, customer, 2) == ["allow", "defer"]
    await stage.apply(make.organization())
    other = await someone(api)
    await wish(api, other, sms={"most": 1, "per": "week"})
    assert await outcomes(api, other, 3) == ["allow"] * 3
    assert await outcomes(api, other, 2, channel="sms") == ["allow", "defer"]


async def test_a_budget_of_none_is_a_no_at_every_time(stage: Stage) -> None:
    await stage.apply(budgeted({"sales": {"week": 0}}))
    api = await stage.client("everything")
    answer = await send(api, await someone(api))
    assert (answer["outcome"], codes(answer)) == ("deny", ["budget_spent"])
    assert "defer_until" not in answer


# ── What is a message ────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_question_that_wants_nothing_is_no_message_unless_it_says_so(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    for _ in range(3):
        assert (await api.decide(customer=customer))["allowed"]
    assert await stage.count("vault.reservation") == 0
    assert (await api.decide(customer=customer, release=["contact"], reserve=False))["allowed"]
    assert await stage.count("vault.reservation") == 0
    for _ in range(2):
        assert (await api.decide(customer=customer, reserve=True))["allowed"]
    answer = await api.decide(customer=customer)
    assert (answer["outcome"], await stage.count("vault.reservation")) == ("defer", 2)


async def test_of_the_past_nothing_is_counted_and_nothing_reserved(stage: Stage, api: Api) -> None:
    customer = await api.register()
    await api.grant(customer, at="2026-01-01T00:00:00Z")
    await outcomes(api, customer, 3)
    assert (await api.decide(customer=customer, at=(now() - MINUTE).isoformat()))["outcome"] == "allow"
    past = make.asked(customer=customer, at=(now() - MINUTE).isoformat(), reserve=True)
    refused(await api.send("POST", "/v1/decisions", past), 422, "reserve_in_the_past")
    assert await stage.count("vault.reservation") == 2


async def test_a_no_reserves_nothing(stage: Stage, api: Api) -> None:
    customer = await api.register()
    assert (await send(api, customer))["outcome"] == "deny"
    assert await stage.count("vault.reservation") == 0


async def test_a_repeat_decides_afresh_and_reserves_nothing_new(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    first = await send(api, customer, key="k")
    await send(api, customer)
    again = await send(api, customer, key="k")
    assert (again["id"], again["outcome"]) == (first["id"], "allow")
    assert await stage.count("vault.reservation") == 2
    assert (await send(api, customer))["outcome"] == "defer"
    other = await someone(api)
    assert (await send(api, other, key="k"))["id"] != first["id"]
    await api.say_no("withdrawals", customer)
    assert (await send(api, customer, key="k"))["outcome"] == "deny"


async def test_a_repeat_after_a_day_is_another_message(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    await send(api, customer, key="k")
    await shift(stage, days=1, seconds=1)
    assert (await send(api, customer, key="k"))["outcome"] == "allow"
    assert await stage.count("vault.reservation") == 2
    await send(api, customer)
    assert (await send(api, customer))["outcome"] == "defer"


# ── Side by side ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("by", ["id", "address"])
async def test_of_sixty_four_who_fight_for_the_last_one_exactly_one_wins(stage: Stage, by: str) -> None:
    await stage.apply(budgeted({"sales": {"week": 3}}))
    for _ in range(2):
        await stage.open()
    apis = [await stage.client("everything", app=place) for place in range(3)]
    registration = make.customer()
    customer = str((await apis[0].post("/v1/customers", registration))["id"])
    await apis[0].grant(customer)
    assert await outcomes(apis[0], customer, 2) == ["allow", "allow"]
    person: Json = {"customer": customer} if by == "id" else {"contact": registration["contact_points"][0]}
    question = make.asked(**person, release=["contact"])
    answers = await asyncio.gather(*(apis[place % 3].post("/v1/decisions", question) for place in range(64)))
    assert sorted(answer["outcome"] for answer in answers) == ["allow"] + ["defer"] * 63
    assert await stage.count("vault.reservation") == 3


async def test_a_wish_alone_is_fought_for_just_as_hard(stage: Stage) -> None:
    await stage.open()
    apis = [await stage.client("everything", app=place) for place in range(2)]
    customer = await someone(apis[0])
    await wish(apis[0], customer, all={"most": 1, "per": "day"})
    question = make.asked(customer=customer, release=["contact"])
    answers = await asyncio.gather(*(apis[place % 2].post("/v1/decisions", question) for place in range(32)))
    assert [answer["outcome"] for answer in answers].count("allow") == 1


async def test_in_a_batch_of_a_thousand_the_same_person_is_let_through_no_more_often(stage: Stage, api: Api) -> None:
    people = [await someone(api) for _ in range(3)]
    asked = [make.asked(customer=people[place % 3], release=["contact"]) for place in range(1000)]
    answers = (await api.post("/v1/decisions/batch", {"questions": asked}))["decisions"]
    for place in range(3):
        outcomes = [answer["outcome"] for answer in answers[place::3]]
        assert outcomes == ["allow"] * 2 + ["defer"] * (len(outcomes) - 2)
    assert await stage.count("vault.reservation") == 6
    assert answers[0]["log"]["promise"]


@pytest.mark.parametrize("seed", range(3))
async def test_batches_in_any_order_never_wait_for_each_other(stage: Stage, api: Api, seed: int) -> None:
    await stage.open()
    apis = [api, await stage.client("everything", app=1)]
    people = [await someone(api) for _ in range(8)]
    chance = Random(seed)  # noqa: S311 - an order, the same each time
    batches = [
        {"questions": [make.asked(customer=one, release=["contact"]) for one in chance.sample(people, len(people))]}
        for _ in range(16)
    ]
    before = await _deadlocks(stage)
    answers = await asyncio.gather(
        *(apis[place % 2].post("/v1/decisions/batch", batch) for place, batch in enumerate(batches))
    )
    allowed = [one for answer in answers for one in answer["decisions"] if one["allowed"]]
    assert len(allowed) == 2 * len(people)
    assert await _deadlocks(stage) == before


async def _deadlocks(stage: Stage) -> int:
    [row] = await stage.rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return int(row["deadlocks"])


# ── Looking back ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_what_a_budget_refused_is_taken_again_from_its_entry_alone(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    await outcomes(api, customer, 2)
    answer = await send(api, customer)
    await shift(stage, days=40)
    auditor = (await at_the_desk(stage))[0]
    place = f"/v1/log/fernhill/decisions/{answer['log']['entry']}/replay"
    again = said(await auditor.send("GET", place))
    assert (again["same"], again["outcome"], again["reasons"]) == (True, "defer", ["budget_spent"])


async def test_under_policies_that_never_heard_of_a_fact_history_is_no_error(stage: Stage, api: Api) -> None:
    texts = shipped_texts()
    lost = ("paused", "quiet", "outside_frame", "budget_spent")
    schema = "\n".join(line for line in texts[SCHEMA].splitlines() if not line.strip().startswith(lost))
    contact = texts["contact.cedar"].partition("// ── Not now")[0]
    older = {SCHEMA: schema, "contact.cedar": contact}
    await organizations.apply(stage.vault, make.written(budgeted(BUDGETS)), name="organization.yaml", own=older)
    customer = await api.register()
    await api.grant(customer, at=(now() - timedelta(days=2)).isoformat())
    [*_, registered] = await stage.entries("customer_registered")
    then = now()
    await stage.apply(budgeted(BUDGETS))
    auditor = (await at_the_desk(stage))[0]
    asked = {"subject": registered["subject"], "purpose": "sales", "channel": "email", "client": "everything"}
    found = said(await auditor.send("GET", "/v1/log/fernhill/allowed", params={**asked, "at": then.isoformat()}))
    assert (found["then"]["allowed"], found["then"]["reasons"]) == (True, ["opted_in"])
    assert (found["now"]["allowed"], found["now"]["reasons"]) == (True, ["opted_in"])


# ── Going ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_erasing_somebody_takes_their_messages_along(stage: Stage, api: Api) -> None:
    customer, other = await someone(api), await someone(api)
    for one in (customer, other):
        await send(api, one)
    assert (await stage.erase(customer)).gone["reservations"] == 1
    [left] = await stage.rows("SELECT s.customer FROM vault.reservation r JOIN keystore.subject s USING (subject)")
    assert left["customer"] == raw_id(other)
