"""Tokens bound to a key (RFC 9449): worth nothing to whoever has the token alone, or a proof of yesterday."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from tests import make
from tests.holder import TOKEN, Holder
from tests.make import FakeClock
from tests.stage import ISSUER, Recorder, Stage, codes, refused, said
from vault.api.shortcut import shortcut

DECISIONS = "/v1/decisions"
NOBODY = "cus_06h0090m41t835kpwqjv10s1y0"


@pytest.fixture
async def holder(stage: Stage) -> Holder:
    """A client with a bound token."""
    found = Holder(stage)
    await found.get()
    return found


async def test_a_token_is_bound_after_one_nonce_and_opens_what_it_may(stage: Stage, holder: Holder) -> None:
    answer = await holder.get()
    assert answer["token_type"] == "DPoP"
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert set(claims["cnf"]) == {"jkt"}
    assert codes(said(await holder.send("POST", DECISIONS, make.asked(customer=NOBODY)))) == ["unknown_customer"]
    assert (await stage.entries("token_issued"))[-1]["bound"] == claims["cnf"]["jkt"]


async def test_without_a_nonce_of_ours_one_is_handed_out_and_nothing_is_done(stage: Stage, holder: Holder) -> None:
    before = await stage.count("vault.log_entry")
    for nonce in (None, "bWFkZSB1cA"):
        proof = holder.proof("POST", DECISIONS, nonce=nonce)
        answer = await holder.send("POST", DECISIONS, make.asked(customer=NOBODY), proofs=(proof,))
        refused(answer, 401, "use_dpop_nonce")
        assert answer.headers["www-authenticate"].startswith('DPoP error="use_dpop_nonce", algs="')
        assert answer.headers["dpop-nonce"] == holder.nonce
    assert await stage.count("vault.log_entry") == before


async def test_a_proof_counts_once_on_whichever_process(stage: Stage, holder: Holder) -> None:
    there = Holder(stage, app=await stage.open())
    there.key, there.token, there.nonce = holder.key, holder.token, holder.nonce
    proof = holder.proof("GET", f"/v1/customers/{NOBODY}")
    refused(await holder.send("GET", f"/v1/customers/{NOBODY}", proofs=(proof,)), 404, "unknown_customer")
    for one in (holder, there):
        answer = await one.send("GET", f"/v1/customers/{NOBODY}", proofs=(proof,))
        refused(answer, 401, "invalid_dpop_proof")
        assert answer.headers["www-authenticate"].startswith('DPoP error="invalid_dpop_proof"')
    assert [entry["reason"] for entry in await stage.entries("denied")] == ["invalid_dpop_proof"] * 2


async def test_a_proof_for_a_token_counts_once(stage: Stage, holder: Holder) -> None:
    proof = holder.proof("POST", TOKEN)
    said(await holder.ask(proof))
    answer = await holder.ask(proof)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")
    assert (await stage.entries("token_refused"))[-1]["reason"] == "replayed_proof"


async def test_a_bound_token_is_no_bearer_token(stage: Stage, holder: Holder) -> None:
    question = make.asked(customer=NOBODY)
    short = httpx2.AsyncClient(transport=Recorder(cast("Any", shortcut(stage.apps[0])), stage.seen), base_url=ISSUER)
    bearing = {"authorization": f"Bearer {holder.token}"}
    for answer in (
        await holder.send("POST", DECISIONS, question, scheme="Bearer", proofs=()),
        await holder.send("POST", DECISIONS, question, scheme="Bearer"),
        await short.post(DECISIONS, json=question, headers=bearing),
    ):
        refused(answer, 401, "invalid_token")
        assert answer.headers["www-authenticate"].startswith('DPoP error="invalid_token"')
    assert [entry["action"] for entry in await stage.entries("denied")] == ["authenticate"] * 3


async def test_a_bearer_token_does_not_become_a_bound_one(stage: Stage, holder: Holder) -> None:
    api = await stage.client("everything")
    holder.token = api.token
    refused(await holder.send("POST", DECISIONS, make.asked(customer=NOBODY)), 401, "invalid_token")


async def test_the_shortcut_leaves_proofs_to_the_route(stage: Stage, holder: Holder) -> None:
    short = httpx2.AsyncClient(transport=Recorder(cast("Any", shortcut(stage.apps[0])), stage.seen), base_url=ISSUER)
    for body, status in ((make.asked(customer=NOBODY), 200), ({"purpose": 5}, 422)):
        headers = {"authorization": f"DPoP {holder.token}", "dpop": holder.proof("POST", DECISIONS)}
        assert (await short.post(DECISIONS, json=body, headers=headers)).status_code == status


BAD: dict[str, dict[str, Any]] = {
    "another address": {"htu": f"{ISSUER}/v1/decisions/batch"},
    "another host": {"htu": "https://elsewhere.example/v1/decisions"},
    "another method": {"htm": "GET"},
    "another token": {"ath": "bm90IHRoZSBoYXNoIG9mIHRoaXMgdG9rZW4gYXQgYWxs"},
    "no token": {"ath": None},
    "no id": {"jti": None},
    "an hour ago": {"iat": 1_000_000_000},
    "an hour ahead": {"iat": 4_000_000_000},
    "another key": {"key": generate_private_key(SECP256R1())},
}


@pytest.mark.parametrize("changed", BAD.values(), ids=BAD)
async def test_a_proof_that_is_not_of_this_request_and_key_opens_nothing(
    stage: Stage, holder: Holder, changed: dict[str, Any]
) -> None:
    proof = holder.proof("POST", DECISIONS, **changed)
    answer = await holder.send("POST", DECISIONS, make.asked(customer=NOBODY), proofs=(proof,))
    refused(answer, 401, "invalid_dpop_proof")
    assert await stage.entries("decision") == []
    [entry] = await stage.entries("denied")
    assert (entry["action"], entry["reason"]) == ("authenticate", "invalid_dpop_proof")


async def test_one_proof_is_sent_and_not_two_and_not_none(stage: Stage, holder: Holder) -> None:
    for proofs in ((), (holder.proof("POST", DECISIONS), holder.proof("POST", DECISIONS))):
        answer = await holder.send("POST", DECISIONS, make.asked(customer=NOBODY), proofs=proofs)
        refused(answer, 401, "invalid_dpop_proof")


async def test_query_and_escapes_do_not_belong_to_the_address(holder: Holder) -> None:
    path = f"/v1/customers/{NOBODY}/consents"
    proof = holder.proof("GET", path)
    answer = await holder.send("GET", f"{path}?at=2026-01-01T00:00:00Z", proofs=(proof,))
    refused(answer, 404, "unknown_customer")
    proof = holder.proof("GET", "/v1/%73uppressions")
    assert (await holder.send("GET", "/v1/suppressions?limit=1", proofs=(proof,))).status_code == 200


async def test_a_client_declared_so_gets_no_token_without_a_proof(stage: Stage) -> None:
    file = make.organization()
    file["clients"]["crm"]["authentication"]["profile"] = "fapi2"
    await stage.apply(file)
    answer = await stage.token("fernhill.crm")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")
    assert (await stage.entries("token_refused"))[-1]["reason"] == "no_proof"
    holder = Holder(stage, "fernhill.crm")
    assert (await holder.get())["token_type"] == "DPoP"
    refused(await holder.send("GET", f"/v1/customers/{NOBODY}"), 404, "unknown_customer")


async def test_a_nonce_is_good_for_some_minutes(stage: Stage) -> None:
    clock = FakeClock()
    holder = Holder(stage, app=await stage.open(clock=clock))
    await holder.get()
    clock.pass_by(seconds=100)
    refused(await holder.send("GET", f"/v1/customers/{NOBODY}"), 404, "unknown_customer")
    clock.at += timedelta(seconds=190)
    refused(await holder.send("GET", f"/v1/customers/{NOBODY}"), 401, "use_dpop_nonce")
