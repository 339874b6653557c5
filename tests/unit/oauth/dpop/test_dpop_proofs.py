"""Proofs of possession: what one must say, and everything that is none (RFC 9449 section 4.3)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm

from tests.unit.oauth.clients import (
    EC,
    EC_384,
    EC_OTHER,
    ED,
    ED_448,
    ENDPOINT,
    NOW,
    PRIVATE,
    RSA,
    RSA_SHORT,
    SECONDS,
    b64,
    jwk,
    part,
)
from tests.unit.oauth.holders import NONCE, NONCES, jkt, proof, sent
from vault.oauth.dpop.nonces import SLICE_SECONDS
from vault.oauth.dpop.proof import Possession, prove_possession, same_address, token_hash

TOKEN = "eyJ.a.token"
RSA_LONG = generate_private_key(public_exponent=65537, key_size=4104)
RSA_THREE = generate_private_key(public_exponent=3, key_size=2048)


def found(*proofs: str, **changed: Any) -> Possession | str:
    return prove_possession(sent(*proofs, **changed), now=NOW)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "Ed25519", "PS256"])
def test_whoever_holds_a_key_is_known_by_its_thumbprint(algorithm: str) -> None:
    possession = found(proof(PRIVATE[algorithm], algorithm))
    assert isinstance(possession, Possession)
    assert possession.jkt == jkt(PRIVATE[algorithm])
    assert possession.once.expires == NOW.replace(microsecond=0) + timedelta(seconds=120)


def test_a_request_needs_one_proof_and_no_more() -> None:
    assert found() == "no_proof"
    assert found(proof(), proof()) == "several_proofs"
    assert found(proof(), "") == "several_proofs"
    assert found(proof() + "," + proof()) == "bad_proof_header"
    assert found(proof() + ", " + proof()) == "bad_proof_header"


@pytest.mark.parametrize(
    "header",
    [
        {"typ": None},
        {"typ": "JWT"},
        {"typ": "at+jwt"},
        {"typ": "DPOP+JWT"},
        {"typ": "application/dpop+jwt"},
        {"jwk": None},
        {"jwk": "text"},
        {"jwk": {}},
        {"jwk": {**jwk(EC), "d": "AAAA"}},
        {"jwk": ECAlgorithm.to_jwk(EC, as_dict=True)},
        {"jwk": {**jwk(RSA), "p": "AAAA"}},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jwk": {**jwk(EC), "k": "AAAA"}},
        {"jwk": {**jwk(EC), "use": "enc"}},
        {"jwk": {**jwk(EC), "key_ops": ["sign"]}},
        {"jwk": {**jwk(EC), "x": jwk(EC)["y"]}},
        {"jwk": jwk(EC_384)},
        {"jwk": jwk(ED_448)},
        {"jwk": jwk(ED)},
        {"jwk": jwk(RSA)},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": True},
    ],
)
def test_a_proof_under_any_other_header_is_none(header: dict[str, Any]) -> None:
    claims = {"jti": "proof-1", "htm": "POST", "htu": ENDPOINT, "iat": SECONDS}
    head = {"alg": "ES256", "typ": "dpop+jwt", "jwk": jwk(EC), **header}
    plain = part({name: value for name, value in head.items() if value is not None}) + "." + part(claims)
    signature = ECAlgorithm(ECAlgorithm.SHA256).sign(plain.encode(), EC)
    assert found(f"{plain}.{b64(signature)}") == "bad_proof_header"


def test_nothing_symmetric_and_nothing_unsigned_is_a_proof() -> None:
    claims = part({"jti": "proof-1", "htm": "POST", "htu": ENDPOINT, "iat": SECONDS})
    for alg in ("none", "None", "", "RS256", "ES384", "PS512"):
        head = part({"alg": alg, "typ": "dpop+jwt", "jwk": jwk(EC)})
        assert found(f"{head}.{claims}.") == "bad_proof_header"
        assert found(f"{head}.{claims}.AAAA") == "bad_proof_header"
    raw = EC.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert found(proof(raw, "HS256", header={"jwk": jwk(EC)})) == "bad_proof_header"


@pytest.mark.parametrize("private", [RSA_SHORT, RSA_LONG, RSA_THREE])
def test_nobody_chooses_how_long_verifying_takes(private: Any) -> None:
    head, body = part({"alg": "PS256", "typ": "dpop+jwt", "jwk": jwk(private)}), part({})
    assert found(f"{head}.{body}.{b64(bytes(private.key_size // 8))}") == "bad_proof_header"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"jti": None}, "bad_proof_claims"),
        ({"jti": ""}, "bad_proof_claims"),
        ({"jti": "x" * 257}, "bad_proof_claims"),
        ({"jti": "a\n"}, "bad_proof_claims"),
        ({"htm": None}, "bad_proof_claims"),
        ({"htu": None}, "bad_proof_claims"),
        ({"htu": [ENDPOINT]}, "bad_proof_claims"),
        ({"iat": None}, "bad_proof_claims"),
        ({"iat": "now"}, "bad_proof_claims"),
        ({"nonce": 7}, "bad_proof_claims"),
        ({"htm": "GET"}, "other_request"),
        ({"htm": "post"}, "other_request"),
        ({"htu": "https://vault.example/oauth/revoke"}, "other_request"),
        ({"htu": "https://elsewhere.example/oauth/token"}, "other_request"),
        ({"iat": SECONDS + 11}, "bad_proof_times"),
        ({"iat": SECONDS - 61}, "bad_proof_times"),
        ({"iat": SECONDS + 3600}, "bad_proof_times"),
        ({"iat": SECONDS - 3600}, "bad_proof_times"),
        ({"iat": 10**400}, "bad_proof_times"),
        ({"nbf": SECONDS + 11}, "bad_proof_times"),
        ({"exp": SECONDS}, "bad_proof_times"),
    ],
)
def test_a_proof_that_says_the_wrong_thing_is_none(changed: dict[str, Any], reason: str) -> None:
    assert found(proof(**changed)) == reason


@pytest.mark.parametrize(
    "changed", [{"iat": SECONDS + 10}, {"iat": SECONDS - 10}, {"iat": SECONDS + 0.5}, {"ath": "x"}]
)
def test_a_clock_that_is_a_little_off_is_forgiven(changed: dict[str, Any]) -> None:
    assert isinstance(found(proof(**changed)), Possession)


def test_a_proof_longer_than_anybody_needs_is_none() -> None:
    assert isinstance(found(proof(idle="x" * 5000)), Possession)
    assert found(proof(idle="x" * 6000)) == "bad_proof_header"


def test_a_proof_signed_by_another_key_is_none() -> None:
    assert found(proof(EC_OTHER, header={"jwk": jwk(EC)})) == "bad_proof_signature"
    head, body, tail = proof().split(".")
    assert found(f"{head}.{body}.{b64(bytes(64))}") == "bad_proof_signature"
    rewritten = part({"jti": "j", "htm": "POST", "htu": ENDPOINT, "iat": SECONDS})
    assert found(f"{head}.{rewritten}.{tail}") == "bad_proof_signature"


# ── With an access token ─────────────────────────────────────────────────────────────────────────────────────────────
def test_a_proof_for_a_token_names_that_token_and_is_made_with_its_key() -> None:
    bound = {"access_token": TOKEN, "jkt": jkt()}
    assert isinstance(found(proof(ath=token_hash(TOKEN)), **bound), Possession)
    assert found(proof(), **bound) == "other_token"
    assert found(proof(ath=token_hash("another")), **bound) == "other_token"
    assert found(proof(ath=TOKEN), **bound) == "other_token"
    assert found(proof(EC_OTHER, ath=token_hash(TOKEN)), **bound) == "other_key"


def test_the_hash_of_a_token_is_that_of_the_standard() -> None:
    example = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"  # RFC 9449 section 7.1
    assert token_hash(example) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


# ── With nonces of ours ──────────────────────────────────────────────────────────────────────────────────────────────
def test_with_nonces_a_proof_must_carry_one_and_it_says_how_fresh_the_proof_is() -> None:
    def demanded(text: str) -> Possession | str:
        return prove_possession(sent(text), now=NOW, nonces=NONCES)

    assert isinstance(demanded(proof(nonce=NONCE)), Possession)
    assert isinstance(demanded(proof(nonce=NONCE, iat=SECONDS - 290)), Possession)
    assert isinstance(demanded(proof(nonce=NONCE, iat=SECONDS + 290)), Possession)
    assert demanded(proof(nonce=NONCE, iat=SECONDS - 3600)) == "bad_proof_times"
    assert demanded(proof(nonce=NONCE, iat=SECONDS + 3600)) == "bad_proof_times"
    assert demanded(proof()) == "no_nonce"
    assert demanded(proof(nonce="")) == "no_nonce"
    assert demanded(proof(nonce="é" * 22)) == "old_nonce"
    assert demanded(proof(nonce=NONCES.current(NOW - timedelta(seconds=2 * SLICE_SECONDS)))) == "old_nonce"


def test_without_nonces_one_in_a_proof_says_nothing() -> None:
    assert isinstance(found(proof(nonce="of somebody else")), Possession)


# ── Once ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_proof_is_the_same_one_each_time_and_no_other() -> None:
    def once(text: str) -> str:
        possession = found(text)
        assert isinstance(possession, Possession)
        return possession.once.jti

    assert once(proof(jti="a")) == once(proof(jti="a", iat=SECONDS - 1))
    assert len({once(proof(jti="a")), once(proof(jti="b")), once(proof(EC_OTHER, jti="a"))}) == 3
    assert len(once(proof(jti="x" * 256))) <= 64
    assert once(proof(jti="a")).startswith("dpop:")


# ── Addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "htu",
    [
        "https://vault.example/oauth/token?x=1",
        "https://vault.example/oauth/token#there",
        "HTTPS://VAULT.EXAMPLE/oauth/token",
        "https://vault.example:443/oauth/token",
        "https://vault.example/%6Fauth/token",
        "https://vault.example/oauth/%74oken",
    ],
)
def test_spellings_of_one_address_are_one(htu: str) -> None:
    assert same_address(htu, ENDPOINT)
    assert isinstance(found(proof(htu=htu)), Possession)


@pytest.mark.parametrize(
    "htu",
    [
        "",
        "/oauth/token",
        "vault.example/oauth/token",
        "http://vault.example/oauth/token",
        "ftp://vault.example/oauth/token",
        "https://vault.example:8443/oauth/token",
        "https://vault.example:99999/oauth/token",
        "https://vault.example/oauth/token/",
        "https://vault.example/oauth/Token",
        "https://vault.example/oauth%2Ftoken",
        "https://vault.example//oauth/token",
        "https://crm@vault.example/oauth/token",
        "https://:x@vault.example/oauth/token",
        "https://vault.example\\@elsewhere.example/oauth/token",
        "https://vault.example /oauth/token",
        "https://vault.example/oauth/token\n",
        "https://[vault.example/oauth/token",
        "https:///oauth/token",
        "https://vault.example/" + "x" * 2048,
    ],
)
def test_another_address_is_another(htu: str) -> None:
    assert not same_address(htu, ENDPOINT)
    assert found(proof(htu=htu)) == "other_request"


def test_an_address_that_cannot_be_read_is_not_even_itself() -> None:
    for nowhere in ("nowhere", "https:///oauth/token", "ftp://vault.example/oauth/token"):
        assert not same_address(nowhere, nowhere)
    assert same_address("https://vault.example", "https://vault.example/")
    assert same_address("http://127.0.0.1:80/a", "http://127.0.0.1/a")
    assert same_address("https://vault.example/a%2fb", "https://vault.example/a%2Fb")


# ── Anything ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@given(
    st.text(max_size=300)
    | st.lists(st.text(max_size=40).map(lambda text: b64(text.encode())), max_size=4).map(".".join)
)
def test_whatever_is_sent_is_answered(text: str) -> None:
    assert isinstance(found(text), str)


@given(
    st.integers(0, 1), st.dictionaries(st.sampled_from(["typ", "alg", "jwk", "jti", "htm", "htu", "iat"]), st.text())
)
def test_whatever_a_part_says_is_answered(position: int, said: dict[str, str]) -> None:
    parts = proof().split(".")
    parts[position] = b64(json.dumps(said).encode())
    assert isinstance(found(".".join(parts)), str)


@given(st.data())
def test_a_proof_with_one_letter_changed_is_none(data: st.DataObject) -> None:
    text = proof()
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCxyz019-_.").filter(lambda drawn: drawn != text[place]))
    assert isinstance(found(text[:place] + letter + text[place + 1 :]), str)


def test_nothing_of_it_is_shown() -> None:
    assert proof() not in repr(sent(proof(), access_token=TOKEN))
    assert TOKEN not in repr(sent(proof(), access_token=TOKEN))
