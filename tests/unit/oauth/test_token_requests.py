"""Requests that are wrong before anybody is asked who they are, and scopes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.oauth.clients import CLIENT_ID, SECRET, ask, asserting, b64, basic, old_crm, refused, signed, signer
from vault.oauth.answer import Answer
from vault.oauth.request import ASSERTION_TYPE, Request, claimed_client, read

GRANT = ("grant_type", "client_credentials")
ERRORS = {
    "invalid_request", "invalid_client", "invalid_scope", "unsupported_grant_type", "unauthorized_client",
    "invalid_authorization_details", "invalid_target",
}  # fmt: skip


@pytest.mark.parametrize(
    "form",
    [
        (GRANT, GRANT),
        (GRANT, ("scope", "decide"), ("scope", "decide")),
        (GRANT, ("scope", ""), ("scope", "decide")),
        (GRANT, ("colour", "a"), ("colour", "b")),
        (GRANT, ("client_id", CLIENT_ID), ("client_secret", SECRET)),
        (GRANT, ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", "a.b.c")),
        (GRANT, *((f"p{number}", "x") for number in range(20))),
        (GRANT, ("colour", "x" * 8193)),
        (GRANT, ("x" * 8193, "colour")),
    ],
)
def test_a_malformed_request_is_refused_before_the_client_is(form: tuple[tuple[str, str], ...]) -> None:
    request = Request(form=form, authorization=basic().authorization)
    answer = ask(request, old_crm())
    assert refused(answer, None, "invalid_request")
    assert answer.status == 400
    assert "WWW-Authenticate" not in dict(answer.headers)
    assert claimed_client(request) is None


@pytest.mark.parametrize("form", [(), (("scope", "decide"),), (("grant_type", ""),)])
def test_a_request_without_a_grant_type_is_refused_before_the_client_is(form: tuple[tuple[str, str], ...]) -> None:
    assert refused(ask(Request(form=form, authorization=basic().authorization), None), None, "invalid_request")


def test_an_overlong_header_is_refused() -> None:
    assert refused(ask(Request(form=(GRANT,), authorization="Basic " + "A" * 8192), None), None, "invalid_request")


def test_an_assertion_and_a_secret_are_one_way_too_many() -> None:
    form = (*asserting(signed()).form, ("client_secret", SECRET))
    assert refused(ask(Request(form=form), signer()), None, "invalid_request")


def test_as_much_as_is_allowed_is_served() -> None:
    form = (GRANT, *((f"p{number}", "x" * 8192) for number in range(19)))
    assert ask(Request(form=form, authorization=basic().authorization), old_crm()).status == 200


@pytest.mark.parametrize(
    "grant", ["authorization_code", "password", "Client_Credentials", "refresh_token", "<script>ü"]
)
def test_there_is_one_grant(grant: str) -> None:
    answer = ask(basic(grant_type=grant), old_crm())
    assert refused(answer, None, "unsupported_grant_type")
    assert grant not in str(answer.body)


def test_nobody_in_particular_gets_nothing() -> None:
    assert refused(ask(Request(form=(GRANT,)), old_crm()), "no_credential")
    assert refused(ask(Request(form=(GRANT, ("client_id", CLIENT_ID))), old_crm()), "no_credential")
    assert claimed_client(Request(form=(GRANT, ("client_id", CLIENT_ID)))) == CLIENT_ID


@pytest.mark.parametrize(
    "scope", ["admin", "decide admin", " ", "decide  release", " decide", "Decide", "decide,release", "*", "é"]
)
def test_whoever_asks_beyond_the_ceiling_gets_no_token(scope: str) -> None:
    answer = ask(basic(scope=scope), old_crm())
    assert refused(answer, None, "invalid_scope")
    assert scope == " " or scope not in str(answer.body)


@pytest.mark.parametrize(
    ("scope", "given_scope"),
    [("decide", "decide"), ("release decide", "decide release"), ("withdraw", "withdraw"), ("decide decide", "decide")],
)
def test_whoever_asks_for_less_gets_less(scope: str, given_scope: str) -> None:
    assert ask(basic(scope=scope), old_crm()).body["scope"] == given_scope


def test_a_client_without_any_action_can_still_withdraw() -> None:
    assert ask(basic(), old_crm(actions=())).body["scope"] == "withdraw"
    assert refused(ask(basic(scope="decide"), old_crm(actions=())), None, "invalid_scope")


def test_a_wrong_scope_is_not_told_to_strangers() -> None:
    assert refused(ask(basic(secret="wrong", scope="admin"), old_crm()), "wrong_secret")


def test_what_was_read_is_not_shown() -> None:
    asked = read(basic(client_id=CLIENT_ID))
    assert SECRET not in repr(asked) + repr(asked.credential)
    signing = read(asserting(signed())).credential
    assert signing is not None
    assert repr(signing.proof) == "Compact(...)"


texts = st.text(max_size=40) | st.sampled_from(["client_credentials", CLIENT_ID, SECRET, ASSERTION_TYPE, "decide"])
names = st.sampled_from(
    ["grant_type", "scope", "client_id", "client_secret", "client_assertion", "client_assertion_type", "x"]
)
segments = st.binary(max_size=60).map(lambda raw: raw.hex()) | texts
assertions = st.lists(segments, max_size=4).map(".".join)


@given(
    form=st.lists(st.tuples(names, texts | assertions), max_size=8).map(tuple),
    authorization=st.none() | texts | texts.map(lambda text: f"Basic {text}"),
    plain=st.booleans(),
)
def test_whatever_comes_in_an_answer_goes_out_and_no_token(
    form: tuple[tuple[str, str], ...], authorization: str | None, *, plain: bool
) -> None:
    who = old_crm("a secret nobody draws") if plain else signer()
    request = Request(form=((GRANT, *form) if plain else form), authorization=authorization)
    assert_refused(ask(request, who))


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=400), st.integers(0, 2))
def test_whatever_stands_in_a_segment_an_answer_goes_out_and_no_token(text: str, position: int) -> None:
    parts = signed().split(".")
    parts[position] = b64(text.encode())
    assert_refused(ask(asserting(".".join(parts)), signer()))


def assert_refused(answer: Answer) -> None:
    assert answer.status in {400, 401}
    assert answer.error in ERRORS
    assert answer.issued is None
    assert str(answer.body["error_description"]).isascii()
