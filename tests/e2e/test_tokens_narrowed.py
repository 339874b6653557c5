"""A token that was asked for with less goes less far (RFC 9396): a question, a yes, a list, a field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import make
from tests.stage import ISSUER, JWT_BEARER, Api, Stage, codes, refused, said

Json = dict[str, Any]


async def narrowed(stage: Stage, client_id: str = "fernhill.everything", /, **details: list[str]) -> tuple[Api, Json]:
    """Return a client with a token of these details, and the answer it came with."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": JWT_BEARER,
        "client_assertion": make.assertion(client_id, audience=ISSUER, now=stage.vault.clock.now()),
        "authorization_details": json.dumps([{"type": "consent_vault", **details}]),
    }
    answer = said(await stage.http.post("/oauth/token", data=form))
    return Api(stage.http, answer["access_token"], sdk=None), answer


@pytest.fixture
async def customer(stage: Stage) -> str:
    api = await stage.client("everything")
    customer = await api.register()
    for purpose in ("sales", "events"):
        await api.grant(customer, purpose=purpose, notice=2 if purpose == "sales" else 1)
    return customer


async def test_what_is_granted_is_told_complete_and_stands_in_the_log(stage: Stage) -> None:
    _, answer = await narrowed(stage, purposes=["sales"], actions=["decide"])
    [details] = answer["authorization_details"]
    assert (details["purposes"], details["actions"]) == (["sales"], ["decide", "withdraw"])
    assert "email" in details["channels"]
    assert answer["scope"] == "decide withdraw"
    [entry] = [entry for entry in await stage.entries("token_issued") if "reach" in entry]
    assert entry["reach"] == {name: details[name] for name in ("purposes", "channels", "fields", "actions")}


async def test_a_question_outside_the_token_reads_nothing_about_anybody(stage: Stage, customer: str) -> None:
    elsewhere: list[dict[str, list[str]]] = [{"purposes": ["events"]}, {"channels": ["sms"]}]
    for details in elsewhere:
        api, _ = await narrowed(stage, "fernhill.everything", **details)
        answer = await api.decide(customer=customer, release=["contact"])
        assert (answer["allowed"], codes(answer)) == (False, ["outside_token"])
        entry = await stage.entry(answer)
        assert not {"subject", "flat", "facts", "standing"} & entry.keys()
        assert entry["asked_with"]["suspended"] is False
    api, _ = await narrowed(stage, purposes=["sales"], channels=["email"])
    assert codes(await api.decide(customer=customer)) == ["opted_in"]


async def test_what_the_ceiling_never_held_is_called_so(stage: Stage, customer: str) -> None:
    api, _ = await narrowed(stage, "fernhill.crm", purposes=["events"])
    assert codes(await api.decide(customer=customer, purpose="newsletter")) == ["purpose_not_granted_to_client"]
    answer = await api.decide(customer=customer, purpose="sales", channel="sms")
    assert codes(answer) == ["channel_not_granted_to_client", "outside_token"]


async def test_a_field_the_token_leaves_out_stays_here(stage: Stage, customer: str) -> None:
    api, _ = await narrowed(stage, fields=["first_name"])
    answer = await api.decide(customer=customer, release=["contact", "first_name", "last_name"])
    assert set(answer["released"]) == {"first_name"}
    assert [(one["field"], one["code"]) for one in answer["withheld"]] == [
        ("contact", "field_not_granted_to_client"),
        ("last_name", "field_not_granted_to_client"),
    ]


async def test_a_yes_is_captured_and_consents_are_shown_within_the_token(stage: Stage, customer: str) -> None:
    api, _ = await narrowed(stage, purposes=["events"], channels=["email"])
    for said_wrong in (make.granted(), make.granted(purpose="events", channel="post", notice=1)):
        answer = await api.send("POST", f"/v1/customers/{customer}/grants", said_wrong)
        refused(answer, 403, "outside_token")
    await api.grant(customer, purpose="events", notice=1)
    shown = (await api.get(f"/v1/customers/{customer}/consents"))["consents"]
    assert {(one["purpose"], one["channel"]) for one in shown} == {("events", "email")}


async def test_a_no_is_never_outside(stage: Stage, customer: str) -> None:
    api, _ = await narrowed(stage, purposes=["events"], channels=["email"], actions=["withdraw"])
    await api.say_no("withdrawals", customer, purpose="sales")
    assert codes(await (await stage.client("everything")).decide(customer=customer)) == ["withdrawn"]


async def test_a_ceiling_lowered_later_counts_for_tokens_that_were_there(stage: Stage, customer: str) -> None:
    api, _ = await narrowed(stage, purposes=["sales", "events"])
    file = make.organization()
    file["clients"]["everything"]["ceiling"]["purposes"].remove("sales")
    await stage.apply(file)
    assert codes(await api.decide(customer=customer)) == ["purpose_not_granted_to_client"]


@pytest.mark.parametrize(
    "details",
    [
        [{"type": "consent_vault", "purposes": ["newsletter"]}],
        [{"type": "consent_vault", "channels": ["sms"]}],
        [{"type": "consent_vault", "fields": ["loyalty_number"]}],
        [{"type": "consent_vault", "actions": ["admin"]}],
        [{"type": "consent_vault", "colour": "red"}],
        [{"type": "another"}],
        [{"type": "consent_vault"}, {"type": "consent_vault"}],
        [],
        {"type": "consent_vault"},
    ],
)
async def test_beyond_the_ceiling_there_is_no_smaller_token(stage: Stage, details: Any) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": JWT_BEARER,
        "client_assertion": make.assertion("fernhill.crm", audience=ISSUER, now=stage.vault.clock.now()),
        "authorization_details": json.dumps(details),
    }
    answer = await stage.http.post("/oauth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_authorization_details")
    assert (await stage.entries("token_refused"))[-1]["error"] == "invalid_authorization_details"
