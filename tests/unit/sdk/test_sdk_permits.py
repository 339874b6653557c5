"""The SDK verifies permits offline: each way to be wrong has its error, and nothing that was altered passes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
from consent_vault import permits
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from tests import make
from vault.base.ids import DecisionId
from vault.base.personal import Personal
from vault.base.spelling import spelled
from vault.crypto.permit import PermitKey, address_hash
from vault.domain.contact_point import normalise
from vault.domain.decision.permit import TYPE, Permit
from vault.oauth import jws
from vault.oauth.token import Keys, jwks

SENDER: Final = "fernhill.mailer"
OWN: Final = PermitKey(bytes(32)).of_sender(SENDER.encode())
ADDRESS: Final = make.email()
PRIVATE: Final = generate_private_key(SECP256R1())
JWKS: Final = jwks(Keys(kid="k1", private=PRIVATE))
NOW: Final = int(time.time())
PERMIT: Final = Permit(
    iss="https://vault.example",
    aud=SENDER,
    sub="AAAA",
    iat=NOW,
    exp=NOW + 900,
    jti=DecisionId("dec_06h0090m41t835kpwqjv10s1y0"),
    purpose="sales",
    channel="email",
    to=spelled(address_hash(OWN, normalise("email", Personal(ADDRESS), region="GB").index.reveal().encode())),
    unsubscribe="https://vault.example/u/abc",
)
PLAIN: Final[dict[str, Any]] = {"audience": SENDER, "address": ADDRESS, "key": spelled(OWN)}


def signed(told: object = PERMIT, *, kid: str = "k1", typ: str = TYPE) -> str:
    return jws.sign(told, PRIVATE, kid=kid, typ=typ)


def saying(**claims: Any) -> dict[str, Any]:
    told: dict[str, Any] = jws.read(jws.parse(signed()).payload, dict[str, Any])
    return {name: value for name, value in {**told, **claims}.items() if value is not None}


GOOD: Final = signed()


@pytest.fixture(autouse=True, scope="module")
def _at_that_moment() -> Iterator[None]:
    """Stop the clock: a long run reaches this file when what was signed as it was read is over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(permits, "now", lambda: float(NOW))
        yield


def test_what_was_signed_is_read_whole() -> None:
    permit = permits.verify(GOOD, JWKS, **PLAIN)
    assert (permit.decision, permit.issuer, permit.person) == (PERMIT.jti, PERMIT.iss, PERMIT.sub)
    assert (permit.purpose, permit.channel, permit.campaign) == ("sales", "email", None)
    assert (permit.given_at, permit.expires_at, permit.unsubscribe) == (NOW, NOW + 900, PERMIT.unsubscribe)
    assert permits.verify(GOOD, JWKS, **{**PLAIN, "key": OWN}) == permit
    named = permits.verify(signed(saying(campaign="spring", unsubscribe=None)), JWKS, **PLAIN)
    assert (named.campaign, named.unsubscribe) == ("spring", None)


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"aud": "fernhill.crm"}, permits.OtherAudience),
        ({"exp": NOW - 1}, permits.Expired),
        ({"iat": NOW + 3600, "exp": NOW + 7200}, permits.Expired),
        ({"to": "AAAA"}, permits.OtherAddress),
        ({"aud": [SENDER]}, permits.Forged),
        ({"exp": None}, permits.Forged),
        ({"exp": True}, permits.Forged),
        ({"jti": 7}, permits.Forged),
    ],
)
def test_each_way_to_be_wrong_has_its_error(claims: dict[str, Any], error: type[permits.Refused]) -> None:
    with pytest.raises(error) as refused:
        permits.verify(signed(saying(**claims)), JWKS, **PLAIN)
    assert type(refused.value) is error
    assert ADDRESS.lower() not in str(refused.value).lower()


@pytest.mark.parametrize(
    ("given_instead", "error"),
    [
        ({"audience": "fernhill.crm"}, permits.OtherAudience),
        ({"address": make.email()}, permits.OtherAddress),
        ({"address": "quokka"}, permits.OtherAddress),
        ({"address": "quokka@\udcff"}, permits.OtherAddress),
        ({"key": spelled(bytes(32))}, permits.OtherAddress),
        ({"key": "=*="}, permits.OtherAddress),
    ],
)
def test_for_another_it_is_refused(given_instead: dict[str, Any], error: type[permits.Refused]) -> None:
    with pytest.raises(error):
        permits.verify(GOOD, JWKS, **{**PLAIN, **given_instead})


@pytest.mark.parametrize("typ", ["at+jwt", "JWT", "permit"])
def test_another_kind_of_token_of_the_same_key_is_none(typ: str) -> None:
    with pytest.raises(permits.Forged):
        permits.verify(signed(typ=typ), JWKS, **PLAIN)


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": "none"}, {"keys": [7, {"kty": "RSA", "kid": "k1"}]}])
def test_with_no_key_of_that_name_it_says_so(keys: dict[str, Any]) -> None:
    with pytest.raises(permits.UnknownKey):
        permits.verify(GOOD, keys, **PLAIN)
    with pytest.raises(permits.UnknownKey):
        permits.verify(signed(kid="k2"), JWKS, **PLAIN)


def test_with_another_key_of_that_name_it_is_forged() -> None:
    other = jwks(Keys(kid="k1", private=generate_private_key(SECP256R1())))
    broken = {"keys": [{**JWKS["keys"][0], "x": "AAAA"}]}
    for keys in (other, broken):
        with pytest.raises(permits.Forged):
            permits.verify(GOOD, keys, **PLAIN)
    both = {"keys": [*other["keys"], *JWKS["keys"]]}
    assert permits.verify(GOOD, both, **PLAIN).decision == PERMIT.jti


@given(place=st.integers(0, len(GOOD) - 1), letter=st.characters(codec="ascii"))
def test_whatever_letter_is_altered_it_is_refused(place: int, letter: str) -> None:
    altered = GOOD[:place] + letter + GOOD[place + 1 :]
    if altered == GOOD:
        return
    with pytest.raises(permits.Forged):
        permits.verify(altered, JWKS, **PLAIN)


@given(st.text() | st.text("abcXYZ019-_.=", max_size=60))
def test_whatever_else_is_given_is_no_permit(text: str) -> None:
    for token in (text, f"{text}.{text}.{text}", f"{GOOD}{text}." if text else "", GOOD * 20):
        with pytest.raises(permits.Forged):
            permits.verify(token, JWKS, **PLAIN)


@given(st.lists(st.integers(0, 255), min_size=1, max_size=40))
def test_no_json_in_a_token_breaks_it(raw: list[int]) -> None:
    part = spelled(bytes(raw))
    _, body, signature = GOOD.split(".")
    for token in (
        f"{part}.{body}.{signature}",
        f"{spelled(b'[' * 3000)}.{body}.{signature}",
        f"W10.{body}.{signature}",
    ):
        with pytest.raises(permits.Forged):
            permits.verify(token, JWKS, **PLAIN)


@pytest.mark.parametrize(
    ("kind", "kept", "spelled_so"),
    [
        ("email", "Quokka.X@Example.COM", " quokka.x@example.com "),
        ("email", "quokka@B\u00fccher.example", "QUOKKA@b\u00fccher.example"),
        ("email", "quokka@xn--bcher-kva.example", "quokka@b\u00fccher.example"),
        ("email", "Quokk\u00c1@example.com", "quokka\u0301@example.com"),
        ("phone", "+44 7911 123456", "+447911123456"),
    ],
)
def test_an_address_is_compared_as_the_vault_keeps_it(kind: str, kept: str, spelled_so: str) -> None:
    index = normalise(kind, Personal(kept), region="GB").index.reveal()
    assert permits.address_hash(OWN, spelled_so) == spelled(address_hash(OWN, index.encode()))


def test_for_a_header_it_comes_in_short_pieces() -> None:
    pieces = permits.spaced(GOOD)
    assert "".join(pieces.split()) == GOOD
    assert max(len(piece) for piece in pieces.split()) <= 64
