"""openid-client, a strict OAuth library for JavaScript, gets along with the vault without special cases."""

from __future__ import annotations

import json
import re
import time
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests import make
from tests.interop.strangers import KEYS, SECRET, Site

DETAIL = {"type": "consent_vault", "purposes": ["sales"], "channels": ["email"]}
QUESTION = {"customer": "cus_06h0090m41t835kpwqjv10s1y0", "purpose": "sales", "channel": "email"}
CODE = "urn:consent-vault:token-type:code"


@pytest.mark.parametrize("algorithm", KEYS)
def test_it_discovers_the_vault_gets_a_token_by_its_key_and_asks(site: Site, algorithm: str) -> None:
    came = site.openid("token", algorithm.lower(), question=QUESTION)
    assert came["metadata"]["issuer"] == site.url
    assert came["token"]["token_type"] == "bearer"
    assert came["token"]["expires_in"] == 300
    assert came["asked"]["status"] == 200
    assert [reason["code"] for reason in came["asked"]["body"]["reasons"]] == ["unknown_customer"]


def test_it_gets_a_token_by_a_secret_of_odd_characters(site: Site) -> None:
    assert not SECRET.isascii()
    assert "decide" in site.openid("token", "basic")["token"]["scope"].split()


def test_it_narrows_a_token_and_cannot_ask_beyond_it(site: Site) -> None:
    asked = {"scope": "decide", "authorization_details": f"[{_json(DETAIL)}]"}
    came = site.openid("token", "es256", parameters=asked, question={**QUESTION, "purpose": "events"})
    [granted] = came["token"]["authorization_details"]
    assert (granted["purposes"], granted["channels"]) == (["sales"], ["email"])
    assert [reason["code"] for reason in came["asked"]["body"]["reasons"]] == ["outside_token"]


def test_it_is_refused_a_detail_beyond_the_ceiling(site: Site) -> None:
    beyond = _json({**DETAIL, "purposes": ["no_such_purpose"]})
    came = site.openid("token", "es256", parameters={"authorization_details": f"[{beyond}]"})
    assert (came["failed"]["error"], came["failed"]["status"]) == ("invalid_authorization_details", 400)


def test_it_introspects_and_revokes_a_token_which_is_dead_with_the_next_request(site: Site) -> None:
    asked = {"authorization_details": f"[{_json(DETAIL)}]"}
    came = site.openid("introspect", "es256", parameters=asked, question=QUESTION)
    assert came["living"]["active"] is True
    assert came["living"]["authorization_details"][0]["purposes"] == ["sales"]
    assert came["revoked"] == {"active": False}
    assert came["refused"]["status"] == 401


@pytest.mark.parametrize("algorithm", KEYS)
def test_it_binds_its_tokens_where_the_client_is_declared_fapi2(site: Site, algorithm: str) -> None:
    came = site.openid("token", f"fapi_{algorithm.lower()}", dpop=algorithm, question=QUESTION)
    assert came["token"]["token_type"] == "dpop"
    assert came["asked"]["status"] == 200


def test_it_gets_no_token_for_a_fapi2_client_without_a_proof_of_possession(site: Site) -> None:
    assert site.openid("token", "fapi_es256")["failed"]["error"] == "invalid_dpop_proof"


def test_it_exchanges_the_code_of_a_customer_on_the_line(site: Site) -> None:
    customer = _register(site)
    asked = {
        "subject_token": _code_of(site, customer),
        "subject_token_type": CODE,
        "customer": customer,
    }
    came = site.openid("exchange", "es256", parameters=asked)
    assert came["token"]["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
    assert came["me"]["status"] == 200
    assert came["me"]["body"]["id"] == customer


def _register(site: Site) -> str:
    with _http(site) as http:
        return str(http.post("/v1/customers", json=make.customer()).raise_for_status().json()["id"])


def _code_of(site: Site, customer: str) -> str:
    with _http(site) as http:
        http.post(f"/v1/customers/{customer}/codes", json={}).raise_for_status()
    until = time.monotonic() + 20
    while not (found := _letters(site.mail)):
        assert time.monotonic() < until, "no message was written"
        time.sleep(0.1)
    text = message_from_bytes(found[0].read_bytes(), policy=policy.default).get_body(("plain",))
    assert text is not None
    [code] = re.findall(r"\b\d{3} ?\d{3}\b", text.get_content())
    return str(code).replace(" ", "")


def _letters(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.eml"))


def _http(site: Site) -> httpx2.Client:
    token = site.openid("token", "es256")["token"]["access_token"]
    return httpx2.Client(base_url=site.url, headers={"authorization": f"Bearer {token}"})


def _json(value: Any) -> str:
    return json.dumps(value)
