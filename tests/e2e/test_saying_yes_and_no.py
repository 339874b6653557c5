"""Clients record what people say: a yes only when it is complete, a no always; each once, dated by PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests import make
from tests.make import FakeClock
from tests.stage import Api, Stage, codes, now, refused

INCOMPLETE: list[tuple[dict[str, Any], str]] = [
    ({"channel": "*"}, "grant_for_every_channel"),
    ({"evidence": None}, "evidence_missing"),
    ({"evidence": {}}, "evidence_missing"),
    ({"notice": None}, "notice_missing"),
    ({"notice": 9}, "unknown_notice_version"),
    ({"notice": 0}, "invalid_request"),
    ({"locale": None}, "unknown_locale"),
    ({"locale": "it"}, "unknown_locale"),
    ({"at": "2999-01-01T00:00:00Z"}, "dated_in_future"),
    ({"at": "2025-02-28T00:00:00Z"}, "notice_not_published"),
    ({"at": "2025-06-01T00:00:00"}, "invalid_request"),
    ({"until": "2020-01-01T00:00:00Z"}, "ends_before_it_begins"),
    ({"channel": "post"}, "channel_not_for_purpose"),
    ({"channel": "pigeon"}, "unknown_channel"),
    ({"purpose": "walks"}, "unknown_purpose"),
    ({"purpose": "order_updates"}, "nothing_to_grant"),
    ({"purpose": "personalisation"}, "channel_not_for_purpose"),
    ({"contact_point": "ctp_06h0090m41t835kpwqjv10s1y0"}, "unknown_contact_point"),
    ({"method": "telepathy"}, "invalid_request"),
    ({"sincerely": True}, "invalid_request"),
]


async def send(api: Api, what: str, customer: str, body: dict[str, Any], *, key: str | None = None) -> Any:
    return await api.send("POST", f"/v1/customers/{customer}/{what}", body, key=key)


async def test_an_incomplete_yes_is_a_bad_request_and_leaves_nothing(stage: Stage, api: Api) -> None:
    customer = await api.register()
    before = await stage.written()
    for fault, code in INCOMPLETE:
        response = await send(api, "grants", customer, make.granted(**fault))
        refused(response, 404 if code == "unknown_contact_point" else 422, code)
    assert await stage.written() == before
    assert codes(await api.decide(customer=customer)) == ["never_asked"]


async def test_a_yes_needs_a_customer_who_is_there(stage: Stage, api: Api) -> None:
    for what, body in (("grants", make.granted()), ("withdrawals", {"purpose": "sales"})):
        refused(await send(api, what, "cus_06h0090m41t835kpwqjv10s1y0", body), 404, "unknown_customer")
    assert await stage.count("vault.fact") == 0


async def test_a_yes_stays_within_the_ceiling_and_its_scope(stage: Stage, api: Api) -> None:
    customer = await api.register()
    crm, kestrel = await stage.client("crm"), await stage.client("kestrel_mail")
    wide = make.granted(purpose="back_in_stock", notice=1)
    refused(await send(crm, "grants", customer, wide), 403, "purpose_not_granted_to_client")
    refused(await send(crm, "grants", customer, make.granted(channel="sms")), 403, "channel_not_granted_to_client")
    refused(await send(kestrel, "grants", customer, make.granted()), 403, "insufficient_scope")
    assert await stage.count("vault.fact") == 0


async def test_any_client_may_record_a_no_for_any_purpose(stage: Stage, api: Api) -> None:
    customer = await api.register()
    await api.grant(customer)
    for key in ("inkwell_print", "importer", "kestrel_mail"):
        client = await stage.client(key)
        for what in ("refusals", "withdrawals", "objections"):
            for purpose in ("offers", "surveys", "service"):
                assert not (await client.say_no(what, customer, purpose=purpose))["repeated"]
    assert codes(await api.decide(customer=customer)) == ["objected"]


async def test_a_no_needs_nothing_but_its_purpose_and_covers_all_below(stage: Stage, api: Api) -> None:
    customer = await api.register()
    ways = [("sales", "email"), ("sales", "sms"), ("back_in_stock", "email"), ("events", "sms")]
    for purpose, channel in ways:
        await api.grant(customer, purpose=purpose, channel=channel, notice=2 if purpose == "sales" else 1)
    await api.say_no("withdrawals", customer, purpose="sales")
    found = [codes(await api.decide(customer=customer, purpose=purpose, channel=channel)) for purpose, channel in ways]
    assert found == [["withdrawn"], ["withdrawn"], ["withdrawn"], ["opted_in"]]
    await api.grant(customer)
    again = [codes(await api.decide(customer=customer, purpose=purpose, channel=channel)) for purpose, channel in ways]
    assert again == [["opted_in"], ["withdrawn"], ["withdrawn"], ["opted_in"]]


async def test_a_token_narrowed_to_deciding_records_nothing(stage: Stage, api: Api) -> None:
    customer = await api.register()
    narrow = await stage.client("everything", "decide")
    for what, body in (("grants", make.granted()), ("withdrawals", {"purpose": "sales"})):
        refused(await send(narrow, what, customer, body), 403, "insufficient_scope")
    assert await stage.count("vault.fact") == 0


async def test_no_client_lifts_an_objection(stage: Stage, api: Api) -> None:
    customer = await api.register()
    await api.say_no("objections", customer)
    await api.grant(customer)
    assert codes(await api.decide(customer=customer)) == ["objected"]


async def test_a_no_with_an_unknown_key_is_an_error_and_no_silence(stage: Stage, api: Api) -> None:
    customer = await api.register()
    refused(await send(api, "withdrawals", customer, {"purpose": "walks"}), 422, "unknown_purpose")
    body = {"purpose": "sales", "channel": "pigeon"}
    refused(await send(api, "withdrawals", customer, body), 422, "unknown_channel")
    assert await stage.count("vault.fact") == 0


async def test_a_no_dated_in_the_future_or_about_a_point_long_gone_counts_all_the_same(stage: Stage, api: Api) -> None:
    customer = await api.register()
    await api.grant(customer)
    gone = "ctp_06h0090m41t835kpwqjv10s1y0"
    body = {"purpose": "sales", "at": "2999-01-01T00:00:00Z", "contact_point": gone}
    assert (await send(api, "withdrawals", customer, body)).status_code == 200
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]


# ── Retries ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_same_idempotency_key_adds_no_fact(stage: Stage, api: Api) -> None:
    customer = await api.register()
    first, second = [await api.grant(customer, key="a yes") for _ in range(2)]
    assert (first["repeated"], second["repeated"]) == (False, True)
    assert first | {"repeated": True} == second
    for _ in range(2):
        await api.say_no("withdrawals", customer, key="a no")
    assert await stage.count("vault.fact") == 2
    assert (await api.grant(customer, key="a yes"))["repeated"]
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]


async def test_a_key_is_of_its_client_alone(stage: Stage, api: Api) -> None:
    customer, crm = await api.register(), await stage.client("crm")
    first, second = await api.grant(customer, key="k"), await crm.grant(customer, key="k")
    assert first["id"] != second["id"]


async def test_a_key_used_for_another_thing_is_a_conflict(stage: Stage, api: Api) -> None:
    customer = await api.register()
    await api.grant(customer, key="k")
    refused(await send(api, "grants", customer, make.granted(channel="sms"), key="k"), 409, "idempotency_key_reused")
    assert await stage.count("vault.fact") == 1
    await api.say_no("withdrawals", customer, key="k")  # a no is never refused
    assert await stage.count("vault.fact") == 2


async def test_the_same_reference_and_date_add_no_fact(stage: Stage, api: Api) -> None:
    customer = await api.register()
    at = (now() - timedelta(days=3)).isoformat()
    first, second = [await api.grant(customer, reference="Quokka form 7", at=at) for _ in range(2)]
    assert (second["repeated"], second["id"]) == (True, first["id"])
    no = [await api.say_no("withdrawals", customer, reference="Quokka form 8", at=at) for _ in range(2)]
    assert [one["repeated"] for one in no] == [False, True]
    assert not (await api.grant(customer, reference="Quokka form 9", at=at))["repeated"]
    assert await stage.count("vault.fact") == 3


async def test_a_yes_sent_again_by_its_reference_does_not_undo_the_no_said_since(stage: Stage, api: Api) -> None:
    customer = await api.register()
    await api.grant(customer, reference="Quokka form 7")
    await api.say_no("withdrawals", customer)
    assert (await api.grant(customer, reference="Quokka form 7"))["repeated"]
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]


async def test_a_no_said_again_later_is_a_new_fact(stage: Stage, api: Api) -> None:
    customer = await api.register()
    facts = [await api.say_no("withdrawals", customer) for _ in range(3)]
    assert len({fact["id"] for fact in facts}) == 3
    assert not any(fact["repeated"] for fact in facts)


async def test_the_same_key_at_once_is_stored_once(stage: Stage, api: Api) -> None:
    customer = await api.register()
    facts = await asyncio.gather(*[api.grant(customer, key="k") for _ in range(20)])
    assert len({fact["id"] for fact in facts}) == 1
    assert sum(not fact["repeated"] for fact in facts) == 1
    assert await stage.count("vault.fact") == 1


# ── Whose clock ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_fifty_at_once_are_recorded_one_after_the_other_by_postgresql(stage: Stage, api: Api) -> None:
    customer = await api.register()
    [before] = await stage.rows("SELECT clock_timestamp() AS at")
    said = [api.say_no("withdrawals", customer) if place % 2 else api.grant(customer) for place in range(50)]
    facts = await asyncio.gather(*said)
    [after] = await stage.rows("SELECT clock_timestamp() AS at")
    recorded = [datetime.fromisoformat(fact["recorded_at"]) for fact in facts]
    assert len(set(recorded)) == 50
    assert before["at"] < min(recorded) < max(recorded) < after["at"]
    assert all(fact["at"] == fact["recorded_at"] for fact in facts)


@pytest.mark.parametrize("days", [-2, 2])
async def test_a_server_with_a_wrong_clock_loses_no_withdrawal(stage: Stage, api: Api, days: int) -> None:
    wrong = await stage.client("everything", app=await stage.open(clock=FakeClock(now() + timedelta(days=days))))
    customer = await api.register()
    await api.grant(customer)
    fact = await wrong.say_no("withdrawals", customer)
    assert abs(datetime.fromisoformat(fact["recorded_at"]) - now()) < timedelta(hours=1)
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]
    await wrong.grant(customer)
    assert codes(await api.decide(customer=customer)) == ["opted_in"]
    assert codes(await wrong.decide(customer=customer)) == ["opted_in"]


# ── Looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def state(listing: dict[str, Any], purpose: str, channel: str) -> str:
    [found] = [one for one in listing["consents"] if (one["purpose"], one["channel"]) == (purpose, channel)]
    return str(found["state"])


async def test_consents_are_listed_now_then_and_as_was_known_then(stage: Stage, api: Api) -> None:
    customer = await api.register()
    path = f"/v1/customers/{customer}/consents"
    said = now() - timedelta(days=10)
    unknown = now().isoformat()
    fact = await api.grant(customer, at=said.isoformat())
    await api.say_no("withdrawals", customer)
    assert state(await api.get(path), "sales", "email") == "withdrawn"
    assert state(await api.get(path, at=(said + timedelta(days=1)).isoformat()), "sales", "email") == "granted"
    assert state(await api.get(path, at=(said - timedelta(days=1)).isoformat()), "sales", "email") == "never_asked"
    assert state(await api.get(path, known_at=unknown), "sales", "email") == "never_asked"
    assert state(await api.get(path, known_at=fact["recorded_at"]), "sales", "email") == "granted"
    both = await api.get(path, at=fact["at"], known_at=fact["recorded_at"])
    assert state(both, "sales", "email") == "granted"


async def test_consents_are_listed_for_the_ceiling_alone(stage: Stage, api: Api) -> None:
    customer, crm = await api.register(), await stage.client("crm")
    listing = await crm.get(f"/v1/customers/{customer}/consents")
    shown = {(one["purpose"], one["channel"]) for one in listing["consents"]}
    assert shown == {("service", "email"), ("sales", "email"), ("sales", "voice"), ("events", "email"),
                     ("surveys", "email")}  # fmt: skip
    narrow = await stage.client("crm", "decide")
    response = await narrow.send("GET", f"/v1/customers/{customer}/consents")
    refused(response, 403, "insufficient_scope")


async def test_an_objection_is_listed_plainly_to_whoever_may_not_know(stage: Stage, api: Api) -> None:
    customer, discreet = await api.register(), await stage.client("discreet")
    await api.say_no("objections", customer)
    [shown] = [
        one
        for one in (await discreet.get(f"/v1/customers/{customer}/consents"))["consents"]
        if (one["purpose"], one["channel"]) == ("sales", "email")
    ]
    assert shown == {"purpose": "sales", "channel": "email", "state": "not_allowed"}


async def test_a_stop_that_comes_twice_at_once_is_one(stage: Stage, api: Api) -> None:
    stop = {"contact": make.point("email", make.email())}
    stops = await asyncio.gather(*(api.post("/v1/suppressions", stop) for _ in range(12)))
    assert len({one["id"] for one in stops}) == 1
    assert await stage.count("vault.suppression") == len(await stage.entries("suppressed")) == 1
