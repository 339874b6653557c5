"""A token at the API: a bound one with a proof, an unbound one without, and never the other way round."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.oauth.clients import EC_OTHER, NOW, SECONDS
from tests.unit.oauth.holders import NONCE, NONCES, jkt, proof, sent
from vault.base.errors import Denied
from vault.oauth.authentication import Once
from vault.oauth.dpop.nonces import Nonces
from vault.oauth.dpop.presented import Presented, challenge, possessed, presented
from vault.oauth.dpop.proof import NotPossessed, token_hash
from vault.oauth.token import TokenError

TOKEN = "eyJ.a.token"
ATH = token_hash(TOKEN)
BEARER, DPOP = Presented(scheme="bearer", token=TOKEN), Presented(scheme="dpop", token=TOKEN)
DECISIONS = "https://vault.example/v1/decisions"


def shown(how: Presented, bound_to: str | None, *proofs: str, nonces: Nonces | None = None) -> Once | None:
    return possessed(how, bound_to, sent=sent(*proofs, url=DECISIONS), now=NOW, nonces=nonces)


def made(**changed: Any) -> str:
    honest: dict[str, Any] = {"htu": DECISIONS, "ath": ATH}
    return proof(**{**honest, **changed})


@pytest.mark.parametrize("header", [None, "", "Bearer", "DPoP", "DPoP ", "Basic " + TOKEN, "BearerX " + TOKEN, TOKEN])
def test_a_header_that_presents_no_token_opens_nothing(header: str | None) -> None:
    with pytest.raises(TokenError):
        presented(header)


def test_a_scheme_may_be_written_as_one_likes() -> None:
    assert presented("Bearer " + TOKEN) == presented("bearer " + TOKEN) == BEARER
    assert presented("DPoP " + TOKEN) == presented("dpop " + TOKEN) == DPOP
    assert TOKEN not in repr(BEARER)


def test_a_bearer_token_needs_no_proof() -> None:
    assert shown(BEARER, None) is None
    assert shown(BEARER, None, "whatever else is sent along") is None


def test_a_bound_token_with_its_proof_names_what_must_not_come_again() -> None:
    once = shown(DPOP, jkt(), made())
    assert once is not None
    assert once.expires == NOW.replace(microsecond=0) + timedelta(seconds=120)


def test_a_bound_token_is_no_bearer_token() -> None:
    with pytest.raises(TokenError):
        shown(BEARER, jkt())
    with pytest.raises(TokenError):
        shown(BEARER, jkt(), made())


def test_an_unbound_token_is_not_made_a_bound_one_by_a_proof() -> None:
    with pytest.raises(TokenError):
        shown(DPOP, None, made())


@pytest.mark.parametrize(
    ("proofs", "reason"),
    [
        ((), "no_proof"),
        ((made(), made()), "several_proofs"),
        ((made(ath=None),), "other_token"),
        ((made(ath=token_hash("another")),), "other_token"),
        ((made(htu=DECISIONS + "/batch"),), "other_request"),
        ((made(htm="GET"),), "other_request"),
        ((made(iat=SECONDS - 3600),), "bad_proof_times"),
        ((proof(EC_OTHER, htu=DECISIONS, ath=ATH),), "other_key"),
    ],
)
def test_a_bound_token_without_its_proof_opens_nothing(proofs: tuple[str, ...], reason: str) -> None:
    with pytest.raises(NotPossessed, match="invalid_dpop_proof") as error:
        shown(DPOP, jkt(), *proofs)
    assert error.value.reason == reason
    assert isinstance(error.value, Denied)


def test_where_nonces_are_asked_for_one_is_demanded_by_name() -> None:
    assert shown(DPOP, jkt(), made(nonce=NONCE), nonces=NONCES) is not None
    for given in (None, "old"):
        with pytest.raises(NotPossessed, match="use_dpop_nonce"):
            shown(DPOP, jkt(), made(nonce=given), nonces=NONCES)


def test_a_refusal_says_how_to_come_back() -> None:
    algorithms = 'algs="ES256 EdDSA Ed25519 PS256"'
    assert challenge("use_dpop_nonce", "dpop") == f'DPoP error="use_dpop_nonce", {algorithms}'
    assert challenge("invalid_token", "bearer") == 'Bearer error="invalid_token"'
    assert challenge("invalid_token", None) == f'Bearer error="invalid_token", DPoP {algorithms}'
