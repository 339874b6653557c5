"""HTTP Basic: RFC 7617 and RFC 6749 section 2.3.1."""

from __future__ import annotations

from base64 import b64encode
from datetime import date
from urllib.parse import quote_plus

import pytest

from tests.unit.oauth.clients import CLIENT_ID, SECRET, ask, basic, old_crm, refused, signer
from vault.oauth.request import Request, claimed_client

GRANT = (("grant_type", "client_credentials"),)


def test_a_failed_authentication_is_answered_with_a_challenge() -> None:
    answer = ask(basic(secret="wrong"), old_crm())
    assert refused(answer, "wrong_secret")
    assert answer.status == 401
    assert dict(answer.headers)["WWW-Authenticate"].startswith('Basic realm="')
    assert dict(answer.headers)["Cache-Control"] == "no-store"


def test_an_unknown_client_and_a_wrong_secret_look_the_same() -> None:
    unknown, wrong = ask(basic(), None), ask(basic(secret="wrong"), old_crm())
    other = ask(basic(), signer())
    assert refused(unknown, "unknown_client")
    assert refused(other, "other_method")
    for answer in (unknown, other):
        assert (answer.status, answer.body, answer.headers) == (wrong.status, wrong.body, wrong.headers)


@pytest.mark.parametrize("secret", [SECRET[:-1], SECRET + "x", SECRET.upper(), " " + SECRET, "é"])
def test_only_the_whole_secret_opens(secret: str) -> None:
    assert refused(ask(basic(secret=secret), old_crm()), "wrong_secret")


def test_a_client_whose_secrets_are_all_gone_opens_nothing() -> None:
    assert refused(ask(basic(), old_crm(secrets=())), "wrong_secret")


@pytest.mark.parametrize("secret", ["with space", "a+b", "a%20b", "a:b", "grün", "&=%"])
def test_both_halves_are_form_encoded(secret: str) -> None:
    assert ask(basic(secret=quote_plus(secret)), old_crm(secret)).status == 200
    assert ask(basic(user="fernhill%2Ecrm"), old_crm()).status == 200


def test_a_plus_is_a_space() -> None:
    assert refused(ask(basic(secret="a+b"), old_crm("a+b")), "wrong_secret")
    assert ask(basic(secret="a+b"), old_crm("a b")).status == 200


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic YQ",  # no padding
        "Basic " + b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode().replace("Z", "!Z", 1),
        "Basic " + b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + b64encode(CLIENT_ID.encode()).decode(),  # no colon
        "Basic " + b64encode(f"{CLIENT_ID}:".encode()).decode(),
        "Basic " + b64encode(f"{CLIENT_ID}:%FF".encode()).decode(),
        "Basic é",
        "Bearer " + b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode(),
        "DPoP abc",
    ],
)
def test_a_header_nobody_can_read_opens_nothing(header: str) -> None:
    assert refused(ask(Request(form=GRANT, authorization=header), old_crm()), "no_credential")


def test_the_scheme_may_be_written_small() -> None:
    header = "basic  " + b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
    assert ask(Request(form=GRANT, authorization=header), old_crm()).status == 200


def test_a_secret_in_the_body_opens_nothing() -> None:
    form = (*GRANT, ("client_id", CLIENT_ID), ("client_secret", SECRET))
    assert refused(ask(Request(form=form), old_crm()), "no_credential")


def test_a_client_id_beside_the_header_must_be_the_same() -> None:
    request = basic(client_id="fernhill.shop")
    assert claimed_client(request) is None
    assert refused(ask(request, old_crm()), "unknown_client")


def test_a_secret_is_good_through_its_last_day() -> None:
    for last_day in ("expires", "secret_expires"):
        assert ask(basic(), old_crm(**{last_day: date(2026, 11, 2)})).status == 200
        assert refused(ask(basic(), old_crm(**{last_day: date(2026, 11, 1)})), "expired")


@pytest.mark.parametrize(
    "name", ["", "x", "a.b.c", "Fernhill.crm", "fernhill.crm\n", "fernhill.crm\x00", "f" * 65 + ".crm"]
)
def test_a_name_no_client_can_have_is_looked_up_nowhere(name: str) -> None:
    assert claimed_client(basic(user=name)) is None
    assert refused(ask(basic(user=name), old_crm()), "unknown_client")
