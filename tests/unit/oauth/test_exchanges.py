"""Token exchange (RFC 8693): a client acts for the customer on the line, and both stand in the token."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest

from tests.unit.oauth.clients import (
    AUDIENCE,
    CLIENT_ID,
    ISSUER,
    KEYS,
    NOW,
    SECONDS,
    SERVER,
    SIGNING,
    asserting,
    basic,
    old_crm,
    refused,
    signed,
    signer,
)
from tests.unit.oauth.holders import jkt, proof
from vault.base.ids import CustomerId
from vault.oauth.answer import Answer
from vault.oauth.client import Registered
from vault.oauth.grant.exchange import ACCESS_TOKEN, CODE, GRANT, Exchange, claimed
from vault.oauth.request import Request
from vault.oauth.token import verify

CUSTOMER = CustomerId("cus_06h0090m41t835kpwqjv10s1y0")
OTHER = CustomerId("cus_06h0090m41t835kpwqjv10s1yg")
HONEST = {"grant_type": GRANT, "subject_token": "493817", "subject_token_type": CODE, "customer": CUSTOMER}
DESK = old_crm(acts_for_customers=True, actions=("decide", "lookup", "admin"))


def wanted(**changed: Any) -> Request:
    """An exchange with one thing changed; None leaves it out."""
    form = {name: value for name, value in {**HONEST, **changed}.items() if value is not None}
    return basic(**form)


def ask(request: Request, *, proved: CustomerId | None = CUSTOMER, who: Registered = DESK) -> Answer:
    return SERVER.token(request, who, now=NOW, jti="0f" * 16, customer=proved)


def test_a_code_opens_a_token_in_which_both_stand() -> None:
    answer = ask(wanted())
    assert answer.status == 200
    assert answer.customer == "proved"
    assert answer.body["issued_token_type"] == ACCESS_TOKEN
    assert answer.body["token_type"] == "Bearer"
    assert answer.body["expires_in"] == 300
    assert answer.body["act"] == {"sub": CLIENT_ID}
    body = jwt.decode(
        answer.body["access_token"], SIGNING.public_key(), algorithms=["ES256"], audience=AUDIENCE,
        options={"verify_exp": False},
    )  # fmt: skip
    assert (body["sub"], body["act"], body["client_id"]) == (CUSTOMER, {"sub": CLIENT_ID}, CLIENT_ID)
    assert body["exp"] == SECONDS + 300
    believed = verify(answer.body["access_token"], KEYS.public(), issuer=ISSUER, audience=AUDIENCE, now=NOW)
    assert believed == answer.issued
    assert believed.customer == CUSTOMER


def test_for_a_customer_a_client_may_look_and_say_no_and_nothing_else() -> None:
    assert ask(wanted()).body["scope"] == "lookup withdraw"
    assert ask(wanted(), who=old_crm(acts_for_customers=True)).body["scope"] == "withdraw"
    assert ask(wanted(scope="withdraw")).body["scope"] == "withdraw"
    assert refused(ask(wanted(scope="decide")), None, "invalid_scope")
    assert refused(ask(wanted(scope="admin")), None, "invalid_scope")


def test_an_exchange_may_be_narrowed_like_everything_else() -> None:
    details = [{"type": "consent_vault", "purposes": ["sales"], "actions": ["lookup"]}]
    answer = ask(wanted(authorization_details=json.dumps(details)))
    assert answer.body["authorization_details"][0]["purposes"] == ["sales"]
    assert answer.body["authorization_details"][0]["actions"] == ["lookup", "withdraw"]
    beyond = [{"type": "consent_vault", "actions": ["decide"]}]
    assert refused(ask(wanted(authorization_details=json.dumps(beyond))), None, "invalid_authorization_details")


def test_an_exchanged_token_may_be_bound_to_a_key() -> None:
    request = Request(form=asserting(signed(), **HONEST).form, dpop=(proof(),))
    answer = ask(request, who=signer(acts_for_customers=True, profile="fapi2"))
    assert answer.body["token_type"] == "DPoP"
    assert answer.issued is not None
    assert (answer.issued.jkt, answer.issued.customer) == (jkt(), CUSTOMER)


def test_a_client_that_is_not_declared_so_acts_for_nobody() -> None:
    answer = ask(wanted(), who=old_crm())
    assert refused(answer, None, "unauthorized_client")
    assert answer.customer is None


@pytest.mark.parametrize("proved", [None, OTHER])
def test_a_code_that_proves_nobody_opens_nothing_and_is_counted(proved: CustomerId | None) -> None:
    answer = ask(wanted(), proved=proved)
    assert refused(answer, "customer_not_proved", "invalid_request")
    assert answer.customer == "missed"
    assert answer.status == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"subject_token": None},
        {"subject_token": "7" * 65},
        {"subject_token_type": None},
        {"subject_token_type": ACCESS_TOKEN},
        {"customer": None},
        {"customer": "fernhill-4711"},
        {"customer": "ctp_06h0090m41t835kpwqjv10s1y0"},
        {"customer": CUSTOMER.upper()},
        {"actor_token": "x"},
        {"actor_token_type": ACCESS_TOKEN},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:jwt"},
    ],
)
def test_nothing_else_is_exchanged_and_no_code_is_looked_at(changed: dict[str, Any]) -> None:
    answer = ask(wanted(**changed))
    assert refused(answer, None, "invalid_request")
    assert answer.customer is None
    assert claimed(wanted(**changed)) is None


def test_what_is_asked_for_may_be_said_aloud() -> None:
    assert ask(wanted(requested_token_type=ACCESS_TOKEN)).status == 200


@pytest.mark.parametrize("name", ["audience", "resource"])
@pytest.mark.parametrize("grant", [GRANT, "client_credentials"])
def test_a_token_is_good_for_this_vault_and_nothing_else(name: str, grant: str) -> None:
    for target in (ISSUER, ISSUER + "/", ISSUER + "/v1", AUDIENCE):
        assert ask(wanted(grant_type=grant, **{name: target})).status == 200
    for target in ("https://elsewhere.example", ISSUER + "/v2", ISSUER + ":8443", "vault", ISSUER + "#x", CLIENT_ID):
        answer = ask(wanted(grant_type=grant, **{name: target}))
        assert refused(answer, None, "invalid_target")
        assert answer.customer is None


def test_both_targets_must_be_ours() -> None:
    assert refused(ask(wanted(audience=ISSUER, resource="https://elsewhere.example")), None, "invalid_target")
    assert refused(ask(wanted(audience="https://elsewhere.example", resource=ISSUER)), None, "invalid_target")


def test_a_stranger_learns_nothing_of_a_code() -> None:
    wrong = basic(secret="wrong", **HONEST)
    for proved in (CUSTOMER, None):
        answer = ask(wrong, proved=proved)
        assert refused(answer, "wrong_secret")
        assert answer.customer is None


def test_a_code_is_not_used_up_by_a_request_that_got_nothing() -> None:
    answer = ask(wanted(scope="admin"))
    assert (answer.issued, answer.customer) == (None, None)


def test_the_code_is_looked_up_by_what_the_request_claims_and_never_shown() -> None:
    found = claimed(wanted())
    assert found == Exchange(customer=CUSTOMER, code="493817")
    assert "493817" not in repr(found) + str(ask(wanted()).body)
    assert claimed(basic()) is None
    assert claimed(wanted(grant_type="client_credentials")) is None
    assert claimed(Request(form=(*wanted().form, ("customer", CUSTOMER)))) is None


def test_without_an_exchange_nobody_is_acted_for() -> None:
    answer = ask(basic())
    assert answer.issued is not None
    assert answer.issued.customer is None
    assert "act" not in answer.body
    assert answer.customer is None
