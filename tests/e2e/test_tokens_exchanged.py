"""An agent acts for a customer on the line: by a code the customer reads to it, for some minutes, and never further."""

from __future__ import annotations

from typing import Any

import httpx2
import jwt
import pytest

from tests import make
from tests.e2e.doors import code, somebody
from tests.holder import TOKEN, Holder
from tests.stage import ISSUER, JWT_BEARER, Api, Stage, codes, refused, said

Json = dict[str, Any]
GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
CODE = "urn:consent-vault:token-type:code"
NOBODY = "cus_06h0090m41t835kpwqjv10s1y0"


async def exchange(stage: Stage, customer: str, code: str, *, client: str = "crm", **form: str) -> httpx2.Response:
    """Exchange a code, as the client that acts for customers."""
    client_id = f"fernhill.{client}"
    asked = {
        "grant_type": GRANT,
        "client_assertion_type": JWT_BEARER,
        "client_assertion": make.assertion(client_id, audience=ISSUER, now=stage.vault.clock.now()),
        "subject_token": code,
        "subject_token_type": CODE,
        "customer": customer,
    }
    return await stage.http.post("/oauth/token", data=asked | form)


def error(answer: httpx2.Response, status: int = 400) -> str:
    assert (answer.status_code, answer.headers["cache-control"]) == (status, "no-store")
    return str(answer.json()["error"])


@pytest.fixture
async def crm(stage: Stage) -> Api:
    """The client whose file says `acts_for_customers`."""
    return await stage.client("crm")


@pytest.fixture
async def customer(stage: Stage) -> str:
    customer, _ = await somebody(await stage.client("everything"))
    return customer


@pytest.fixture
async def line(stage: Stage, crm: Api, customer: str) -> Api:
    """The client on the line with the customer, with a token for them."""
    said(await crm.send("POST", f"/v1/customers/{customer}/codes"))
    answer = said(await exchange(stage, customer, await code(stage)))
    return Api(stage.http, answer["access_token"], sdk=None)


async def test_a_code_goes_out_by_mail_and_opens_what_is_theirs(stage: Stage, crm: Api, customer: str) -> None:
    sent = said(await crm.send("POST", f"/v1/customers/{customer}/codes"))
    assert set(sent) == {"ends_at"}
    answer = said(await exchange(stage, customer, await code(stage)))
    assert (answer["issued_token_type"], answer["expires_in"]) == ("urn:ietf:params:oauth:token-type:access_token", 300)
    assert (answer["act"], answer["scope"]) == ({"sub": "fernhill.crm"}, "lookup withdraw")
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["act"]) == (customer, {"sub": "fernhill.crm"})
    line = Api(stage.http, answer["access_token"], sdk=None)
    assert (await line.get("/v1/me"))["id"] == customer
    shown = (await line.get("/v1/me/consents"))["consents"]
    assert {one["purpose"] for one in shown} == {"service", "sales", "events", "surveys"}
    assert {one["channel"] for one in shown} == {"email", "voice"}


async def test_a_no_on_the_line_counts_for_the_very_next_decision(stage: Stage, customer: str, line: Api) -> None:
    api = await stage.client("everything")
    await api.grant(customer, purpose="newsletter", notice=1)
    # A purpose beyond the client's ceiling: a no is never refused.
    stated = await line.post("/v1/me/withdrawals", {"purpose": "newsletter"}, key="once")
    assert await line.post("/v1/me/withdrawals", {"purpose": "newsletter"}, key="once") == stated | {"repeated": True}
    assert codes(await api.decide(customer=customer, purpose="newsletter"))[0] == "withdrawn"
    [fact] = [entry for entry in await stage.entries("fact") if entry["said"] == "withdrawn"]
    assert (fact["source"], fact["method"]) == ("client", "phone")
    [row] = await stage.rows("SELECT client FROM vault.fact WHERE kind = 'withdrawn'")
    assert row["client"] is not None


async def test_the_log_shows_whom_and_who(stage: Stage, customer: str, line: Api) -> None:
    await line.get("/v1/me")
    await line.get("/v1/me/consents")
    await line.post("/v1/me/withdrawals", {"purpose": "sales"})
    [registered] = await stage.entries("customer_registered")
    [issued] = [entry for entry in await stage.entries("token_issued") if "subject" in entry]
    assert issued["subject"] == registered["subject"]
    for kind in ("customer_read", "consents_read", "fact"):
        [entry] = await stage.entries(kind)
        assert entry["subject"] == registered["subject"]
        assert entry["actor"] == {"kind": "customer", "client": issued["actor"]["client"], "token": issued["jti"]}
    assert customer not in str(await stage.rows("SELECT convert_from(body, 'UTF8') FROM vault.log_entry"))


async def test_it_opens_nothing_else(stage: Stage, customer: str, line: Api) -> None:
    for method, path, body in (
        ("POST", "/v1/decisions", make.asked(customer=customer)),
        ("GET", f"/v1/customers/{customer}", None),
        ("GET", f"/v1/customers/{customer}/consents", None),
        ("POST", f"/v1/customers/{customer}/withdrawals", {"purpose": "sales"}),
        ("POST", f"/v1/customers/{customer}/grants", make.granted()),
        ("POST", f"/v1/customers/{customer}/codes", None),
        ("POST", "/v1/customers/lookup", {"external": make.reference()}),
    ):
        refused(await line.send(method, path, body), 403, "insufficient_scope")


async def test_a_client_by_itself_is_nobodys_me(crm: Api) -> None:
    for method, path, body in (
        ("GET", "/v1/me", None),
        ("GET", "/v1/me/consents", None),
        ("POST", "/v1/me/withdrawals", {"purpose": "sales"}),
    ):
        refused(await crm.send(method, path, body), 403, "insufficient_scope")


async def test_a_code_is_good_once(stage: Stage, crm: Api, customer: str) -> None:
    said(await crm.send("POST", f"/v1/customers/{customer}/codes"))
    typed = await code(stage)
    said(await exchange(stage, customer, typed))
    assert error(await exchange(stage, customer, typed)) == "invalid_request"


async def test_five_wrong_tries_are_enough(stage: Stage, crm: Api, customer: str) -> None:
    said(await crm.send("POST", f"/v1/customers/{customer}/codes"))
    typed = (await code(stage)).replace(" ", "")
    wrong = f"{(int(typed) + 1) % 1_000_000:06}"
    for _ in range(5):
        assert error(await exchange(stage, customer, wrong)) == "invalid_request"
    assert error(await exchange(stage, customer, typed)) == "invalid_request"
    missed = await stage.entries("token_refused")
    assert [entry["reason"] for entry in missed] == ["customer_not_proved"] * 6
    [registered] = await stage.entries("customer_registered")
    assert {entry["subject"] for entry in missed} == {registered["subject"]}


async def test_a_code_is_good_for_ten_minutes(stage: Stage, crm: Api, customer: str) -> None:
    said(await crm.send("POST", f"/v1/customers/{customer}/codes"))
    typed = await code(stage)
    await stage.rows("UPDATE keystore.code SET ends_at = ends_at - interval '10 minutes'")
    assert error(await exchange(stage, customer, typed)) == "invalid_request"
    assert (await stage.entries("token_refused"))[-1]["reason"] == "customer_not_proved"


async def test_a_code_is_good_for_its_customer_and_its_client_alone(stage: Stage, crm: Api, customer: str) -> None:
    file = make.organization()
    file["clients"]["everything"]["acts_for_customers"] = True
    await stage.apply(file)
    api = await stage.client("everything")
    other = await api.register()
    said(await crm.send("POST", f"/v1/customers/{customer}/codes"))
    typed = await code(stage)
    for whom, client in ((other, "crm"), (NOBODY, "crm"), (customer, "everything")):
        assert error(await exchange(stage, whom, typed, client=client)) == "invalid_request"
    said(await exchange(stage, customer, typed))


async def test_whoever_is_not_believed_uses_up_no_try(stage: Stage, crm: Api, customer: str) -> None:
    said(await crm.send("POST", f"/v1/customers/{customer}/codes"))
    typed = await code(stage)
    for _ in range(6):
        assert (
            error(await exchange(stage, customer, "000000", client_assertion="no.such.thing"), 401) == "invalid_client"
        )
        assert error(await exchange(stage, customer, "000000", scope="decide")) == "invalid_scope"
    [row] = await stage.rows("SELECT tries FROM keystore.code")
    assert row["tries"] == 0
    said(await exchange(stage, customer, typed))


async def test_a_client_that_may_not_act_for_customers_has_no_code_sent(stage: Stage, customer: str) -> None:
    api = await stage.client("everything")
    refused(await api.send("POST", f"/v1/customers/{customer}/codes"), 403, "not_for_customers")
    assert error(await exchange(stage, customer, "000000", client="everything")) == "unauthorized_client"
    assert await stage.count("keystore.code") == 0
    assert await stage.count("vault.outbox") == 0


async def test_who_has_no_address_or_is_not_there_is_sent_nothing(stage: Stage, crm: Api) -> None:
    silent = await (await stage.client("everything")).register(contact_points=[make.point("phone", make.phone())])
    refused(await crm.send("POST", f"/v1/customers/{silent}/codes"), 409, "no_email")
    refused(await crm.send("POST", f"/v1/customers/{NOBODY}/codes"), 404, "unknown_customer")
    assert await stage.count("vault.outbox") == 0


async def test_less_may_be_asked_for_and_more_not(stage: Stage, crm: Api, customer: str) -> None:
    said(await crm.send("POST", f"/v1/customers/{customer}/codes"))
    typed = await code(stage)
    assert error(await exchange(stage, customer, typed, scope="lookup decide")) == "invalid_scope"
    details = '[{"type": "consent_vault", "purposes": ["newsletter"]}]'
    assert (
        error(await exchange(stage, customer, typed, authorization_details=details)) == "invalid_authorization_details"
    )
    details = '[{"type": "consent_vault", "purposes": ["sales"]}]'
    answer = said(await exchange(stage, customer, typed, authorization_details=details))
    line = Api(stage.http, answer["access_token"], sdk=None)
    assert {one["purpose"] for one in (await line.get("/v1/me/consents"))["consents"]} == {"sales"}


async def test_it_ends_with_the_clients_own_tokens_and_with_the_customer(
    stage: Stage, customer: str, line: Api
) -> None:
    await stage.erase(customer)
    refused(await line.send("GET", "/v1/me"), 404, "unknown_customer")
    form = {"client_assertion_type": JWT_BEARER, "token": line.token}
    signed = make.assertion("fernhill.crm", audience=ISSUER, now=stage.vault.clock.now())
    said(await stage.http.post("/oauth/revoke", data=form | {"client_assertion": signed}))
    refused(await line.send("GET", "/v1/me"), 401, "invalid_token")


async def test_a_token_for_a_customer_may_be_bound_as_well(stage: Stage, crm: Api, customer: str) -> None:
    said(await crm.send("POST", f"/v1/customers/{customer}/codes"))
    holder = Holder(stage, "fernhill.crm")
    form = {"grant_type": GRANT, "subject_token": await code(stage), "subject_token_type": CODE, "customer": customer}
    first = await holder.ask(holder.proof("POST", TOKEN, nonce=None), **form)
    assert error(first) == "use_dpop_nonce"
    holder.nonce = first.headers["dpop-nonce"]
    answer = said(await holder.ask(holder.proof("POST", TOKEN), **form))
    holder.token = answer["access_token"]
    assert answer["token_type"] == "DPoP"
    assert said(await holder.send("GET", "/v1/me"))["id"] == customer
