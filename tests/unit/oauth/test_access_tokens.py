"""Which tokens are believed: those this vault issued, for this API, now, and no others."""

from __future__ import annotations

import json
import string
from base64 import urlsafe_b64decode
from datetime import datetime, timedelta
from typing import Any, cast

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.oauth.clients import (
    AUDIENCE,
    CLIENT_ID,
    EC_OTHER,
    ED,
    ISSUER,
    KEYS,
    NOW,
    RSA,
    SECONDS,
    SIGNING,
    ask,
    b64,
    basic,
    old_crm,
    part,
)
from vault.base.errors import Denied
from vault.base.ids import ClientId, CustomerId, OrganizationId
from vault.domain.reach import Reach
from vault.oauth import jws
from vault.oauth.token import Claims, Keys, TokenError, issue, jwks, verify

HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": "now"}
BODY = {
    "iss": ISSUER, "aud": AUDIENCE, "sub": CLIENT_ID, "client_id": CLIENT_ID, "organization": "org_fernhill",
    "client": "cli_crm", "scope": "decide", "jti": "j", "iat": SECONDS, "exp": SECONDS + 300,
}  # fmt: skip
CLAIMS = Claims(
    organization=OrganizationId("org_fernhill"),
    client=ClientId("cli_crm"),
    client_id=CLIENT_ID,
    scopes=frozenset({"decide"}),
    jti="j",
    issued_at=NOW.replace(microsecond=0),
    expires=NOW.replace(microsecond=0) + timedelta(minutes=5),
)
THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
CUSTOMER = CustomerId("cus_06h0090m41t835kpwqjv10s1y0")
DETAIL: dict[str, Any] = {
    "type": "consent_vault", "purposes": ["sales"], "channels": [], "fields": [], "actions": ["decide"],
}  # fmt: skip


def made(key: Any = SIGNING, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """A token with one thing changed; None leaves a claim out."""
    body = {name: value for name, value in {**BODY, **changed}.items() if value is not None}
    headers = {**HEADER, **(header or {})}
    return jwt.PyJWS().encode(json.dumps(body).encode(), key, algorithm=headers["alg"], headers=headers)


def believed(token: str, keys: Keys = KEYS, now: datetime = NOW) -> Claims:
    return verify(token, keys.public(), issuer=ISSUER, audience=AUDIENCE, now=now)


def assert_disbelieved(token: str, now: datetime = NOW) -> None:
    with pytest.raises(TokenError) as error:
        believed(token, now=now)
    assert isinstance(error.value, Denied)
    assert str(error.value) == "invalid_token: get a new access token from the token endpoint"
    assert error.value.__cause__ is None


def test_what_was_issued_is_believed() -> None:
    assert believed(issue(CLAIMS, KEYS, issuer=ISSUER, audience=AUDIENCE)) == CLAIMS
    assert believed(made()) == CLAIMS


def test_what_a_token_may_say_beside_is_believed_too() -> None:
    told = made(sub=CUSTOMER, act={"sub": CLIENT_ID}, cnf={"jkt": THUMBPRINT}, authorization_details=[DETAIL])
    claims = msgspec.structs.replace(
        CLAIMS, customer=CUSTOMER, jkt=THUMBPRINT, reach=Reach(purposes=("sales",), actions=("decide",))
    )
    assert believed(told) == believed(issue(claims, KEYS, issuer=ISSUER, audience=AUDIENCE)) == claims


def test_a_token_is_believed_until_its_last_second() -> None:
    token = made()
    assert believed(token, now=CLAIMS.expires - timedelta(microseconds=1)) == CLAIMS
    assert_disbelieved(token, now=CLAIMS.expires)


def test_a_token_of_a_worker_whose_clock_is_ahead_is_believed() -> None:
    assert believed(made(), now=NOW - timedelta(seconds=10)) == CLAIMS


@pytest.mark.parametrize(
    "changed",
    [
        *({name: None} for name in BODY),
        {"iss": "https://vault.example/"},
        {"iss": "https://elsewhere.example"},
        {"aud": ISSUER},
        {"aud": CLIENT_ID},
        {"aud": [AUDIENCE]},
        {"sub": "fernhill.shop"},
        {"client_id": "fernhill.shop"},
        {"exp": SECONDS - 1},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": SECONDS + 0.5},
        {"scope": ["decide"]},
        {"jti": 7},
        {"nbf": SECONDS},
        {"roles": ["admin"]},
        {"cnf": {}},
        {"cnf": {"jkt": "x"}},
        {"cnf": {"jkt": THUMBPRINT + "\n"}},
        {"cnf": {"jkt": THUMBPRINT, "x5t#S256": THUMBPRINT}},
        {"cnf": {"x5t#S256": THUMBPRINT}},
        {"cnf": THUMBPRINT},
        {"authorization_details": []},
        {"authorization_details": [DETAIL, DETAIL]},
        {"authorization_details": DETAIL},
        {"authorization_details": [{**DETAIL, "locations": []}]},
        {"authorization_details": [{**DETAIL, "type": "another"}]},
        {"authorization_details": [{**DETAIL, "actions": ["anything"]}]},
        {"authorization_details": [{"type": "consent_vault"}]},
        {"authorization_details": [{name: value for name, value in DETAIL.items() if name != "purposes"}]},
        {"sub": CUSTOMER},
        {"act": {"sub": CLIENT_ID}},
        {"sub": CUSTOMER, "act": {}},
        {"sub": CUSTOMER, "act": CLIENT_ID},
        {"sub": CUSTOMER, "act": {"sub": "fernhill.shop"}},
        {"sub": CUSTOMER, "act": {"sub": CUSTOMER}},
        {"sub": CUSTOMER, "act": {"sub": CLIENT_ID, "act": {"sub": CLIENT_ID}}},
        {"sub": CUSTOMER + "\n", "act": {"sub": CLIENT_ID}},
        {"sub": "ctp_06h0090m41t835kpwqjv10s1y0", "act": {"sub": CLIENT_ID}},
        {"sub": "fernhill.shop", "act": {"sub": CLIENT_ID}},
        {"client_id": "fernhill.shop", "sub": CUSTOMER, "act": {"sub": CLIENT_ID}},
    ],
)
def test_a_token_that_says_anything_else_is_not_believed(changed: dict[str, Any]) -> None:
    assert_disbelieved(made(**changed))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": "application/at+jwt"},
        {"typ": "AT+JWT"},
        {"kid": "before"},
        {"kid": ""},
        {"kid": "../../now"},
        {"jku": "https://elsewhere.example"},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": True},
    ],
)
def test_a_token_under_any_other_header_is_not_believed(header: dict[str, Any]) -> None:
    assert_disbelieved(made(header=header))


def test_a_token_without_a_part_of_its_header_is_not_believed() -> None:
    signature = made().rpartition(".")[2]
    for name in HEADER:
        header = {key: value for key, value in HEADER.items() if key != name}
        assert_disbelieved(f"{part(header)}.{part(BODY)}.{signature}")


def test_a_token_signed_by_anybody_else_or_otherwise_is_not_believed() -> None:
    assert_disbelieved(made(EC_OTHER))
    assert_disbelieved(made(EC_OTHER, header={"jwk": jwks(Keys(kid="now", private=EC_OTHER))["keys"][0]}))
    assert_disbelieved(made(RSA, header={"alg": "PS256"}))
    raw = SIGNING.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert_disbelieved(made(raw, header={"alg": "HS256"}))
    for alg in ("none", "None", ""):
        assert_disbelieved(f"{part({**HEADER, 'alg': alg})}.{part(BODY)}.")
        assert_disbelieved(f"{part({**HEADER, 'alg': alg})}.{part(BODY)}.AAAA")
    assert_disbelieved(f"{part(HEADER)}.{part(BODY)}.{b64(bytes(64))}")


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "x" * 9000, "Bearer x", "é.é.é", "e30.e30.e30", "a.b.c.d.e"])
def test_what_is_no_token_is_not_believed(text: str) -> None:
    assert_disbelieved(text)


def test_a_key_verifies_by_its_own_algorithm_alone() -> None:
    made_by: dict[str, Any] = {"ES256": SIGNING, "EdDSA": ED, "PS256": RSA}
    for algorithm, private in made_by.items():
        token = jws.parse(jwt.PyJWS().encode(b"{}", private, algorithm=algorithm))
        public = private.public_key()
        jws.verify(token, public, algorithm=cast("jws.Algorithm", algorithm))
        for other in sorted(set(made_by) - {algorithm}):
            with pytest.raises(jws.BadSignature):
                jws.verify(token, public, algorithm=cast("jws.Algorithm", other))


def test_a_token_longer_than_anybody_carries_is_not_believed() -> None:
    assert believed(made(scope="decide " * 700)).scopes == {"decide"}
    assert_disbelieved(made(scope="decide " * 900))


def test_a_token_has_one_spelling() -> None:
    token = made()
    for other in (token + "=", token + "\n", " " + token, token.replace(".", ".\n", 1)):
        assert_disbelieved(other)


@given(st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=9))
def test_a_part_is_read_exactly_if_it_is_what_its_bytes_are_written_as(text: str) -> None:
    written = len(text) % 4 != 1 and b64(urlsafe_b64decode(text + "==")) == text
    try:
        assert b64(jws.parse(f"{text}.e30.e30").header) == text
        read = True
    except jws.BadSignature:
        read = False
    assert read == written


@given(st.binary(max_size=80), st.integers(0, 2))
def test_a_token_with_a_part_replaced_is_not_believed(raw: bytes, position: int) -> None:
    parts = made().split(".")
    parts[position] = b64(raw)
    assert_disbelieved(".".join(parts))


@given(st.data())
def test_a_token_with_one_letter_changed_is_not_believed(data: st.DataObject) -> None:
    token = made()
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCxyz019-_.").filter(lambda drawn: drawn != token[place]))
    assert_disbelieved(token[:place] + letter + token[place + 1 :])


def test_after_a_change_of_keys_tokens_of_both_are_believed() -> None:
    turned = Keys(kid="next", private=EC_OTHER, others={"now": SIGNING.public_key()})
    assert believed(made(), keys=turned) == CLAIMS
    assert believed(issue(CLAIMS, turned, issuer=ISSUER, audience=AUDIENCE), keys=turned) == CLAIMS
    assert_disbelieved(issue(CLAIMS, turned, issuer=ISSUER, audience=AUDIENCE))


def test_whoever_reads_the_published_keys_can_verify_our_tokens() -> None:
    turned = Keys(kid="next", private=EC_OTHER, others={"now": SIGNING.public_key()})
    published = jwks(turned)
    assert [key["kid"] for key in published["keys"]] == ["next", "now"]
    assert all({"kty", "crv", "x", "y", "use", "alg", "kid"} == set(key) for key in published["keys"])
    token = ask(basic(), old_crm()).body["access_token"]
    key = jwt.PyJWKSet.from_dict(published)[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, audience=AUDIENCE, options={"verify_exp": False, "verify_iat": False})["jti"]
