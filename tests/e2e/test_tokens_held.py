"""What a client does with tokens it has: takes them back (RFC 7009), and asks what they still say (RFC 7662)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from tests import make
from tests.holder import Holder
from tests.stage import ISSUER, JWT_BEARER, Api, Stage, refused, said
from vault.actions.client.clients import end_tokens, suspend

Json = dict[str, Any]
NOBODY = "cus_06h0090m41t835kpwqjv10s1y0"


async def about(
    stage: Stage, path: str, token: str, client_id: str = "fernhill.crm", /, **form: str
) -> httpx2.Response:
    """Send a token to an endpoint, as a client."""
    asked = {
        "token": token,
        "client_assertion_type": JWT_BEARER,
        "client_assertion": make.assertion(client_id, audience=ISSUER, now=stage.vault.clock.now()),
    }
    return await stage.http.post(path, data=asked | form)


async def introspected(stage: Stage, token: str, client_id: str = "fernhill.crm") -> Json:
    answer = await about(stage, "/oauth/introspect", token, client_id)
    assert answer.headers["cache-control"] == "no-store"
    return said(answer)


@pytest.fixture
async def crm(stage: Stage) -> Api:
    return await stage.client("crm")


async def test_a_token_taken_back_opens_nothing_from_the_answer_on(stage: Stage, crm: Api) -> None:
    there = Api(stage._https[await stage.open()], crm.token, sdk=None)
    refused(await there.send("GET", f"/v1/customers/{NOBODY}"), 404, "unknown_customer")
    answer = await about(stage, "/oauth/revoke", crm.token, token_type_hint="access_token")
    assert (answer.status_code, answer.json(), answer.headers["cache-control"]) == (200, {}, "no-store")
    for api in (crm, there):
        refused(await api.send("GET", f"/v1/customers/{NOBODY}"), 401, "invalid_token")
    assert await introspected(stage, crm.token) == {"active": False}
    [entry] = await stage.entries("token_revoked")
    issued = {one["jti"] for one in await stage.entries("token_issued")}
    assert entry["jti"] in issued


async def test_taking_it_back_again_changes_nothing(stage: Stage, crm: Api) -> None:
    said(await about(stage, "/oauth/revoke", crm.token))
    rows = await stage.rows("SELECT epoch FROM vault.organization")
    await crm.send("GET", f"/v1/customers/{NOBODY}")  # has this process know of it
    said(await about(stage, "/oauth/revoke", crm.token))
    assert await stage.rows("SELECT epoch FROM vault.organization") == rows


async def test_what_is_no_token_of_this_client_is_answered_alike_and_stays_as_it_is(stage: Stage, crm: Api) -> None:
    other = await stage.client("everything")
    await stage.apply(make.organization("larkspur"))
    foreign = await stage.client("crm", slug="larkspur")
    for token in (other.token, foreign.token, "nonsense", "a.b.c"):
        answer = await about(stage, "/oauth/revoke", token)
        assert (answer.status_code, answer.json()) == (200, {})
        assert await introspected(stage, token) == {"active": False}
    for api in (other, foreign, crm):
        refused(await api.send("GET", f"/v1/customers/{NOBODY}"), 404, "unknown_customer")
    assert [entry for entry in await stage.entries("token_revoked") if "jti" in entry] == []


async def test_a_living_token_is_told_to_its_client_and_to_the_organizations_admin(stage: Stage, crm: Api) -> None:
    told = await introspected(stage, crm.token)
    assert told["active"] is True
    assert (told["client_id"], told["sub"], told["iss"], told["aud"]) == (
        "fernhill.crm",
        "fernhill.crm",
        ISSUER,
        ISSUER,
    )
    assert told["token_type"] == "Bearer"
    assert told["exp"] - told["iat"] in {299, 300}
    assert set(told["scope"].split()) >= {"decide", "withdraw"}
    assert await introspected(stage, crm.token, "fernhill.only_admin") == told
    assert await introspected(stage, crm.token, "fernhill.only_decide") == {"active": False}
    entries = await stage.entries("token_introspected")
    assert [entry["active"] for entry in entries] == [True, True, False]


async def test_a_bound_token_says_to_which_key(stage: Stage) -> None:
    holder = Holder(stage, "fernhill.crm")
    await holder.get()
    told = await introspected(stage, holder.token)
    assert (told["token_type"], set(told["cnf"])) == ("DPoP", {"jkt"})


async def test_what_ended_is_not_active(stage: Stage, crm: Api) -> None:
    operator = await stage.operator()
    await end_tokens(stage.vault, operator, key="crm")
    assert await introspected(stage, crm.token, "fernhill.only_admin") == {"active": False}
    fresh = said(await stage.token("fernhill.crm"))["access_token"]
    assert (await introspected(stage, fresh))["active"] is True
    await suspend(stage.vault, operator, key="crm")
    assert await introspected(stage, fresh, "fernhill.only_admin") == {"active": False}
    answer = await about(stage, "/oauth/introspect", fresh)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("path", ["/oauth/revoke", "/oauth/introspect"])
async def test_whoever_is_not_believed_learns_and_changes_nothing(stage: Stage, crm: Api, path: str) -> None:
    used = make.assertion("fernhill.crm", audience=ISSUER, now=stage.vault.clock.now())
    said(await about(stage, "/oauth/introspect", crm.token, client_assertion=used))
    for form, status, error in (
        ({"client_assertion": used}, 401, "invalid_client"),
        ({"client_assertion": "no.such.thing"}, 401, "invalid_client"),
        ({"token": ""}, 400, "invalid_request"),
        ({"client_secret": "x"}, 400, "invalid_request"),
    ):
        answer = await about(stage, path, crm.token, **form)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        assert answer.headers["cache-control"] == "no-store"
    refused(await crm.send("GET", f"/v1/customers/{NOBODY}"), 404, "unknown_customer")
    entries = await stage.entries("token_refused")
    assert {entry["endpoint"] for entry in entries} == {path.rpartition("/")[2]}
    assert len(entries) == 4


async def test_of_many_taken_back_at_once_none_is_forgotten(stage: Stage) -> None:
    tokens = [
        said(one)["access_token"] for one in await asyncio.gather(*(stage.token("fernhill.crm") for _ in range(20)))
    ]
    living = await stage.client("crm")
    await asyncio.gather(*(about(stage, "/oauth/revoke", token) for token in tokens))
    for token in tokens:
        api = Api(stage.http, token, sdk=None)
        refused(await api.send("GET", f"/v1/customers/{NOBODY}"), 401, "invalid_token")
    refused(await living.send("GET", f"/v1/customers/{NOBODY}"), 404, "unknown_customer")
    assert await stage.count("vault.revoked_token") == 20
