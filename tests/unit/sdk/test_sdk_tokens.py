"""Tokens: proven with a key or a secret, kept while they live, fetched once for all who wait."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor

import httpx2
import jwt
import pytest
from consent_vault import Denied, Invalid, Unavailable, Vault
from consent_vault.access import PrivateKey
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.unit.sdk.stand import CUSTOMER, URL, Stand, decision, refusal

P256 = ec.generate_private_key(ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(65537, 2048)


def pem(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def ask(vault: Vault) -> bool:
    return vault.decide(customer=CUSTOMER, purpose="sales", channel="email").allowed


@pytest.mark.parametrize(("key", "algorithm"), [(P256, "ES256"), (ED25519, "EdDSA"), (RSA, "PS256")])
def test_an_assertion_is_signed_with_the_algorithm_of_its_key(key: PrivateKey, algorithm: str) -> None:
    stand = Stand()
    for given in (key, pem(key), pem(key).decode()):
        ask(stand.sync(private_key=given, kid="k1"))
    for form in stand.forms:
        [assertion] = form["client_assertion"]
        assert jwt.get_unverified_header(assertion) == {"alg": algorithm, "kid": "k1", "typ": "JWT"}
        claims = jwt.decode(assertion, key.public_key(), algorithms=[algorithm], audience=URL)
        assert claims["iss"] == claims["sub"] == "fernhill.crm"
        assert claims["exp"] - claims["iat"] == 60
    assert len({form["client_assertion"][0] for form in stand.forms}) == 3


def test_every_try_for_a_token_has_an_assertion_of_its_own() -> None:
    stand = Stand()
    many = httpx2.Response(429, json={"error": "temporarily_unavailable"}, headers={"retry-after": "0"})
    stand.tokens = [refusal(503), httpx2.ReadError("cut"), many]
    ask(stand.sync(private_key=P256))
    names = {
        jwt.decode(form["client_assertion"][0], options={"verify_signature": False})["jti"] for form in stand.forms
    }
    assert len(names) == 4


def test_a_secret_is_sent_form_encoded_in_basic_and_nowhere_else() -> None:
    stand = Stand()
    ask(stand.sync(client_secret="a:b é%"))
    scheme, _, pair = stand.headers[0]["authorization"].partition(" ")
    assert (scheme, b64decode(pair)) == ("Basic", b"fernhill.crm:a%3Ab+%C3%A9%25")
    assert stand.forms == [{"grant_type": ["client_credentials"]}]


def test_a_token_may_be_asked_for_that_does_less() -> None:
    stand = Stand()
    details = [{"type": "consent_vault", "purposes": ["sales"], "actions": ["decide"]}]
    ask(stand.sync(client_secret="s", scope="decide withdraw", authorization_details=details))
    [form] = stand.forms
    assert form["scope"] == ["decide withdraw"]
    assert json.loads(form["authorization_details"][0]) == details


def test_a_token_is_kept_until_thirty_seconds_before_its_end() -> None:
    for lifetime, fetched in ((300, 1), (31, 1), (30, 3), (1, 3)):
        stand = Stand()
        stand.lifetime = lifetime
        vault = stand.sync()
        for _ in range(3):
            ask(vault)
        assert (len(stand.forms), stand.discovered) == (fetched, 1)


def test_a_token_that_is_refused_is_renewed_once() -> None:
    stand = Stand(refusal(401, "invalid_token"), httpx2.Response(200, json=decision(allowed=True)))
    assert ask(stand.sync())
    assert [request.headers["authorization"] for request in stand.asked] == ["Bearer token-1", "Bearer token-2"]
    assert len({request.headers["idempotency-key"] for request in stand.asked}) == 1

    stand = Stand(last=lambda _: refusal(401, "invalid_token"))
    with pytest.raises(Denied) as raised:
        ask(stand.sync())
    assert (raised.value.status, raised.value.code, len(stand.asked)) == (401, "invalid_token", 2)


async def test_all_who_wait_for_a_token_wait_for_the_same() -> None:
    stand = Stand(last=lambda _: refusal(404))
    async with stand.waiting() as vault:
        await asyncio.gather(*(vault.show_customer(CUSTOMER) for _ in range(50)), return_exceptions=True)
    assert (len(stand.forms), len(stand.asked)) == (1, 50)


async def test_all_whose_token_was_refused_share_the_new_one() -> None:
    stand = Stand()
    stand.last = lambda request: refusal(401 if request.headers["authorization"] == "Bearer token-1" else 404)
    async with stand.waiting() as vault:
        await asyncio.gather(*(vault.show_customer(CUSTOMER) for _ in range(50)), return_exceptions=True)
    assert len(stand.forms) == 2


def test_threads_share_a_token_too() -> None:
    stand = Stand()
    with ThreadPoolExecutor(8) as pool:
        vault = stand.sync()
        assert [*pool.map(lambda _: ask(vault), range(40))] == [False] * 40
    assert len(stand.forms) == 1


async def test_all_who_waited_for_a_token_in_vain_share_the_failure() -> None:
    stand = Stand()
    stand.tokens = [refusal(500, "internal")]
    async with stand.waiting() as vault:
        told = await asyncio.gather(*(vault.show_customer(CUSTOMER) for _ in range(20)), return_exceptions=True)
        assert {type(one) for one in told} == {Unavailable}
        assert len(stand.forms) == 1
        await vault.decide(customer=CUSTOMER, purpose="sales", channel="email")
    assert len(stand.forms) == 2


def test_a_refusal_of_the_token_endpoint_is_told_in_its_own_words() -> None:
    stand = Stand()
    stand.tokens = [httpx2.Response(401, json={"error": "invalid_client", "error_description": "not authenticated"})]
    with pytest.raises(Denied) as raised:
        ask(stand.sync())
    assert str(raised.value) == "invalid_client: not authenticated"
    assert stand.asked == []


@pytest.mark.parametrize(
    "token",
    [
        {"access_token": "t", "token_type": "mac", "expires_in": 300},
        {"access_token": "t\r\nx: y", "token_type": "Bearer", "expires_in": 300},
        {"access_token": "t", "token_type": "Bearer"},
        {"error": "invalid_client"},
    ],
)
def test_what_is_no_token_is_not_used(token: dict[str, object]) -> None:
    stand = Stand()
    stand.tokens = [httpx2.Response(200, json=token)]
    with pytest.raises(Unavailable):
        ask(stand.sync())
    assert stand.asked == []


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://real.test", "token_endpoint": "https://real.test/oauth/token"},
        {"issuer": URL, "token_endpoint": "https://elsewhere.test/oauth/token"},
        {"issuer": URL, "token_endpoint": f"{URL}.elsewhere.test/oauth/token"},
    ],
)
def test_neither_assertion_nor_secret_goes_to_a_vault_of_another_name(metadata: dict[str, str]) -> None:
    stand = Stand()
    stand.metadata = metadata
    for options in ({"private_key": P256}, {"client_secret": "s"}):
        with pytest.raises(Invalid, match="other_issuer"):
            ask(stand.sync(**options))
    assert stand.forms == []


def test_a_vault_may_be_reached_at_an_address_that_is_not_its_name() -> None:
    stand = Stand()
    stand.metadata = {"issuer": "https://public.test/", "token_endpoint": "https://public.test/oauth/token"}
    ask(stand.sync(issuer="https://public.test", private_key=P256))
    [assertion] = stand.forms[0]["client_assertion"]
    assert jwt.decode(assertion, options={"verify_signature": False})["aud"] == "https://public.test/"
    assert {request.url.host for request in stand.asked} == {"vault.test"}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"private_key": P256, "client_secret": "s"},
        {"private_key": "no key"},
        {"private_key": ec.generate_private_key(ec.SECP384R1())},
        {"private_key": rsa.generate_private_key(65537, 1024)},  # noqa: S505 - to be refused
        {"private_key": 5},
    ],
)
def test_a_client_without_one_fit_proof_is_told_at_once(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="private_key"):
        Vault(URL, client_id="fernhill.crm", **options)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("url", ["vault.test", "ftp://vault.test", "https://", "https://u@vault.test", f"{URL}?a=b"])
def test_an_address_that_is_none_is_told_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"https://vault\.example"):
        Vault(url, client_id="fernhill.crm", client_secret="s")
