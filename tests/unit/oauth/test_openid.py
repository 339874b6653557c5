"""At a sign-in provider: what is asked, and each way in which an answer or an ID token is not believed."""

# ruff: noqa: E501 - a table is read one case to a line

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from hmac import digest
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from vault.domain.sign_in.provider import StaffSignIn
from vault.oauth import openid
from vault.oauth.openid import Asked, ProviderError
from vault.oauth.token import Keys

ISSUER = "https://login.shop.example/realm"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
DECLARED = StaffSignIn(issuer=ISSUER, client_id="vault", claim="groups", scopes=("groups",), auditors=("dpo",))
ASKED = Asked(state="s" * 43, nonce="n" * 43, verifier="v" * 43)
BACK = "https://vault.example/console/shop/sign-in/provider/back"
METADATA: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth?tenant=1",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/jwks",
    "response_types_supported": ["code"],
    "code_challenge_methods_supported": ["S256"],
    "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"],
    "authorization_response_iss_parameter_supported": True,
}
PROVIDER = openid.provider(METADATA, declared=DECLARED)
RSA = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()
PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
CLAIMS: dict[str, Any] = {
    "iss": ISSUER, "sub": "248289761001", "aud": "vault", "exp": AT + 300, "iat": AT, "nonce": ASKED.nonce, "groups": ["dpo"],
}  # fmt: skip


def published(key: Any, kid: str) -> dict[str, Any]:
    algorithm: Any = OKPAlgorithm
    for kind, found in ((rsa.RSAPrivateKey, RSAAlgorithm), (ec.EllipticCurvePrivateKey, ECAlgorithm)):
        if isinstance(key, kind):
            algorithm = found
    told: dict[str, Any] = algorithm.to_jwk(key.public_key(), as_dict=True)
    return told | {"kid": kid}


JWKS = {"keys": [published(RSA, "r"), published(P256, "p"), published(EDWARDS, "e"), published(OTHER, "o")]}


def token(claims: dict[str, Any] | None = None, *, key: Any = RSA, alg: str = "RS256", **header: Any) -> str:
    return jwt.encode(CLAIMS if claims is None else claims, key, algorithm=alg, headers={"kid": "r"} | header)


def bare(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature or b"x")
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def identified(text: str, jwks: Any = None) -> openid.Identity:
    return openid.identified(text, JWKS if jwks is None else jwks, declared=DECLARED, nonce=ASKED.nonce, now=NOW)


def refused(code: str) -> Any:
    return pytest.raises(ProviderError, match=f"^{code}: ")


# ── What a provider says of itself ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"issuer": "https://login.shop.example/realm/"}, "provider_mixed_up"),
        ({"issuer": "https://evil.example"}, "provider_mixed_up"),
        ({"issuer": None}, "provider_unusable"),
        ({"token_endpoint": "http://login.shop.example/token"}, "provider_unusable"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "provider_unusable"),
        ({"authorization_endpoint": "https://login.shop.example/auth#x"}, "provider_unusable"),
        ({"jwks_uri": "file:///etc/passwd"}, "provider_unusable"),
        ({"code_challenge_methods_supported": ["plain"]}, "provider_unusable"),
        ({"token_endpoint_auth_methods_supported": ["client_secret_basic"]}, "provider_unusable"),
        ({"authorization_response_iss_parameter_supported": "yes"}, "provider_unusable"),
    ],
)
def test_a_provider_that_is_another_or_cannot_do_what_is_needed_is_not_asked(
    changes: dict[str, Any], code: str
) -> None:
    with refused(code):
        openid.provider(METADATA | changes, declared=DECLARED)


@pytest.mark.parametrize("document", [None, [], "x", {}])
def test_what_is_no_metadata_is_refused(document: object) -> None:
    with refused("provider_unusable"):
        openid.provider(document, declared=DECLARED)


def test_a_provider_that_does_not_say_what_it_can_is_asked_all_the_same() -> None:
    told = {name: value for name, value in METADATA.items() if not name.endswith("_supported")}
    assert openid.provider(told, declared=DECLARED).token_endpoint == METADATA["token_endpoint"]


# ── What is asked ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_it_is_asked_with_state_nonce_and_a_challenge_and_for_no_name() -> None:
    url = urlsplit(openid.asking(PROVIDER, declared=DECLARED, asked=ASKED, redirect_uri=BACK))
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{ISSUER}/auth"
    asked = parse_qs(url.query, strict_parsing=True)
    challenge = asked.pop("code_challenge")[0]
    assert asked == {
        "tenant": ["1"],
        "response_type": ["code"],
        "client_id": ["vault"],
        "redirect_uri": [BACK],
        "scope": ["openid groups"],
        "state": [ASKED.state],
        "nonce": [ASKED.nonce],
        "code_challenge_method": ["S256"],
    }
    # RFC 7636 appendix B has the one pair of verifier and challenge everybody agrees on.
    known = Asked(state="s", nonce="n", verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    url = urlsplit(openid.asking(PROVIDER, declared=DECLARED, asked=known, redirect_uri=BACK))
    assert parse_qs(url.query)["code_challenge"] == ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"]
    assert ASKED.verifier not in challenge


def test_nobody_prints_what_was_asked_or_whom_it_is_about() -> None:
    assert ASKED.verifier not in repr(ASKED)
    assert "248289761001" not in repr(identified(token()))


# ── What comes back ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_browser_that_asked_comes_back_with_a_code() -> None:
    query = [("code", "c"), ("state", ASKED.state), ("iss", ISSUER), ("session_state", "x")]
    assert openid.answered(query, provider=PROVIDER, asked=ASKED) == "c"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (f"code=c&iss={ISSUER}", "provider_other_state"),
        (f"code=c&state=&iss={ISSUER}", "provider_other_state"),
        (f"code=c&state={'t' * 43}&iss={ISSUER}", "provider_other_state"),
        (f"code=c&state=%F0%9F%A6%98&iss={ISSUER}", "provider_other_state"),
        (f"code=c&state={ASKED.state}", "provider_mixed_up"),
        (f"code=c&state={ASKED.state}&iss=https://evil.example", "provider_mixed_up"),
        (f"code=c&state={ASKED.state}&iss={ISSUER}/", "provider_mixed_up"),
        (f"error=access_denied&state={ASKED.state}", "provider_mixed_up"),
        (f"error=access_denied&state={ASKED.state}&iss={ISSUER}", "provider_said_no"),
        (f"error=access_denied&iss={ISSUER}", "provider_other_state"),
        (f"code=c&error=access_denied&state={ASKED.state}&iss={ISSUER}", "provider_said_no"),
        (f"state={ASKED.state}&iss={ISSUER}", "provider_answer_malformed"),
        (f"code={'c' * 4097}&state={ASKED.state}&iss={ISSUER}", "provider_answer_malformed"),
        (f"code=c&code=d&state={ASKED.state}&iss={ISSUER}", "provider_answer_malformed"),
        (f"code=c&state=x&state={ASKED.state}&iss={ISSUER}", "provider_answer_malformed"),
    ],
)
def test_any_other_answer_is_refused(query: str, code: str) -> None:
    with refused(code):
        openid.answered(parse_qsl(query, keep_blank_values=True), provider=PROVIDER, asked=ASKED)


def test_a_provider_that_never_names_itself_need_not_but_may_not_name_another() -> None:
    quiet = openid.provider(METADATA | {"authorization_response_iss_parameter_supported": False}, declared=DECLARED)
    query = [("code", "c"), ("state", ASKED.state)]
    assert openid.answered(query, provider=quiet, asked=ASKED) == "c"
    with refused("provider_mixed_up"):
        openid.answered([*query, ("iss", "https://evil.example")], provider=quiet, asked=ASKED)


# ── The code for an ID token ─────────────────────────────────────────────────────────────────────────────────────────
def test_the_vault_proves_itself_by_its_own_signature_to_the_issuer_and_nobody_else() -> None:
    keys = Keys(kid="k", private=P256)
    signed = openid.assertion(keys, declared=DECLARED, jti="j", now=NOW)
    assert jwt.get_unverified_header(signed) == {"alg": "ES256", "kid": "k", "typ": "JWT"}
    claims = jwt.decode(
        signed, P256.public_key(), ["ES256"], audience=ISSUER, options={"verify_exp": False, "verify_iat": False}
    )
    assert claims == {"iss": "vault", "sub": "vault", "aud": ISSUER, "jti": "j", "iat": AT, "exp": AT + 60}
    form = openid.exchange(DECLARED, code="c", asked=ASKED, redirect_uri=BACK, assertion=signed)
    assert form["client_assertion"] == signed
    assert form["code_verifier"] == ASKED.verifier


def test_a_public_client_sends_no_assertion() -> None:
    public = StaffSignIn(issuer=ISSUER, client_id="vault", claim="groups", authentication="none")
    form = openid.exchange(public, code="c", asked=ASKED, redirect_uri=BACK, assertion="a")
    assert form.keys() == {"grant_type", "code", "redirect_uri", "code_verifier", "client_id"}


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": "invalid_grant"}, "provider_refused_code"),
        (401, {"id_token": "x"}, "provider_refused_code"),
        (200, {"access_token": "x"}, "provider_no_id_token"),
        (200, {"id_token": None}, "provider_no_id_token"),
        (200, [], "provider_no_id_token"),
    ],
)
def test_an_answer_without_an_id_token_is_refused(status: int, body: object, code: str) -> None:
    with refused(code):
        openid.id_token(status, body)


def test_an_id_token_is_taken_out_of_its_answer() -> None:
    assert openid.id_token(200, {"id_token": "x", "access_token": "y"}) == "x"


# ── The ID token ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("key", "alg", "kid"),
    [(RSA, "RS256", "r"), (RSA, "PS256", "r"), (P256, "ES256", "p"), (EDWARDS, "EdDSA", "e")],
)
def test_an_id_token_with_each_signature_in_use_is_believed(key: Any, alg: str, kid: str) -> None:
    text = token(key=key, alg=alg, kid=kid)
    found = identified(text)
    assert (found.subject.reveal(), found.claims["groups"]) == ("248289761001", ["dpo"])
    assert openid.key_named(text) == kid


def test_an_id_token_without_a_key_id_is_believed_where_there_is_one_key_only() -> None:
    text = jwt.encode(CLAIMS, P256, algorithm="ES256")
    assert identified(text).subject
    assert openid.key_named(text) is None
    with refused("provider_bad_id_token"):
        identified(jwt.encode(CLAIMS, RSA, algorithm="RS256"))


def test_an_id_token_for_several_is_believed_where_the_vault_is_its_authorized_party() -> None:
    assert identified(token(CLAIMS | {"aud": ["vault", "account"], "azp": "vault"})).subject


@pytest.mark.parametrize("seconds", [-360, 59])
def test_clocks_may_differ_by_a_minute(seconds: int) -> None:
    at = AT + seconds
    assert identified(token(CLAIMS | {"iat": at, "exp": at + 301})).subject


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"}, {"iss": ISSUER + "/"}, {"iss": [ISSUER]}, {"iss": None},
        {"aud": "another"}, {"aud": ["another"]}, {"aud": []}, {"aud": None}, {"aud": {"vault": 1}},
        {"aud": ["vault", "another"]}, {"aud": ["vault", "another"], "azp": "another"}, {"azp": "another"},
        {"nonce": "m" * 43}, {"nonce": None}, {"nonce": [ASKED.nonce]}, {"nonce": ""},
        {"exp": AT - 61}, {"exp": None}, {"exp": "tomorrow"}, {"exp": True},
        {"iat": AT + 61}, {"iat": AT - 601}, {"iat": None}, {"iat": "now"},
        {"nbf": AT + 61},
        {"sub": None}, {"sub": ""}, {"sub": "s" * 256}, {"sub": 7}, {"sub": ["248289761001"]},
    ],
)  # fmt: skip
def test_an_id_token_that_does_not_hold_is_refused(changes: dict[str, Any]) -> None:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    with refused("provider_bad_id_token"):
        identified(jws_of(claims))


def jws_of(claims: dict[str, Any]) -> str:
    """Sign what PyJWT would not: it looks at claims before it signs them."""
    return jwt.PyJWS().encode(json.dumps(claims).encode(), RSA, algorithm="RS256", headers={"kid": "r", "typ": "JWT"})


@pytest.mark.parametrize(
    "text",
    [
        bare({"alg": "none"}, CLAIMS),
        bare({"alg": "none"}, CLAIMS) + ".",
        bare({"alg": "None", "kid": "r"}, CLAIMS),
        jwt.PyJWS().encode(json.dumps(CLAIMS).encode(), b"k" * 32, algorithm="HS256", headers={"kid": "r"}),
        token(alg="RS384"),
        token(alg="RS512"),
        token(key=OTHER),
        token(key=OTHER, alg="PS256"),
        token(key=OTHER, kid="x"),
        token(kid="p"),
        token(kid="x"),
        token(crit=["exp"]),
        token(key=P256, alg="ES256"),
        token(kid="o"),
        token() + "x",
        token().rpartition(".")[0] + ".AAAA",
        token().rpartition(".")[0] + ".",
        bare({"alg": ["RS256"]}, CLAIMS),
        bare({"alg": "RS256", "kid": 7}, CLAIMS),
        jwt.PyJWS().encode(b"[]", RSA, algorithm="RS256", headers={"kid": "r"}),
        jwt.PyJWS().encode(b"\xff", RSA, algorithm="RS256", headers={"kid": "r"}),
        "",
        "a.b.c",
        "x" * 9000,
    ],
)
def test_a_token_nobody_signed_for_us_is_refused(text: str) -> None:
    with refused("provider_bad_id_token"):
        identified(text)


def test_a_public_key_is_no_shared_secret() -> None:
    # The classic: sign with HS256, under the provider's public key as everybody can read it.
    header, claims = {"alg": "HS256", "kid": "r"}, CLAIMS
    signing = bare(header, claims).rpartition(".")[0]
    signature = urlsafe_b64encode(digest(PEM, signing.encode(), "sha256")).rstrip(b"=").decode()
    with refused("provider_bad_id_token"):
        identified(f"{signing}.{signature}")


@pytest.mark.parametrize("jwks", [{}, {"keys": []}, {"keys": "x"}, {"keys": [{"kty": "oct", "k": "AAAA", "kid": "r"}]}])
def test_without_the_providers_key_nothing_is_believed(jwks: dict[str, Any]) -> None:
    with refused("provider_bad_id_token"):
        identified(token(), jwks)


def test_two_keys_of_one_name_are_no_key() -> None:
    with refused("provider_bad_id_token"):
        identified(token(), {"keys": [published(RSA, "r"), published(OTHER, "r")]})


@given(seconds=st.integers(-100_000, 100_000))
def test_an_id_token_counts_from_a_minute_before_it_was_issued_until_ten_after(seconds: int) -> None:
    claims = CLAIMS | {"iat": AT + seconds, "exp": AT + 1_000_000}
    if -600 <= seconds <= 60:
        assert identified(jws_of(claims)).subject
    else:
        with refused("provider_bad_id_token"):
            identified(jws_of(claims))
