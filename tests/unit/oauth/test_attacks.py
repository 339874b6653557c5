"""The attack table: every bad input, the error its RFC names, and that refusing costs less than serving.

What is counted is work and not time: signatures verified and made, whoever asks the cryptography library for them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NamedTuple

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.unit.oauth.clients import (
    EC,
    EC_OTHER,
    ENDPOINT,
    ISSUER,
    JTI,
    NOW,
    RSA,
    SECONDS,
    SECRET,
    SERVER,
    asserting,
    basic,
    claims,
    jwk,
    old_crm,
    part,
    signed,
    signer,
)
from tests.unit.oauth.holders import DEMANDING, holding, proof
from vault.base.ids import ClientId, CustomerId, OrganizationId
from vault.oauth.answer import Answer, replayed, replayed_proof
from vault.oauth.client import Registered
from vault.oauth.grant.exchange import CODE, GRANT
from vault.oauth.request import Request

CUSTOMER = CustomerId("cus_06h0090m41t835kpwqjv10s1y0")
CLIENT, REQUEST, SCOPE, TARGET = "invalid_client", "invalid_request", "invalid_scope", "invalid_target"
BEYOND, PROOF = "invalid_authorization_details", "invalid_dpop_proof"
DETAILS, FOREIGN = "authorization_details", "https://elsewhere.example"
LONG = "x" * 8193
SIGNS, HAS_SECRET, BINDS = signer(acts_for_customers=True), old_crm(), signer(profile="fapi2")
ELSEWHERE = signer(
    jwk(EC_OTHER, kid="a"), organization=OrganizationId("org_b"), id=ClientId("cli_b"), client_id="elsewhere.crm"
)
EXCHANGE = {"grant_type": GRANT, "subject_token": "493817", "subject_token_type": CODE, "customer": CUSTOMER}


def details(**members: Any) -> str:
    return json.dumps([{"type": "consent_vault", **members}])


def by_secret(**parameters: str) -> Request:
    return basic(**parameters)


def by_assertion(assertion: str | None = None, **parameters: str) -> Request:
    return asserting(signed() if assertion is None else assertion, **parameters)


def exchanging(**changed: str) -> Request:
    return asserting(signed(), **{**EXCHANGE, **changed})


def bound(*proofs: str, aud: Any = ISSUER) -> Request:
    return Request(form=asserting(signed(aud=aud)).form, dpop=proofs)


def sharing_the_public_key() -> str:
    raw = EC.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return jwt.encode(claims(), raw, algorithm="HS256", headers={"kid": "a"})


def access_token(who: Registered, request: Request) -> str:
    text: str = SERVER.token(request, who, now=NOW, jti=JTI).body["access_token"]
    return text


THEIR_ASSERTION = signed(EC_OTHER, iss="elsewhere.crm", sub="elsewhere.crm")
THEIR_TOKEN = access_token(ELSEWHERE, asserting(THEIR_ASSERTION))
OUR_TOKEN = access_token(SIGNS, by_assertion())


class Attack(NamedTuple):
    """One line: what is tried, by a request, as which client, and the error it gets."""

    tried: str
    request: Request
    who: Registered | None
    error: str


def twice(request: Request, name: str, value: str) -> Request:
    return Request(form=(*request.form, (name, value)), authorization=request.authorization, dpop=request.dpop)


ATTACKS = [
    # Assertions that are wrong: RFC 7523 section 3.2, RFC 6749 section 5.2
    Attack("another key", by_assertion(signed(EC_OTHER)), SIGNS, CLIENT),
    Attack("another key under our kid", by_assertion(signed(EC_OTHER, headers={"kid": "a"})), SIGNS, CLIENT),
    Attack("a key brought along", by_assertion(signed(EC_OTHER, headers={"jwk": jwk(EC_OTHER)})), SIGNS, CLIENT),
    Attack("another algorithm than declared", by_assertion(signed(RSA, "PS256")), signer(algorithm="ES256"), CLIENT),
    Attack("RS256", by_assertion(signed(RSA, "RS256")), signer(jwk(RSA)), CLIENT),
    Attack("no assertion at all", by_assertion("a.b.c"), SIGNS, CLIENT),
    Attack("an access token for an assertion", by_assertion(OUR_TOKEN), SIGNS, CLIENT),
    Attack("a DPoP proof for an assertion", by_assertion(proof()), SIGNS, CLIENT),
    Attack("an unknown client", by_assertion(), None, CLIENT),
    Attack("a suspended client", by_assertion(), signer(suspended=True), CLIENT),
    # Expired, future
    Attack("expired", by_assertion(signed(exp=SECONDS)), SIGNS, CLIENT),
    Attack("expired an hour ago", by_assertion(signed(exp=SECONDS - 3600)), SIGNS, CLIENT),
    Attack("without an end", by_assertion(signed(exp=None)), SIGNS, CLIENT),
    Attack("that never ends", by_assertion(signed(exp=SECONDS + 10**8)), SIGNS, CLIENT),
    Attack("of the future", by_assertion(signed(iat=SECONDS + 3600)), SIGNS, CLIENT),
    Attack("not yet good", by_assertion(signed(nbf=SECONDS + 3600)), SIGNS, CLIENT),
    # alg none, HS256 with a public key
    Attack("alg none", by_assertion(f"{part({'alg': 'none'})}.{part(claims())}."), SIGNS, CLIENT),
    Attack("alg none, signed", by_assertion(f"{part({'alg': 'none'})}.{part(claims())}.AAAA"), SIGNS, CLIENT),
    Attack("alg None", by_assertion(f"{part({'alg': 'None'})}.{part(claims())}.AAAA"), SIGNS, CLIENT),
    Attack("HS256 with the public key", by_assertion(sharing_the_public_key()), SIGNS, CLIENT),
    # Wrong audience
    Attack("meant for somebody else", by_assertion(signed(aud=FOREIGN)), SIGNS, CLIENT),
    Attack("meant for others too", by_assertion(signed(aud=[ISSUER, FOREIGN])), SIGNS, CLIENT),
    Attack("meant for nobody", by_assertion(signed(aud=[])), SIGNS, CLIENT),
    Attack("meant for the API", by_assertion(signed(aud=ISSUER + "/v1")), SIGNS, CLIENT),
    Attack("fapi2, meant for the endpoint", bound(proof(), aud=ENDPOINT), BINDS, CLIENT),
    # client_id ≠ sub
    Attack("client_id is another", by_assertion(client_id="fernhill.shop"), SIGNS, CLIENT),
    Attack("iss is another", by_assertion(signed(iss="fernhill.shop")), SIGNS, CLIENT),
    Attack("sub is another", by_assertion(signed(sub="fernhill.shop")), SIGNS, CLIENT),
    Attack("client_id is another, by secret", by_secret(client_id="fernhill.shop"), HAS_SECRET, CLIENT),
    # Another organization's
    Attack("another organization's assertion", by_assertion(THEIR_ASSERTION), SIGNS, CLIENT),
    Attack("another organization's client", by_assertion(), ELSEWHERE, CLIENT),
    Attack("another organization's token for an assertion", by_assertion(THEIR_TOKEN), SIGNS, CLIENT),
    Attack("another organization's token for a code", exchanging(subject_token=THEIR_TOKEN[:60]), SIGNS, REQUEST),
    # Duplicate parameters: RFC 6749 section 3.2
    Attack("scope twice", twice(by_assertion(scope="decide"), "scope", "decide"), SIGNS, REQUEST),
    Attack("grant_type twice", twice(by_assertion(), "grant_type", "client_credentials"), SIGNS, REQUEST),
    Attack("client_assertion twice", twice(by_assertion(), "client_assertion", signed()), SIGNS, REQUEST),
    Attack("details twice", twice(twice(by_assertion(), DETAILS, "[]"), DETAILS, "[]"), SIGNS, REQUEST),
    Attack("two ways to authenticate", twice(by_secret(), "client_assertion", signed()), HAS_SECRET, REQUEST),
    Attack("a secret in the body too", twice(by_secret(), "client_secret", SECRET), HAS_SECRET, REQUEST),
    # Beyond the ceiling: RFC 6749 section 5.2, RFC 9396 section 5, RFC 8707 section 2
    Attack("a scope beyond", by_assertion(scope="decide admin"), SIGNS, SCOPE),
    Attack("a scope nobody has", by_assertion(scope="*"), SIGNS, SCOPE),
    Attack("a purpose beyond", by_assertion(authorization_details=details(purposes=["support"])), SIGNS, BEYOND),
    Attack("a channel beyond", by_assertion(authorization_details=details(channels=["voice"])), SIGNS, BEYOND),
    Attack("a field beyond", by_assertion(authorization_details=details(fields=["birth_date"])), SIGNS, BEYOND),
    Attack("an action beyond", by_assertion(authorization_details=details(actions=["admin"])), SIGNS, BEYOND),
    Attack("another type of details", by_assertion(authorization_details='[{"type":"payment"}]'), SIGNS, BEYOND),
    Attack("another resource", by_assertion(resource=FOREIGN), SIGNS, TARGET),
    Attack("another grant", by_assertion(grant_type="password"), SIGNS, "unsupported_grant_type"),
    # Over-long everything
    Attack("an overlong assertion", by_assertion(signed(jti=LONG)), SIGNS, REQUEST),
    Attack("an overlong jti", by_assertion(signed(jti="x" * 257)), SIGNS, CLIENT),
    Attack("an overlong secret", by_secret(secret=LONG), HAS_SECRET, REQUEST),
    Attack("an overlong client_id", by_secret(user="f" * 65 + ".crm"), HAS_SECRET, CLIENT),
    Attack("an overlong scope", by_assertion(scope=LONG), SIGNS, REQUEST),
    Attack("overlong details", by_assertion(authorization_details=details(purposes=[LONG])), SIGNS, REQUEST),
    Attack("an overlong name", by_assertion(**{LONG: "x"}), SIGNS, REQUEST),
    Attack("an overlong code", exchanging(subject_token="7" * 65), SIGNS, REQUEST),
    Attack("too many parameters", by_assertion(**{f"p{number}": "x" for number in range(20)}), SIGNS, REQUEST),
    Attack("an overlong proof", bound(proof(jti=LONG)), BINDS, PROOF),
    Attack("details deeper than anybody reads", by_assertion(authorization_details="[" * 8000), SIGNS, BEYOND),
    # Secrets
    Attack("a wrong secret", by_secret(secret="wrong"), HAS_SECRET, CLIENT),
    Attack("no secret", by_secret(secret=""), HAS_SECRET, CLIENT),
    Attack("a secret where a key is declared", by_secret(), SIGNS, CLIENT),
    Attack("a key where a secret is declared", by_assertion(), HAS_SECRET, CLIENT),
    Attack("nothing", Request(form=(("grant_type", "client_credentials"),)), HAS_SECRET, CLIENT),
    # Proofs of possession: RFC 9449 section 5
    Attack("no proof where one is due", bound(), BINDS, PROOF),
    Attack("two proofs", bound(proof(), proof()), BINDS, PROOF),
    Attack("a proof for another address", bound(proof(htu=ISSUER)), BINDS, PROOF),
    Attack("a proof for another method", bound(proof(htm="GET")), BINDS, PROOF),
    Attack("an old proof", bound(proof(iat=SECONDS - 3600)), BINDS, PROOF),
    Attack("a proof of the future", bound(proof(iat=SECONDS + 3600)), BINDS, PROOF),
    Attack("a proof by another key", bound(proof(EC_OTHER, header={"jwk": jwk(EC)})), BINDS, PROOF),
    Attack("a proof with a private key", bound(proof(header={"jwk": {**jwk(EC), "d": "AAAA"}})), BINDS, PROOF),
    Attack("a proof of another type", bound(proof(header={"typ": "JWT"})), BINDS, PROOF),
    Attack("a proof by HS256", bound(proof(b"k" * 32, "HS256", header={"jwk": jwk(EC)})), BINDS, PROOF),
    # Acting for somebody: RFC 8693 section 2.2.2
    Attack("to act without being declared so", exchanging(), signer(), "unauthorized_client"),
    Attack("to act with a wrong code", exchanging(), SIGNS, REQUEST),
    Attack("to act with another token", exchanging(subject_token_type="urn:x"), SIGNS, REQUEST),
    Attack("to act through another", exchanging(actor_token="x"), SIGNS, REQUEST),
    Attack("to act elsewhere", exchanging(audience=FOREIGN), SIGNS, TARGET),
]  # fmt: skip
STATUS = {"invalid_client": 401}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.tried.replace(" ", "-"))
def test_a_bad_input_gets_the_error_its_standard_names_and_costs_less_than_a_good_one(attack: Attack) -> None:
    with work() as spent:
        answer = SERVER.token(attack.request, attack.who, now=NOW, jti=JTI)
    assert (answer.error, answer.body["error"]) == (attack.error, attack.error)
    assert answer.status == STATUS.get(attack.error, 400)
    assert ("WWW-Authenticate" in dict(answer.headers)) == (answer.status == 401)
    assert set(answer.body) == {"error", "error_description"}
    assert (answer.issued, answer.once, answer.proof, answer.revoked, answer.introspected) == (None,) * 5
    served = what_serving_costs(attack.request)
    assert spent.count("verify") <= served.count("verify")
    assert len(spent) < len(served)


def test_every_line_is_another() -> None:
    assert len({attack.tried for attack in ATTACKS}) == len(ATTACKS)


def test_no_answer_repeats_what_was_sent() -> None:
    for attack in ATTACKS:
        answer = SERVER.token(attack.request, attack.who, now=NOW, jti=JTI)
        for name, value in attack.request.form:
            assert len(value) < 8 or value in {GRANT, CODE, "client_credentials"} or value not in str(answer.body), name


def test_a_nonce_that_is_due_costs_no_more() -> None:
    for text in (proof(), proof(nonce="old")):
        request = holding(text)
        with work() as spent:
            answer = DEMANDING.token(request, SIGNS, now=NOW, jti=JTI)
        assert answer.error == "use_dpop_nonce"
        assert spent == ["verify"]


def test_a_replayed_assertion_is_known_by_what_is_reserved_and_reads_like_any_other_refusal() -> None:
    request = by_assertion()
    first, second = (SERVER.token(request, SIGNS, now=NOW, jti=jti) for jti in ("1", "2"))
    assert first.once is not None
    assert first.once == second.once
    wrong = SERVER.token(by_assertion(signed(EC_OTHER)), SIGNS, now=NOW, jti=JTI)
    assert (replayed().status, replayed().body, replayed().headers) == (wrong.status, wrong.body, wrong.headers)


def test_a_replayed_proof_is_known_by_what_is_reserved() -> None:
    request = bound(proof())
    first, second = (SERVER.token(request, BINDS, now=NOW, jti=jti) for jti in ("1", "2"))
    assert first.proof is not None
    assert first.proof == second.proof
    assert replayed_proof().error == "invalid_dpop_proof"


# ── Tokens of others, where tokens are asked about ───────────────────────────────────────────────────────────────────
def revoke(request: Request, who: Registered | None) -> Answer:
    return SERVER.revoke(request, who, now=NOW)


def introspect(request: Request, who: Registered | None) -> Answer:
    return SERVER.introspect(request, who, now=NOW, lives=lambda _: True)


@pytest.mark.parametrize("endpoint", [revoke, introspect])
def test_another_organizations_token_reads_like_none_and_costs_no_more_than_ones_own(
    endpoint: Callable[[Request, Registered | None], Answer],
) -> None:
    def asking(text: str) -> tuple[Answer, list[str]]:
        request = asserting(signed(), token=text)
        with work() as spent:
            answer = endpoint(request, SIGNS)
        return answer, spent

    own, served = asking(OUR_TOKEN)
    none, _ = asking("a.b.c")
    theirs, spent = asking(THEIR_TOKEN)
    assert (theirs.status, theirs.body, theirs.headers) == (none.status, none.body, none.headers)
    assert (theirs.revoked, theirs.introspected) == (None, None)
    assert own.revoked is not None or own.introspected is not None
    assert len(spent) <= len(served) == 2


@pytest.mark.parametrize("endpoint", [revoke, introspect])
@pytest.mark.parametrize("attack", [one for one in ATTACKS if one.error == "invalid_client"], ids=lambda one: one.tried)
def test_whoever_gets_no_token_gets_nothing_there_either(
    endpoint: Callable[[Request, Registered | None], Answer], attack: Attack
) -> None:
    request = Request(form=(*attack.request.form, ("token", OUR_TOKEN)), authorization=attack.request.authorization)
    with work() as spent:
        answer = endpoint(request, attack.who)
    assert (answer.status, answer.error) == (401, "invalid_client")
    assert (answer.revoked, answer.introspected, answer.once) == (None, None, None)
    assert len(spent) <= 1


# ── Work, counted ────────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def work() -> Iterator[list[str]]:
    """Count the signatures made and verified meanwhile, as the interpreter sees the library's functions called."""
    spent: list[str] = []

    def seen(_frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and called.__name__ in {"verify", "sign"}:
            spent.append(called.__name__)

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        yield spent
    finally:
        sys.setprofile(before)


def what_serving_costs(like: Request) -> list[str]:
    """The work of a request of the same kind that is served."""
    if like.authorization is not None or "client_assertion" not in dict(like.form):
        honest, who = by_secret(), HAS_SECRET
    elif like.dpop:
        honest, who = bound(proof()), BINDS
    else:
        honest, who = by_assertion(), SIGNS
    with work() as spent:
        answer = SERVER.token(honest, who, now=NOW, jti=JTI)
    assert answer.status == 200
    return spent


def test_work_is_counted() -> None:
    assert what_serving_costs(by_secret()) == ["sign"]
    assert what_serving_costs(by_assertion()) == ["verify", "sign"]
    assert what_serving_costs(bound(proof())) == ["verify", "verify", "sign"]
