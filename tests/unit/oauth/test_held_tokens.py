"""Revocation (RFC 7009) and introspection (RFC 7662): a client takes back and reads its own tokens, nobody else's."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.oauth.clients import (
    AUDIENCE,
    CLIENT_ID,
    EC_OTHER,
    ENDPOINT,
    ISSUER,
    JTI,
    NOW,
    SECONDS,
    SERVER,
    asserting,
    basic,
    old_crm,
    refused,
    signed,
    signer,
)
from tests.unit.oauth.holders import holding, jkt, proof
from vault.base.ids import ClientId, CustomerId, OrganizationId
from vault.oauth.answer import Answer, Revoked
from vault.oauth.client import Registered
from vault.oauth.grant.exchange import CODE, GRANT
from vault.oauth.request import Request, claimed_client
from vault.oauth.server import Server
from vault.oauth.token import Claims, Keys

OWN = old_crm()
SHOP = old_crm(id=ClientId("cli_shop"), client_id="fernhill.shop")
CHIEF = old_crm(id=ClientId("cli_chief"), client_id="fernhill.chief", actions=("admin",))
ELSEWHERE = old_crm(organization=OrganizationId("org_elsewhere"), client_id="elsewhere.crm", actions=("admin",))
DESK = signer(acts_for_customers=True)
CUSTOMER = CustomerId("cus_06h0090m41t835kpwqjv10s1y0")
DETAILS = [{"type": "consent_vault", "purposes": ["sales"], "actions": ["decide"]}]


def token(request: Request | None = None, who: Registered = OWN, server: Server = SERVER, **proved: Any) -> str:
    request = basic(user=who.client_id) if request is None else request
    text: str = server.token(request, who, now=NOW, jti=JTI, **proved).body["access_token"]
    return text


def about(text: str, who: Registered = OWN, **parameters: str) -> Request:
    form = {"token": text, **parameters}
    return Request(form=tuple(form.items()), authorization=basic(user=who.client_id).authorization)


def revoke(request: Request, who: Registered | None = OWN, now: Any = NOW) -> Answer:
    return SERVER.revoke(request, who, now=now)


def introspect(request: Request, who: Registered | None = OWN, now: Any = NOW, *, lives: bool = True) -> Answer:
    return SERVER.introspect(request, who, now=now, lives=lambda _: lives)


def unbelieved() -> list[str]:
    """Tokens that are none of ours."""
    stranger = Server(issuer=ISSUER, audience=AUDIENCE, keys=Keys(kid="now", private=EC_OTHER))
    elsewhere = Server(issuer="https://elsewhere.example", audience=AUDIENCE, keys=Keys(kid="now", private=EC_OTHER))
    return ["x", "a.b.c", "é", token() + "x", token(server=stranger), token(server=elsewhere), "x" * 8192]


# ── Revocation ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_client_takes_its_own_token_back() -> None:
    answer = revoke(about(token()))
    assert answer.revoked == Revoked(jti=JTI, expires=NOW.replace(microsecond=0) + timedelta(minutes=5))
    assert (answer.status, answer.body, answer.error) == (200, {}, None)
    assert answer.credential is not None


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "whatever"])
def test_a_hint_changes_nothing(hint: str) -> None:
    assert revoke(about(token(), token_type_hint=hint)).revoked is not None
    assert introspect(about(token(), token_type_hint=hint)).body["active"]


@pytest.mark.parametrize("who", [SHOP, CHIEF, ELSEWHERE])
def test_nobody_takes_back_the_token_of_another_and_nobody_is_told(who: Registered) -> None:
    answer = revoke(about(token(), who), who)
    assert answer.revoked is None
    own = revoke(about(token()))
    assert (answer.status, answer.body, answer.headers) == (own.status, own.body, own.headers)


def test_what_is_no_token_is_taken_back_like_any_other() -> None:
    for text in unbelieved():
        answer = revoke(about(text))
        assert (answer.status, answer.body, answer.revoked, answer.error) == (200, {}, None, None)
    assert revoke(about(token()), now=NOW + timedelta(minutes=5)).revoked is None


# ── Introspection ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_client_reads_its_own_token() -> None:
    answer = introspect(about(token()))
    assert answer.body == {
        "active": True,
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": CLIENT_ID,
        "client_id": CLIENT_ID,
        "scope": "capture decide release withdraw",
        "jti": JTI,
        "iat": SECONDS,
        "exp": SECONDS + 300,
        "token_type": "Bearer",
    }
    assert answer.status == 200
    assert answer.introspected is not None
    assert ("Cache-Control", "no-store") in answer.headers


def test_everything_a_token_says_is_read_out() -> None:
    narrowed = basic(authorization_details=json.dumps(DETAILS))
    assert introspect(about(token(narrowed))).body["authorization_details"] == [
        {
            "type": "consent_vault",
            "purposes": ["sales"],
            "channels": ["email", "sms"],
            "fields": ["contact", "first_name"],
            "actions": ["decide", "withdraw"],
        }
    ]
    bound = introspect(about(token(holding(proof()), signer()))).body
    assert (bound["cnf"], bound["token_type"]) == ({"jkt": jkt()}, "DPoP")
    exchange = {"grant_type": GRANT, "subject_token": "493817", "subject_token_type": CODE, "customer": CUSTOMER}
    acting = introspect(about(token(asserting(signed(), **exchange), DESK, customer=CUSTOMER))).body
    assert (acting["sub"], acting["act"]) == (CUSTOMER, {"sub": CLIENT_ID})


def test_an_administering_client_reads_the_tokens_of_its_organization_alone() -> None:
    assert introspect(about(token(), CHIEF), CHIEF).body["client_id"] == CLIENT_ID
    assert introspect(about(token(), ELSEWHERE), ELSEWHERE).body == {"active": False}


def test_every_token_that_is_not_active_looks_the_same() -> None:
    inactive = [
        *(introspect(about(text)) for text in unbelieved()),
        introspect(about(token(), SHOP), SHOP),
        introspect(about(token(), ELSEWHERE), ELSEWHERE),
        introspect(about(token()), now=NOW + timedelta(minutes=5)),
        introspect(about(token()), lives=False),
        introspect(about(token(), CHIEF), CHIEF, lives=False),
    ]
    for answer in inactive:
        assert (answer.status, answer.body, answer.headers) == (200, {"active": False}, inactive[0].headers)
        assert (answer.introspected, answer.error, answer.reason) == (None, None, None)


def test_whether_a_token_lives_is_asked_of_the_clients_own_organization_alone() -> None:
    asked: list[Claims] = []

    def lives(claims: Claims) -> bool:
        asked.append(claims)
        return True

    for who in (SHOP, ELSEWHERE):
        SERVER.introspect(about(token(), who), who, now=NOW, lives=lives)
    SERVER.introspect(about("x"), OWN, now=NOW, lives=lives)
    assert asked == []
    SERVER.introspect(about(token()), OWN, now=NOW, lives=lives)
    assert [claims.jti for claims in asked] == [JTI]


# ── Who asks ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("endpoint", [revoke, introspect])
def test_whoever_asks_proves_who_it_is_as_at_the_token_endpoint(endpoint: Any) -> None:
    mine = token()
    for aud in (ISSUER, ENDPOINT, ISSUER + "/oauth/revoke", ISSUER + "/oauth/introspect"):
        request = asserting(signed(aud=aud), token=mine)
        assert claimed_client(request) == CLIENT_ID
        answer = endpoint(request, signer())
        assert answer.status == 200
        assert answer.once is not None
        assert answer.once.jti == "once-1"
    assert refused(endpoint(asserting(signed(EC_OTHER), token=mine), signer()), "bad_signature")
    assert refused(endpoint(asserting(signed(aud=ISSUER + "/v1"), token=mine), signer()), "bad_assertion_claims")
    assert refused(endpoint(about(mine), None), "unknown_client")
    assert refused(endpoint(about(mine), signer()), "other_method")
    assert refused(endpoint(Request(form=(("token", mine),)), OWN), "no_credential")
    bearer = Request(form=(("token", mine),), authorization="Bearer " + mine)
    assert refused(endpoint(bearer, OWN), "no_credential")
    for answer in (endpoint(about(mine), None), endpoint(bearer, OWN)):
        assert answer.status == 401
        assert (answer.revoked, answer.introspected) == (None, None)


@pytest.mark.parametrize("endpoint", [revoke, introspect])
def test_a_malformed_request_is_refused(endpoint: Any) -> None:
    whole = about(token())
    for form in ((), (("token", ""),), (*whole.form, *whole.form), (("token", "x" * 8193),)):
        request = Request(form=form, authorization=whole.authorization)
        assert refused(endpoint(request, OWN), None, "invalid_request")
