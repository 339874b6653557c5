"""Assertions that must not open anything."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from tests.unit.oauth.clients import (
    CLIENT_ID,
    EC,
    EC_384,
    EC_OTHER,
    ED,
    ED_448,
    ENDPOINT,
    ISSUER,
    NOW,
    PRIVATE,
    RSA,
    RSA_SHORT,
    SECONDS,
    ask,
    asserting,
    b64,
    claims,
    client,
    jwk,
    old_crm,
    part,
    refused,
    signed,
    signer,
)
from vault.domain.organization import Authentication
from vault.oauth.answer import replayed
from vault.oauth.request import Request, claimed_client

ELSEWHERE = "https://elsewhere.example"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"aud": ELSEWHERE}, "bad_assertion_claims"),
        ({"aud": ENDPOINT + "/"}, "bad_assertion_claims"),
        ({"aud": [ISSUER, ELSEWHERE]}, "bad_assertion_claims"),
        ({"aud": []}, "bad_assertion_claims"),
        ({"aud": None}, "bad_assertion_claims"),
        ({"aud": {"a": 1}}, "bad_assertion_claims"),
        ({"iss": "fernhill.shop"}, "bad_assertion_claims"),
        ({"iss": None}, "bad_assertion_claims"),
        ({"exp": None}, "bad_assertion_claims"),
        ({"exp": "tomorrow"}, "bad_assertion_claims"),
        ({"exp": True}, "bad_assertion_claims"),
        ({"exp": SECONDS}, "bad_assertion_times"),
        ({"exp": SECONDS - 3600}, "bad_assertion_times"),
        ({"exp": SECONDS + 3611}, "bad_assertion_times"),
        ({"exp": 1e300}, "bad_assertion_times"),
        ({"exp": 10**400}, "bad_assertion_times"),
        ({"iat": SECONDS + 11}, "bad_assertion_times"),
        ({"nbf": SECONDS + 11}, "bad_assertion_times"),
        ({"nbf": "now"}, "bad_assertion_claims"),
        ({"jti": None}, "bad_assertion_claims"),
        ({"jti": ""}, "bad_assertion_claims"),
        ({"jti": "x" * 257}, "bad_assertion_claims"),
        ({"jti": "a\n"}, "bad_assertion_claims"),
        ({"jti": "a\x00"}, "bad_assertion_claims"),
        ({"jti": 7}, "bad_assertion_claims"),
    ],
)
def test_an_assertion_that_says_the_wrong_thing_opens_nothing(changed: dict[str, Any], reason: str) -> None:
    body = json.dumps(claims(**changed)).encode()
    assertion = jwt.PyJWS().encode(body, EC, algorithm="ES256")
    assert refused(ask(asserting(assertion), signer()), reason)


@pytest.mark.parametrize(
    "changed", [{"iat": None}, {"iat": SECONDS + 10}, {"nbf": SECONDS + 10}, {"exp": SECONDS + 3600}]
)
def test_a_client_whose_clock_is_a_little_ahead_is_served(changed: dict[str, Any]) -> None:
    assert ask(asserting(signed(**changed)), signer()).status == 200


def test_an_assertion_is_over_at_its_last_second() -> None:
    assertion = asserting(signed())
    ending = NOW.replace(microsecond=0) + timedelta(seconds=60)
    assert ask(assertion, signer(), ending - timedelta(microseconds=1)).status == 200
    assert refused(ask(assertion, signer(), ending), "bad_assertion_times")


@pytest.mark.parametrize("sub", [None, "", "fernhill.shop", 7, ["fernhill.crm"]])
def test_an_assertion_about_somebody_else_opens_nothing(sub: object) -> None:
    assertion = jwt.PyJWS().encode(json.dumps(claims(sub=sub)).encode(), EC, algorithm="ES256")
    assert ask(asserting(assertion), signer()).error == "invalid_client"


def test_a_client_id_beside_the_assertion_must_be_its_subject() -> None:
    request = asserting(signed(), client_id="fernhill.shop")
    assert claimed_client(request) is None
    assert refused(ask(request, signer()), "unknown_client")


def test_a_registration_that_is_not_the_one_claimed_serves_nobody() -> None:
    assert refused(ask(asserting(signed()), signer(client_id="fernhill.shop")), "unknown_client")


def test_an_unsigned_assertion_opens_nothing() -> None:
    for alg in ("none", "None", "NONE", ""):
        unsigned = f"{part({'alg': alg})}.{part(claims())}."
        assert refused(ask(asserting(unsigned), signer()), "no_credential")
        assert refused(ask(asserting(unsigned + "AAAA"), signer()), "bad_assertion_header")
    assert refused(ask(asserting(f"{part({})}.{part(claims())}.AAAA"), signer()), "bad_assertion_header")


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_the_public_key_is_no_shared_secret(alg: str) -> None:
    pem = EC.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    raw = EC.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    published = jwk(EC)
    for secret in (raw, b64(pem).encode(), b64(json.dumps(published).encode()).encode()):
        assertion = jwt.encode(claims(), secret.ljust(64, b"="), algorithm=alg)
        assert refused(ask(asserting(assertion), signer(published)), "bad_assertion_header")


def test_a_shared_secret_among_the_published_keys_is_no_key() -> None:
    shared = {"kty": "oct", "k": b64(b"k" * 64), "alg": "ES256", "crv": "P-256"}
    assert refused(ask(asserting(signed()), signer(shared)), "no_keys")


@pytest.mark.parametrize("alg", ["RS256", "PS384", "ES384", "ES256K", "RS1"])
def test_an_algorithm_that_is_not_offered_opens_nothing(alg: str) -> None:
    assertion = f"{part({'alg': alg})}.{part(claims())}.{b64(b's' * 64)}"
    assert refused(ask(asserting(assertion), signer()), "bad_assertion_header")


@pytest.mark.parametrize("declared", ["ES256", "EdDSA", "PS256"])
@pytest.mark.parametrize("used", ["ES256", "EdDSA", "PS256"])
def test_a_client_signs_with_the_algorithm_it_declared(declared: str, used: str) -> None:
    who = signer(*(jwk(private) for private in (EC, ED, RSA)), algorithm=declared)
    answer = ask(asserting(signed(PRIVATE[used], used)), who)
    assert (answer.status == 200) == (declared == used)
    assert declared == used or refused(answer, "bad_assertion_header")


def test_what_the_published_key_says_of_its_algorithm_is_not_asked() -> None:
    assert ask(asserting(signed()), signer(jwk(EC, alg="HS256"))).status == 200
    assert refused(ask(asserting(signed(RSA, "RS256")), signer(jwk(RSA, alg="RS256"))), "bad_assertion_header")


def test_another_key_opens_nothing() -> None:
    assert refused(ask(asserting(signed(EC_OTHER)), signer()), "bad_signature")
    assert refused(ask(asserting(signed(EC_OTHER, headers={"kid": "a"})), signer()), "bad_signature")
    assert refused(ask(asserting(signed(headers={"kid": "b"})), signer()), "no_keys")


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_an_assertion_brings_along_is_not_used(name: str) -> None:
    brought = {"jwk": jwk(EC_OTHER), "jku": ELSEWHERE, "x5u": ELSEWHERE, "x5c": ["AAAA"]}[name]
    assertion = signed(EC_OTHER, headers={name: brought})
    assert refused(ask(asserting(assertion), signer()), "bad_signature")


@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "secevent+jwt", "JOSE"])
def test_a_token_of_another_kind_is_no_assertion(typ: str) -> None:
    assert refused(ask(asserting(signed(headers={"typ": typ})), signer()), "bad_assertion_header")


@pytest.mark.parametrize(
    "header", [{"crit": ["b64"], "b64": True}, {"crit": ["exp"]}, {"crit": []}, {"kid": 7}, {"typ": []}]
)
def test_a_header_that_demands_more_than_is_understood_opens_nothing(header: dict[str, Any]) -> None:
    body = f"{part({'alg': 'Ed25519', **header})}.{part(claims())}"
    assertion = f"{body}.{b64(ED.sign(body.encode()))}"
    assert refused(ask(asserting(assertion), signer(jwk(ED))), "bad_assertion_header")


def test_a_payload_the_signature_does_not_cover_is_refused() -> None:
    head, _, tail = signed().split(".")
    assert refused(ask(asserting(f"{head}.{part(claims(jti='other'))}.{tail}"), signer()), "bad_signature")
    assert refused(
        ask(asserting(f"{part({'alg': 'ES256', 'x': 1})}.{part(claims())}.{tail}"), signer()), "bad_signature"
    )


def test_a_detached_payload_is_refused() -> None:
    body = f"{part({'alg': 'Ed25519', 'b64': False})}.{part(claims())}"
    assertion = f"{body}.{b64(ED.sign(body.encode()))}"
    assert refused(ask(asserting(assertion), signer(jwk(ED))), "bad_assertion_header")


def test_a_signature_has_one_spelling() -> None:
    honest = signed()
    for other in (honest + "=", honest + "==", honest[:-1] + "é", honest + "\n", " " + honest, honest + ".AAAA"):
        assert ask(asserting(other), signer()).error == "invalid_client"
    stretched = honest[:-1] + chr(ord(honest[-1]) + 1)  # the last letter of 64 bytes carries four idle bits
    assert refused(ask(asserting(stretched), signer()), "no_credential")


@pytest.mark.parametrize(
    "text", ["", "a", "a.b", "a.b.c.d.e", "..", "a.b.c", "e30.e30.e30", "!!!!.!!!!.!!!!", "bm90.bm90.bm90", "_w._w._w"]
)
def test_what_is_no_assertion_opens_nothing(text: str) -> None:
    assert refused(ask(asserting(text), signer()), "no_credential")


def test_the_assertion_must_say_that_it_is_one() -> None:
    honest = dict(asserting(signed()).form)
    for kind in ("", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"):
        request = Request(form=tuple({**honest, "client_assertion_type": kind}.items()))
        assert refused(ask(request, signer()), "no_credential")


@pytest.mark.parametrize(
    "broken",
    [
        jwk(EC_384),
        jwk(EC, use="enc"),
        jwk(EC, crv="P-384"),
        jwk(EC, kty="RSA"),
        jwk(EC, x="AAAA"),
        {**jwk(EC), "x": 7},
        {**jwk(EC), "x": jwk(EC)["y"]},
        {**jwk(EC), "d": "AAAA"},
        {"kty": "EC", "crv": "P-256"},
        {},
    ],
)
def test_a_published_key_that_is_broken_or_meant_for_something_else_is_no_key(broken: dict[str, Any]) -> None:
    assert refused(ask(asserting(signed()), signer(broken)), "no_keys")
    assert ask(asserting(signed()), signer(broken, jwk(EC))).status == 200


def test_short_and_foreign_keys_are_no_keys() -> None:
    short = f"{part({'alg': 'PS256'})}.{part(claims())}"
    signature = RSAAlgorithm(RSAAlgorithm.SHA256).sign(short.encode(), RSA_SHORT)
    assert refused(ask(asserting(f"{short}.{b64(signature)}"), signer(jwk(RSA_SHORT))), "no_keys")
    assert refused(ask(asserting(signed(ED_448, "EdDSA")), signer(jwk(ED_448))), "no_keys")


@pytest.mark.parametrize("jwks", [None, {}, {"keys": None}, {"keys": 7}, {"keys": []}, {"keys": ["text", 7, None]}])
def test_a_client_without_keys_of_its_own_opens_nothing(jwks: Any) -> None:
    who = client(Authentication(method="private_key_jwt", jwks=jwks, jwks_uri="https://crm.fernhill.example/jwks.json"))
    assert refused(ask(asserting(signed()), who), "no_keys")


def test_a_client_with_a_secret_cannot_sign_instead() -> None:
    assert refused(ask(asserting(signed()), old_crm()), "other_method")


def test_a_client_is_served_through_its_last_day() -> None:
    for last_day in ("expires", "key_expires"):
        assert ask(asserting(signed()), signer(**{last_day: date(2026, 11, 2)})).status == 200
        assert refused(ask(asserting(signed()), signer(**{last_day: date(2026, 11, 1)})), "expired")


def test_an_assertion_that_came_before_reads_like_every_other_failure() -> None:
    failed = ask(asserting(signed(EC_OTHER)), signer())
    assert refused(replayed(), "replayed")
    assert (replayed().status, replayed().body, replayed().headers) == (failed.status, failed.body, failed.headers)


def test_an_assertion_is_not_used_up_by_a_request_that_got_nothing() -> None:
    assert refused(ask(asserting(signed(), scope="admin"), signer()), None, "invalid_scope")
    assert ask(asserting(signed()), signer()).once is not None


def test_an_unknown_client_and_a_wrong_signature_look_the_same() -> None:
    unknown, wrong = ask(asserting(signed()), None), ask(asserting(signed(EC_OTHER)), signer())
    assert refused(unknown, "unknown_client")
    assert (unknown.status, unknown.body, unknown.headers) == (wrong.status, wrong.body, wrong.headers)
    assert CLIENT_ID not in json.dumps(wrong.body)
