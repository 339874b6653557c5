"""Outcomes: what became of a message, told by whoever was allowed to send it, and what follows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from tests import make
from tests.e2e.test_budgets import budgeted, send, shift, someone
from tests.stage import Api, Json, Stage, codes, refused, said
from vault.actions.client import sweeping

NO_DECISION = "dec_06h0090m41t835kpwqjv10s1y0"


@pytest_asyncio.fixture
async def api(stage: Stage) -> Api:
    await stage.apply(budgeted({"sales": {"week": 1}}))
    return await stage.client("everything")


async def tell(api: Api, decision: str, outcome: str) -> Json:
    return await api.post(f"/v1/decisions/{decision}/outcome", {"outcome": outcome})


async def asked(api: Api, customer: str, **question: Any) -> Json:
    return await api.decide(customer=customer, **question)


async def test_what_was_not_sent_is_given_back_and_the_next_one_may(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    first = await send(api, customer)
    assert (await send(api, customer))["outcome"] == "defer"
    assert await tell(api, first["id"], "not_sent") == {
        "decision": first["id"], "outcome": "not_sent", "repeated": False,
    }  # fmt: skip
    assert (await send(api, customer))["outcome"] == "allow"
    [entry] = await stage.entries("outcome")
    assert (entry["decision"], entry["became"], entry["purpose"]) == (first["id"], "not_sent", "sales")
    assert entry["subject"] == (await stage.entry(first))["subject"]


async def test_the_sdk_tells_it_too(api: Api) -> None:
    assert api.sdk is not None
    first = await send(api, await someone(api))
    told = await api.sdk.outcome(first["id"], "sent")
    assert (told.decision, told.outcome, told.repeated) == (first["id"], "sent", False)


@pytest.mark.parametrize("outcome", ["sent", "bounced", "complained"])
async def test_what_left_is_spent_whatever_became_of_it(stage: Stage, api: Api, outcome: str) -> None:
    customer = await someone(api)
    await tell(api, (await send(api, customer))["id"], outcome)
    assert "budget_spent" in codes(await send(api, customer))
    assert await stage.count("vault.reservation") == 1


async def test_twice_the_same_is_harmless_and_the_opposite_a_conflict(stage: Stage, api: Api) -> None:
    own = (await send(api, await someone(api)))["id"]
    for repeated in (False, True, True):
        assert (await tell(api, own, "sent"))["repeated"] is repeated
    answer = await api.send("POST", f"/v1/decisions/{own}/outcome", {"outcome": "not_sent"})
    refused(answer, 409, "outcome_contradicts")
    assert (await tell(api, own, "complained"))["outcome"] == "complained"
    assert await tell(api, own, "sent") == {"decision": own, "outcome": "complained", "repeated": True}
    assert [entry["became"] for entry in await stage.entries("outcome")] == ["sent", "complained"]


async def test_of_two_that_contradict_each_other_at_the_same_time_one_counts(stage: Stage, api: Api) -> None:
    await stage.open()
    apis = [api, await stage.client("everything", app=1)]
    own = (await send(api, await someone(api)))["id"]
    answers = await asyncio.gather(
        *(
            apis[place % 2].send("POST", f"/v1/decisions/{own}/outcome", {"outcome": outcome})
            for place, outcome in enumerate(["not_sent", "bounced"] * 4)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [409] * 4
    assert len(await stage.entries("outcome")) == 1


async def test_after_a_day_of_silence_it_was_sent(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    own = (await send(api, customer))["id"]
    await shift(stage, days=1)
    answer = await api.send("POST", f"/v1/decisions/{own}/outcome", {"outcome": "not_sent"})
    refused(answer, 409, "reservation_lapsed")
    assert (await send(api, customer))["outcome"] == "defer"
    assert (await tell(api, own, "bounced"))["repeated"] is False


async def test_given_back_and_asked_again_by_the_same_key_it_is_reserved_once_more(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    first = await send(api, customer, key="k")
    await tell(api, first["id"], "not_sent")
    again = await send(api, customer, key="k")
    assert (again["id"], again["outcome"]) == (first["id"], "allow")
    assert (await send(api, customer))["outcome"] == "defer"
    assert (await tell(api, first["id"], "sent"))["repeated"] is False
    assert [row["state"] for row in await stage.rows("SELECT state FROM vault.reservation ORDER BY at")] == [
        "not_sent", "sent",
    ]  # fmt: skip


# ── Whose ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_of_somebody_elses_decision_one_hears_what_one_hears_of_none(stage: Stage, api: Api) -> None:
    await stage.apply(make.organization("larkspur"))
    own = (await send(api, await someone(api)))["id"]
    denied = (await send(api, await api.register()))["id"]
    looked = (await asked(api, await someone(api)))["id"]
    strangers = (await stage.client("discreet"), await stage.client("everything", slug="larkspur"))
    knocks = [*((who, own) for who in strangers), *((api, one) for one in (NO_DECISION, denied, looked))]
    answers = []
    for who, decision in knocks:
        answer = await who.send("POST", f"/v1/decisions/{decision}/outcome", {"outcome": "bounced"})
        answers.append(refused(answer, 404, "unknown_decision"))
    assert answers == [answers[0]] * 5
    assert await stage.entries("outcome") == []
    assert await stage.count("vault.suppression") == 0


async def test_of_somebody_who_was_erased_nothing_is_known_any_more(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    own = (await send(api, customer))["id"]
    await stage.erase(customer)
    answer = await api.send("POST", f"/v1/decisions/{own}/outcome", {"outcome": "complained"})
    refused(answer, 404, "unknown_decision")


@pytest.mark.parametrize("body", [{}, {"outcome": "perhaps"}, {"outcome": "sent", "at": "2026-01-01T00:00:00Z"}])
async def test_what_makes_no_sense_is_told_so(api: Api, body: Json) -> None:
    answer = await api.send("POST", f"/v1/decisions/{NO_DECISION}/outcome", body)
    assert answer.status_code in {400, 422}, answer.text
    refused(await api.send("POST", "/v1/decisions/dec_nonsense/outcome", {"outcome": "sent"}), 422, "invalid_request")


async def test_outcomes_take_a_scope_of_their_own(stage: Stage, api: Api) -> None:
    own = (await send(api, await someone(api)))["id"]
    weak = await stage.client("everything", "decide release")
    refused(await weak.send("POST", f"/v1/decisions/{own}/outcome", {"outcome": "sent"}), 403, "insufficient_scope")


# ── What follows ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_what_bounced_stops_everything_to_that_address_and_a_delivery_lifts_it(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    order, offer = await send(api, customer, purpose="order_updates"), await send(api, customer)
    await tell(api, offer["id"], "bounced")
    for purpose in ("sales", "order_updates"):
        assert "suppressed" in codes(await asked(api, customer, purpose=purpose))
    assert "suppressed" not in codes(await asked(api, customer, channel="sms"))
    await tell(api, order["id"], "sent")
    assert (await asked(api, customer, purpose="order_updates"))["allowed"]
    [stopped], [lifted] = await stage.entries("suppressed"), await stage.entries("suppression_lifted")
    assert (stopped["cause"], lifted["suppression"]) == ("bounce", stopped["suppression"])
    assert "subject" not in stopped
    [about], [freed] = await stage.entries("contact_point_stopped"), await stage.entries("contact_point_freed")
    assert about["subject"] == freed["subject"] == (await stage.entry(offer))["subject"]


async def test_a_complaint_stops_offers_and_never_what_belongs_to_an_order(stage: Stage, api: Api) -> None:
    customer = await someone(api)
    order, offer = await send(api, customer, purpose="order_updates"), await send(api, customer)
    await tell(api, offer["id"], "complained")
    assert "suppressed" in codes(await asked(api, customer))
    assert (await asked(api, customer, purpose="order_updates"))["allowed"]
    await tell(api, order["id"], "sent")
    assert "suppressed" in codes(await asked(api, customer))
    assert await stage.entries("suppression_lifted") == []


async def test_what_bounced_twice_is_stopped_once_and_everybody_who_has_the_address_is(stage: Stage, api: Api) -> None:
    shared = make.point("email", make.email())
    family = [await api.register(contact_points=[shared]) for _ in range(2)]
    for one in family:
        await api.grant(one)
    first, second = [await send(api, one) for one in family]
    await tell(api, first["id"], "bounced")
    assert "suppressed" in codes(await asked(api, family[1]))
    await tell(api, second["id"], "bounced")
    assert await stage.count("vault.suppression") == 1
    told = {entry["subject"] for entry in await stage.entries("contact_point_stopped")}
    assert told == {(await stage.entry(one))["subject"] for one in (first, second)}


async def test_an_address_that_was_taken_away_meanwhile_is_stopped_all_the_same(stage: Stage, api: Api) -> None:
    registration = make.customer()
    customer = str((await api.post("/v1/customers", registration))["id"])
    await api.grant(customer)
    own = (await send(api, customer))["id"]
    said(await api.send("DELETE", f"/v1/customers/{customer}/contact-points/{(await api.points(customer))['email']}"))
    await tell(api, own, "complained")
    assert await stage.count("vault.suppression") == 1
    other = await api.register(contact_points=registration["contact_points"][:1])
    await api.grant(other)
    assert "suppressed" in codes(await asked(api, other))


async def test_an_address_that_was_not_handed_out_is_not_stopped(stage: Stage, api: Api) -> None:
    answer = await api.decide(customer=await someone(api), reserve=True)
    await tell(api, answer["id"], "bounced")
    assert await stage.count("vault.suppression") == 0
    named = make.customer()
    other = str((await api.post("/v1/customers", named))["id"])
    await api.grant(other)
    answer = await api.decide(contact=named["contact_points"][0], reserve=True)
    await tell(api, answer["id"], "bounced")
    assert await stage.count("vault.suppression") == 1


async def test_what_nobody_will_tell_anything_of_is_swept(stage: Stage, api: Api) -> None:
    await send(api, await someone(api))
    await shift(stage, days=93)
    await send(api, await someone(api))
    await sweeping.sweep(stage.vault)
    assert await stage.count("vault.reservation") == 1
