"""Tokens bound to a key: whoever may have one, and whoever must (RFC 9449 section 5, FAPI 2.0 section 5.3.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.oauth.clients import (
    AUDIENCE,
    EC_OTHER,
    ED,
    ENDPOINT,
    ISSUER,
    KEYS,
    NOW,
    PRIVATE,
    SECONDS,
    SERVER,
    asserting,
    basic,
    jwk,
    old_crm,
    refused,
    signed,
    signer,
)
from tests.unit.oauth.holders import DEMANDING, NONCE, NONCES, holding, jkt, proof
from vault.oauth.answer import Answer, replayed_proof
from vault.oauth.client import Registered
from vault.oauth.dpop.nonces import SLICE_SECONDS
from vault.oauth.request import Request
from vault.oauth.server import Server
from vault.oauth.token import verify

INVALID = "invalid_dpop_proof"


def ask(request: Request, who: Registered, server: Server = SERVER) -> Answer:
    return server.token(request, who, now=NOW, jti="0f" * 16)


def told(answer: Answer) -> dict[str, str]:
    return dict(answer.headers)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "Ed25519", "PS256"])
def test_whoever_proves_a_key_gets_a_token_bound_to_it(algorithm: str) -> None:
    answer = ask(holding(proof(PRIVATE[algorithm], algorithm)), signer())
    assert answer.status == 200
    assert answer.body["token_type"] == "DPoP"
    assert answer.issued is not None
    assert answer.issued.jkt == jkt(PRIVATE[algorithm])
    believed = verify(answer.body["access_token"], KEYS.public(), issuer=ISSUER, audience=AUDIENCE, now=NOW)
    assert believed == answer.issued
    assert answer.proof is not None
    assert answer.once is not None
    assert answer.proof.jti != answer.once.jti


def test_a_client_with_a_secret_may_bind_its_tokens_too() -> None:
    answer = ask(Request(form=basic().form, authorization=basic().authorization, dpop=(proof(),)), old_crm())
    assert answer.body["token_type"] == "DPoP"
    assert answer.once is None
    assert answer.proof is not None


def test_whoever_proves_none_gets_a_bearer_token() -> None:
    answer = ask(asserting(signed()), signer())
    assert answer.body["token_type"] == "Bearer"
    assert answer.issued is not None
    assert answer.issued.jkt is None
    assert answer.proof is None


@pytest.mark.parametrize(
    ("proofs", "reason"),
    [
        ((proof(), proof()), "several_proofs"),
        (("",), "bad_proof_header"),
        ((proof(htu=ISSUER),), "other_request"),
        ((proof(htm="GET"),), "other_request"),
        ((proof(iat=SECONDS - 3600),), "bad_proof_times"),
        ((proof(EC_OTHER, header={"jwk": jwk(ED)}),), "bad_proof_header"),
    ],
)
def test_a_proof_that_is_none_is_not_taken_for_no_proof(proofs: tuple[str, ...], reason: str) -> None:
    answer = ask(holding(*proofs), signer())
    assert refused(answer, reason, INVALID)
    assert answer.status == 400
    assert answer.proof is None


def test_a_stranger_is_told_nothing_of_its_proof() -> None:
    stranger = Request(form=asserting(signed(EC_OTHER)).form, dpop=(proof(htm="GET"),))
    assert refused(ask(stranger, signer(), DEMANDING), "bad_signature")
    assert "DPoP-Nonce" not in told(ask(stranger, signer(), DEMANDING))


def test_a_proof_that_came_before_is_refused_in_its_own_words() -> None:
    again, wrong = replayed_proof(), ask(holding(proof(htm="GET")), signer())
    assert refused(again, "replayed_proof", INVALID)
    assert (again.status, again.body, again.headers) == (wrong.status, wrong.body, wrong.headers)


# ── Nonces ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_whoever_comes_without_a_nonce_is_handed_one_and_comes_back_with_it() -> None:
    for text, reason in ((proof(), "no_nonce"), (proof(nonce="old"), "old_nonce")):
        answer = ask(holding(text), signer(), DEMANDING)
        assert refused(answer, reason, "use_dpop_nonce")
        assert answer.status == 400
        nonce = told(answer)["DPoP-Nonce"]
        assert nonce == NONCE
        assert ask(holding(proof(nonce=nonce)), signer(), DEMANDING).status == 200


def test_whoever_comes_with_the_last_nonce_is_handed_the_next() -> None:
    last = NONCES.current(NOW - timedelta(seconds=SLICE_SECONDS))
    answer = ask(holding(proof(nonce=last)), signer(), DEMANDING)
    assert answer.status == 200
    assert told(answer)["DPoP-Nonce"] == NONCE != last


def test_whoever_binds_nothing_hears_of_no_nonce() -> None:
    answer = ask(asserting(signed()), signer(), DEMANDING)
    assert answer.status == 200
    assert "DPoP-Nonce" not in told(answer)
    assert "DPoP-Nonce" not in told(ask(holding(proof()), signer()))


# ── The profile `fapi2` ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_client_declared_fapi2_gets_a_token_bound_to_its_key() -> None:
    answer = ask(holding(proof()), signer(profile="fapi2"))
    assert answer.status == 200
    assert answer.body["token_type"] == "DPoP"


def test_a_client_declared_fapi2_gets_no_token_that_is_not_bound() -> None:
    assert refused(ask(asserting(signed()), signer(profile="fapi2")), "no_proof", INVALID)


@pytest.mark.parametrize("aud", [ENDPOINT, [ISSUER], [ISSUER, ENDPOINT], ISSUER + "/"])
def test_a_client_declared_fapi2_means_the_issuer_and_says_so_in_one_word(aud: Any) -> None:
    request = Request(form=asserting(signed(aud=aud)).form, dpop=(proof(),))
    assert refused(ask(request, signer(profile="fapi2")), "bad_assertion_claims")


def test_a_client_declared_fapi2_has_no_secret() -> None:
    request = Request(form=basic().form, authorization=basic().authorization, dpop=(proof(),))
    assert refused(ask(request, old_crm(profile="fapi2")), "other_method")
