"""Keys and secrets of clients: two live while one replaces the other, and each has a name to be shown by."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from tests.unit.oauth.clients import (
    EC,
    EC_OTHER,
    ED,
    NOW,
    RSA,
    SERVER,
    ask,
    asserting,
    basic,
    client,
    jwk,
    old_crm,
    refused,
    signed,
    signer,
)
from tests.unit.oauth.holders import jkt
from vault.domain.organization import Authentication
from vault.oauth import jwk as jwk_sets
from vault.oauth.jwk import key, published
from vault.oauth.request import Request, claimed_key

THIRD = generate_private_key(SECP256R1())
EXAMPLE = {  # RFC 7638 section 3.1
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
    "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8"
    "KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
    "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}


def by_the_key_it_fetched(*keys: dict[str, Any], stands: dict[str, Any] | None = None) -> Any:
    authentication = Authentication(
        method="private_key_jwt", jwks=stands, jwks_uri="https://crm.fernhill.example/jwks.json"
    )
    return client(authentication, keys={"keys": list(keys)})


# ── Which key or secret it was ───────────────────────────────────────────────────────────────────────────────────────
def test_an_answer_names_the_key_that_proved_the_client() -> None:
    who = signer(jwk(EC, kid="old"), jwk(EC_OTHER, kid="new"))
    assert ask(asserting(signed(EC)), who).credential == "old"
    assert ask(asserting(signed(EC_OTHER)), who).credential == "new"
    assert ask(asserting(signed(EC_OTHER, headers={"kid": "new"})), who).credential == "new"


@pytest.mark.parametrize("kid", ["", "two words", "é", "a\nb", "x" * 129])
def test_a_key_whose_name_cannot_be_shown_is_called_by_its_thumbprint(kid: str) -> None:
    assert ask(asserting(signed(headers={"kid": kid})), signer(jwk(EC, kid=kid))).credential == jkt(EC)
    assert ask(asserting(signed()), signer(jwk(EC))).credential == jkt(EC)


def test_an_answer_names_the_secret_that_proved_the_client_and_does_not_show_it() -> None:
    who = old_crm("old-secret", "new-secret")
    for secret in ("old-secret", "new-secret"):
        assert ask(basic(secret=secret), who).credential == sha256(secret.encode()).hexdigest()[:16]
    assert ask(basic(secret="wrong"), who).credential is None


def test_a_client_that_proved_itself_and_got_nothing_is_named_too() -> None:
    answer = ask(basic(scope="admin"), old_crm())
    assert refused(answer, None, "invalid_scope")
    assert answer.credential is not None


# ── Two while changing over ──────────────────────────────────────────────────────────────────────────────────────────
def test_two_keys_are_tried_on_an_assertion_that_names_none_and_no_third() -> None:
    who = signer(jwk(EC, kid="a"), jwk(ED, kid="b"), jwk(EC_OTHER, kid="c"), jwk(THIRD, kid="d"))
    assert ask(asserting(signed(EC)), who).status == 200
    assert ask(asserting(signed(EC_OTHER)), who).status == 200
    assert refused(ask(asserting(signed(THIRD)), who), "bad_signature")
    assert ask(asserting(signed(THIRD, headers={"kid": "d"})), who).status == 200


def test_the_key_that_is_named_goes_before_those_without_a_name() -> None:
    who = signer(jwk(EC), jwk(EC_OTHER), jwk(THIRD, kid="c"))
    assert ask(asserting(signed(THIRD, headers={"kid": "c"})), who).credential == "c"
    assert refused(ask(asserting(signed(THIRD, headers={"kid": "x"})), who), "bad_signature")


def test_a_client_that_is_suspended_gets_nothing_with_any_of_them() -> None:
    assert refused(ask(asserting(signed()), signer(suspended=True)), "suspended")
    assert refused(ask(basic(), old_crm(suspended=True)), "suspended")
    request = Request(form=(("token", "x"),), authorization=basic().authorization)
    assert refused(SERVER.revoke(request, old_crm(suspended=True), now=NOW), "suspended")


# ── Keys that were fetched ───────────────────────────────────────────────────────────────────────────────────────────
def test_keys_that_were_fetched_count_and_not_those_of_the_file() -> None:
    who = by_the_key_it_fetched(jwk(EC_OTHER, kid="b"), stands={"keys": [jwk(EC, kid="a")]})
    assert ask(asserting(signed(EC_OTHER)), who).credential == "b"
    assert refused(ask(asserting(signed(EC)), who), "bad_signature")
    assert refused(ask(asserting(signed()), by_the_key_it_fetched()), "no_keys")


def test_the_key_to_look_for_is_the_one_the_assertion_names() -> None:
    assert claimed_key(asserting(signed(headers={"kid": "b"}))) == "b"
    assert claimed_key(asserting(signed())) is None
    assert claimed_key(asserting(signed(headers={"kid": "b"}), client_secret="x")) is None
    assert claimed_key(basic()) is None
    assert claimed_key(asserting("a.b.c")) is None


# ── Reading them ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_set_is_read_once_for_as_long_as_it_stays_the_same_object() -> None:
    listed = {"keys": [jwk(EC, kid="a"), "no key", jwk(ED)]}
    first = published(listed)
    assert [one.kid for one in first] == ["a", None]
    assert published(listed) is first
    again = published({"keys": list(listed["keys"])})
    assert again == first
    assert again is not first


def test_sets_that_are_forgotten_are_read_anew() -> None:
    first = {"keys": [jwk(EC, kid="a")]}
    held = published(first)
    for number in range(1100):
        assert len(published({"keys": [jwk(EC, kid=str(number))]})) == 1
    assert published(first) == held
    assert len(jwk_sets._held) <= 1024


def test_a_thumbprint_is_that_of_the_standard() -> None:
    found = key(EXAMPLE)
    assert found is not None
    assert found.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert found.kid == "2011-04-29"
    assert found.algorithms == {"PS256"}


@pytest.mark.parametrize(
    "changed",
    [
        {"d": "AAAA"},
        {"oth": []},
        {"k": "AAAA"},
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"kty": "EC"},
        {"kty": ["RSA"]},
        {"kid": 7},
        {"e": "Aw"},
        {"e": "AQAB="},
        {"e": "AQA B"},
        {"n": "AQAB"},
        {"n": None},
        {"n": "A" * 1025},
        {"n": jwk(RSA)["n"] + "\n"},
    ],
)
def test_what_is_no_key_for_signatures_is_none(changed: dict[str, Any]) -> None:
    assert key({**EXAMPLE, **changed}) is None


@pytest.mark.parametrize("listed", [None, {}, {"keys": None}, {"keys": {}}, {"keys": 7}, {"keys": "text"}])
def test_a_set_without_keys_has_none(listed: Any) -> None:
    assert published(listed) == ()


def test_a_key_may_say_that_it_verifies() -> None:
    assert key({**EXAMPLE, "use": "sig", "key_ops": ["verify"]}) is not None
