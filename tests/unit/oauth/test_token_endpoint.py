"""What an honest client gets, and what the caller is told to write."""

from __future__ import annotations

import logging
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt as jose
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.unit.oauth.clients import (
    AUDIENCE,
    CLIENT_ID,
    EC,
    ENDPOINT,
    ISSUER,
    JTI,
    KEYS,
    NOW,
    PRIVATE,
    SECONDS,
    SIGNING,
    ask,
    asserting,
    basic,
    claims,
    jwk,
    old_crm,
    refused,
    signed,
    signer,
)
from vault.oauth.request import claimed_client
from vault.oauth.token import verify

CEILING = {"decide", "release", "capture", "withdraw"}


def test_a_secret_opens_the_whole_ceiling_and_withdraw() -> None:
    answer = ask(basic(), old_crm())
    assert answer.status == 200
    assert answer.error is None
    assert answer.reason is None
    assert answer.body["token_type"] == "Bearer"
    assert answer.body["expires_in"] == 300
    assert answer.body["scope"] == "capture decide release withdraw"
    assert set(answer.body) == {"access_token", "token_type", "expires_in", "scope"}
    assert ("Cache-Control", "no-store") in answer.headers


def test_the_token_says_what_the_entry_will_say() -> None:
    answer = ask(basic(scope="decide withdraw"), old_crm())
    believed = verify(answer.body["access_token"], KEYS.public(), issuer=ISSUER, audience=AUDIENCE, now=NOW)
    assert believed == answer.issued
    assert believed.scopes == {"decide", "withdraw"}
    assert believed.jti == JTI
    assert believed.organization == "org_fernhill"
    assert believed.client == "cli_crm"
    assert believed.expires == NOW.replace(microsecond=0) + timedelta(minutes=5)


def test_the_token_is_an_access_token_of_rfc_9068() -> None:
    token = ask(basic(), old_crm()).body["access_token"]
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "typ": "at+jwt", "kid": "now"}
    body = jwt.decode(
        token, SIGNING.public_key(), algorithms=["ES256"], options={"verify_exp": False}, audience=AUDIENCE
    )
    assert {"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope"} <= set(body)
    assert body["aud"] == AUDIENCE
    assert body["sub"] == body["client_id"] == CLIENT_ID
    assert (body["iat"], body["exp"]) == (SECONDS, SECONDS + 300)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "Ed25519", "PS256"])
@pytest.mark.parametrize("named", [True, False])
def test_an_assertion_opens_too_whatever_its_algorithm_and_whether_its_key_has_a_name(
    algorithm: str, *, named: bool
) -> None:
    private = PRIVATE[algorithm]
    published = jwk(private, kid="k1") if named else jwk(private)
    assertion = signed(private, algorithm, headers={"kid": "k1"} if named else None)
    answer = ask(asserting(assertion), signer(published))
    assert answer.status == 200
    assert answer.once is not None
    assert answer.once.jti == "once-1"
    assert answer.once.expires.timestamp() == SECONDS + 60 + 60


@pytest.mark.parametrize("declared", ["EdDSA", "Ed25519"])
@pytest.mark.parametrize("published", ["EdDSA", "Ed25519"])
@pytest.mark.parametrize("used", ["EdDSA", "Ed25519"])
def test_both_names_of_ed25519_mean_one_thing(declared: str, published: str, used: str) -> None:
    who = signer(jwk(PRIVATE["EdDSA"], alg=published), algorithm=declared)
    assert ask(asserting(signed(PRIVATE["EdDSA"], used)), who).status == 200


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")  # joserfc's opinion of the older name
@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "Ed25519", "PS256"])
def test_an_assertion_written_by_another_library_opens_too(algorithm: str) -> None:
    private = PRIVATE[algorithm]
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key: ECKey | RSAKey | OKPKey
    match algorithm:
        case "ES256":
            key = ECKey.import_key(pem)
        case "PS256":
            key = RSAKey.import_key(pem)
        case _:
            key = OKPKey.import_key(pem)
    assertion = jose.encode({"alg": algorithm}, claims(), key, algorithms=[algorithm])
    who = signer({**key.as_dict(private=False), "kid": "x"})
    assert ask(asserting(assertion), who).status == 200


@pytest.mark.parametrize("aud", [ISSUER, ENDPOINT, [ISSUER], [ENDPOINT, ISSUER]])
def test_an_assertion_may_be_meant_for_the_issuer_or_the_endpoint(aud: object) -> None:
    assert ask(asserting(signed(aud=aud)), signer()).status == 200


@pytest.mark.parametrize("typ", ["JWT", "client-authentication+jwt"])
def test_an_assertion_may_say_what_it_is(typ: str) -> None:
    assert ask(asserting(signed(headers={"typ": typ})), signer()).status == 200


def test_the_client_id_may_stand_beside_either_credential() -> None:
    assert ask(asserting(signed(), client_id=CLIENT_ID), signer()).status == 200
    assert ask(basic(client_id=CLIENT_ID), old_crm()).status == 200


def test_parameters_nobody_knows_are_ignored_and_empty_ones_count_as_left_out() -> None:
    answer = ask(basic(scope="", colour="green", client_assertion=""), old_crm())
    assert answer.issued is not None
    assert answer.issued.scopes == CEILING


def test_the_second_key_works_while_the_first_is_replaced() -> None:
    old, new = jwk(PRIVATE["ES256"], kid="old"), jwk(SIGNING, kid="new")
    who = signer(old, new)
    assert ask(asserting(signed(EC, headers={"kid": "old"})), who).status == 200
    assert ask(asserting(signed(SIGNING, headers={"kid": "new"})), who).status == 200
    assert ask(asserting(signed(SIGNING)), who).status == 200


def test_the_second_secret_works_while_the_first_is_replaced() -> None:
    who = old_crm("old-secret", "new-secret")
    assert ask(basic(secret="old-secret"), who).status == 200
    assert ask(basic(secret="new-secret"), who).status == 200


def test_whoever_asks_is_named_before_anything_is_proven() -> None:
    assert claimed_client(basic()) == CLIENT_ID
    assert claimed_client(asserting(signed(PRIVATE["ES256"]))) == CLIENT_ID


def test_answers_do_not_depend_on_those_before() -> None:
    assert ask(basic(), old_crm()).status == 200
    assert refused(ask(basic(secret="wrong"), old_crm()), "wrong_secret")
    assert ask(asserting(signed()), signer()).status == 200
    again = ask(basic(), old_crm())
    assert again.status == 200
    assert again.once is None


def test_no_secret_and_no_token_is_shown_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    request = basic()
    answer = ask(request, old_crm())
    assertion = signed()
    shown = caplog.text + repr(request) + repr(answer) + repr(ask(asserting(assertion), signer()))
    for secret in (answer.body["access_token"], "kX3v9", assertion, request.authorization):
        assert str(secret) not in shown
