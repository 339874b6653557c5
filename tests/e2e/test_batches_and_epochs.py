"""Many questions at once, the same question again, and a change of the rules that counts for the very next request."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from tests import make
from tests.stage import Stage, codes, refused
from vault.actions.vault import Document
from vault.base.canonical import canonical
from vault.domain.organization import plain
from vault.store import organizations

Json = dict[str, Any]
NOBODY = "cus_06h0090m41t835kpwqjv10s1y0"


async def test_a_thousand_questions_are_answered_in_their_order(stage: Stage) -> None:
    api = await stage.client("everything")
    yes, no = make.customer(), make.customer()
    known = [str((await api.post("/v1/customers", one))["id"]) for one in (yes, no)]
    await api.grant(known[0])
    kinds: list[tuple[Json, str]] = [
        ({"customer": known[0], "release": ["contact", "first_name"]}, "opted_in"),
        ({"customer": known[1], "release": ["contact"]}, "never_asked"),
        ({"customer": NOBODY}, "unknown_customer"),
        ({"external": yes["external"][0], "release": ["first_name"]}, "opted_in"),
        ({"contact": no["contact_points"][0]}, "never_asked"),
        ({"customer": known[0], "purpose": "order_updates"}, "service_message"),
        ({"customer": known[0], "channel": "sms"}, "never_asked"),
    ]
    asked = [kinds[(place * place) % len(kinds)] for place in range(1000)]
    batch = {"questions": [make.asked(**question) for question, _ in asked]}
    answers = (await api.post("/v1/decisions/batch", batch))["decisions"]
    assert [codes(answer) for answer in answers] == [[code] for _, code in asked]
    assert len({answer["id"] for answer in answers}) == len({answer["log"]["entry"] for answer in answers}) == 1000
    for (question, code), answer in zip(asked, answers, strict=True):
        released = set(question.get("release", [])) if code == "opted_in" else set()
        assert set(answer.get("released", ())) == released
        if "first_name" in released:
            assert answer["released"]["first_name"] == yes["attributes"]["first_name"]


async def test_a_batch_holds_one_to_a_thousand_questions(stage: Stage) -> None:
    api = await stage.client("everything")
    one = make.asked(customer=NOBODY)
    for questions in ([], [one] * 1001):
        refused(await api.send("POST", "/v1/decisions/batch", {"questions": questions}), 422, "invalid_request")


async def test_one_question_that_makes_no_sense_refuses_the_whole_batch(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    batch = {"questions": [make.asked(customer=customer), make.asked(customer=customer, purpose="quokka_walks")]}
    problem = refused(await api.send("POST", "/v1/decisions/batch", batch), 422, "unknown_purpose")
    assert problem["detail"].startswith("question 1: ")
    assert await stage.entries("decision") == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"at": "2099-01-01T00:00:00Z"}, "not_yet"),
        ({"contact": make.point("email", "q@x.example")}, "one_person"),
        ({"external": {"source": "crm", "id": "7"}}, "one_person"),
        ({"release": ["quokka"]}, "unknown_field"),
        ({"permit_for": "quokka"}, "unknown_sender"),
    ],
)
async def test_a_question_that_says_more_is_checked_behind_one_that_does_not(
    stage: Stage, more: Json, code: str
) -> None:
    api = await stage.client("everything")
    plain = make.asked(customer=await api.register())
    batch = {"questions": [plain, plain | more]}
    refused(await api.send("POST", "/v1/decisions/batch", batch), 422, code)


async def test_a_message_is_reserved_for_behind_a_question_that_reserves_nothing(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    await api.grant(customer)
    plain = make.asked(customer=customer)
    batch = {"questions": [plain, plain | {"reserve": True}]}
    answers = (await api.post("/v1/decisions/batch", batch))["decisions"]
    told = [await api.send("POST", f"/v1/decisions/{one['id']}/outcome", {"outcome": "sent"}) for one in answers]
    assert [answer.status_code for answer in told] == [404, 200]


async def test_many_callers_at_once_each_get_their_own_answer(stage: Stage) -> None:
    api = await stage.client("everything")
    registrations = [make.customer() for _ in range(12)]
    ids = [str((await api.post("/v1/customers", one))["id"]) for one in registrations]
    for customer in ids[::2]:
        await api.grant(customer)
    places = [place % 12 for place in range(120)]
    answers = await asyncio.gather(
        *[api.post("/v1/decisions", make.asked(customer=ids[place], release=["first_name"])) for place in places]
    )
    for place, answer in zip(places, answers, strict=True):
        name = registrations[place]["attributes"]["first_name"]
        assert answer.get("released") == ({"first_name": name} if place % 2 == 0 else None)


async def test_the_same_key_gives_the_same_decision_id_and_a_fresh_answer(stage: Stage) -> None:
    api, other = await stage.client("everything"), await stage.client("crm")
    customer = await api.register()
    await api.grant(customer)
    first = await api.decide(customer=customer, key="once", release=["contact"])
    await api.say_no("withdrawals", customer)
    second = await api.decide(customer=customer, key="once", release=["contact"])
    assert (codes(first), codes(second)) == (["opted_in"], ["withdrawn"])
    assert first["id"] == second["id"]
    assert first["log"]["entry"] != second["log"]["entry"]
    assert "released" not in second
    strangers = [await other.decide(customer=customer, key="once"), await api.decide(customer=customer, key="twice")]
    assert len({first["id"], *(answer["id"] for answer in strangers)}) == 3


async def test_the_same_key_gives_a_batch_the_same_ids_in_their_places(stage: Stage) -> None:
    api = await stage.client("everything")
    batch = {"questions": [make.asked(customer=NOBODY)] * 3}
    first, second = [(await api.post("/v1/decisions/batch", batch, key="b"))["decisions"] for _ in range(2)]
    assert [answer["id"] for answer in first] == [answer["id"] for answer in second]
    assert len({answer["id"] for answer in first}) == 3


async def test_a_changed_file_counts_for_the_very_next_request_on_another_process(stage: Stage) -> None:
    there = await stage.open()
    here, api = await stage.client("everything"), await stage.client("crm", app=there)
    customer = await here.register()
    await here.grant(customer)
    assert codes(await api.decide(customer=customer)) == ["opted_in"]
    file = make.organization()
    file["clients"]["crm"]["ceiling"]["purposes"].remove("sales")
    assert await stage.apply(file)
    assert codes(await api.decide(customer=customer)) == ["purpose_not_granted_to_client"]
    file["clients"]["crm"]["ceiling"]["purposes"].append("sales")
    await stage.apply(file)
    assert codes(await api.decide(customer=customer)) == ["opted_in"]


async def test_a_purpose_declared_a_moment_ago_can_be_asked_about_on_another_process(stage: Stage) -> None:
    there = await stage.open()
    here, api = await stage.client("everything"), await stage.client("everything", app=there)
    customer = await here.register()
    body = make.asked(customer=customer, purpose="walks")
    refused(await api.send("POST", "/v1/decisions", body), 422, "unknown_purpose")
    file = make.organization()
    file["purposes"]["walks"] = {"title": dict.fromkeys(("en", "de", "fr"), "Walks"), "kind": "service",
                                 "basis": "contract", "channels": ["email"]}  # fmt: skip
    file["clients"]["everything"]["ceiling"]["purposes"].append("walks")
    await stage.apply(file)
    assert codes(await api.decide(customer=customer, purpose="walks")) == ["service_message"]


@pytest.mark.parametrize("method", ["decide", "read", "withdraw"])
async def test_a_client_taken_out_of_the_file_is_refused_with_its_next_request(stage: Stage, method: str) -> None:
    there = await stage.open()
    here, api = await stage.client("everything"), await stage.client("crm", app=there)
    customer = await here.register()
    await api.decide(customer=customer)
    file = make.organization()
    del file["clients"]["crm"]
    await stage.apply(file)
    request = {
        "decide": ("POST", "/v1/decisions", make.asked(customer=customer)),
        "read": ("GET", f"/v1/customers/{customer}", None),
        "withdraw": ("POST", f"/v1/customers/{customer}/withdrawals", {"purpose": "offers"}),
    }[method]
    response = await api.send(*request)
    refused(response, 401, "invalid_token")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert [entry["reason"] for entry in await stage.entries("denied")] == ["invalid_token"]


async def test_a_new_policy_counts_for_the_very_next_request_on_another_process(stage: Stage) -> None:
    there = await stage.open()
    here, api = await stage.client("everything"), await stage.client("everything", app=there)
    customer = await here.register()
    await here.grant(customer)
    before = await api.decide(customer=customer)
    assert codes(before) == ["opted_in"]
    await add_policy(stage, '@id("no_sales") @reason("not_allowed") forbid (principal, action == Action::"contact", '
                             'resource in Purpose::"sales");')  # fmt: skip
    after = await api.decide(customer=customer, release=["contact"])
    assert (codes(after), after["reasons"][0]["policy"]) == (["not_allowed"], "no_sales")
    assert after["configuration"] != before["configuration"]
    assert codes(await api.decide(customer=customer, purpose="order_updates")) == ["service_message"]


async def test_a_policy_that_cannot_be_evaluated_refuses_and_tells_the_operator(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    await api.grant(customer)
    await add_policy(stage, '@id("too_big") @reason("not_allowed") forbid (principal, action == Action::"contact", '
                             'resource) when { 9223372036854775807 + 1 > 0 };')  # fmt: skip
    with capture_logs() as told:
        answer = await api.decide(customer=customer, release=["contact"])
    assert (answer["allowed"], codes(answer)) == (False, ["policy_error"])
    assert [line["entry"] for line in told if line["event"] == "policy_error"] == [answer["log"]["entry"]]


async def add_policy(stage: Stage, text: str, *, name: str = "organization/sales.cedar") -> None:
    """Put a policy in force beside those there are."""
    own = await stage.organization()
    async with stage.vault.database.work(own) as work:
        kept = await organizations.by_id(work)
        assert kept is not None
        document = await organizations.configuration(work, kept.configuration)
        assert document is not None
        found = msgspec.json.decode(document, type=Document)
        policies = {**found.policies, name: text}
        stricter = canonical(plain(msgspec.structs.replace(found, policies=policies)))
        digest = organizations.digest(stricter)
        await organizations.configure(work, digest, document=stricter, recorded_at=stage.vault.clock.now())
