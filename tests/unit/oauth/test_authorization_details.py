"""Rich authorization requests (RFC 9396): exactly what was asked for within the ceiling, or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.oauth.clients import AUDIENCE, ISSUER, KEYS, NOW, ask, basic, old_crm, refused
from vault.domain.reach import Reach
from vault.oauth.answer import Answer
from vault.oauth.token import verify

INVALID = "invalid_authorization_details"
WHOLE = {
    "type": "consent_vault",
    "purposes": ["newsletter", "sales"],
    "channels": ["email", "sms"],
    "fields": ["contact", "first_name"],
    "actions": ["capture", "decide", "release", "withdraw"],
}


def asked(details: object, **parameters: str) -> Answer:
    return ask(basic(authorization_details=json.dumps(details), **parameters), old_crm())


def wanted(**members: Any) -> list[dict[str, Any]]:
    return [{"type": "consent_vault", **members}]


def test_what_is_left_out_is_all_there_is_and_is_told() -> None:
    answer = asked(wanted())
    assert answer.body["authorization_details"] == [WHOLE]
    assert answer.body["scope"] == "capture decide release withdraw"


def test_whoever_asks_for_less_gets_less_in_answer_and_token() -> None:
    answer = asked(wanted(purposes=["sales"], channels=["email"], fields=[], actions=["decide"]))
    assert answer.body["authorization_details"] == [
        {
            "type": "consent_vault",
            "purposes": ["sales"],
            "channels": ["email"],
            "fields": [],
            "actions": ["decide", "withdraw"],
        }
    ]
    assert answer.body["scope"] == "decide withdraw"
    believed = verify(answer.body["access_token"], KEYS.public(), issuer=ISSUER, audience=AUDIENCE, now=NOW)
    assert believed == answer.issued
    assert believed.scopes == {"decide", "withdraw"}
    assert believed.reach == Reach(purposes=("sales",), channels=("email",), actions=("decide", "withdraw"))


def test_a_token_nobody_narrowed_says_nothing_of_it() -> None:
    answer = ask(basic(), old_crm())
    assert answer.issued is not None
    assert answer.issued.reach is None
    assert "authorization_details" not in answer.body


@pytest.mark.parametrize(
    ("scope", "actions", "left"),
    [
        ("decide", ["decide", "release"], ["decide"]),
        ("decide withdraw", ["decide"], ["decide", "withdraw"]),
        ("withdraw", [], ["withdraw"]),
        ("withdraw", ["decide"], ["withdraw"]),
        ("decide release capture", ["release"], ["release"]),
    ],
)
def test_scope_and_details_narrow_each_other_and_then_agree(scope: str, actions: list[str], left: list[str]) -> None:
    answer = asked(wanted(actions=actions), scope=scope)
    assert answer.body["scope"].split() == left
    assert answer.body["authorization_details"][0]["actions"] == left


def test_a_token_of_which_nothing_is_left_is_none() -> None:
    assert refused(asked(wanted(actions=["decide"]), scope="release"), None, "invalid_scope")


def test_a_no_gets_through_whatever_is_left_out() -> None:
    assert asked(wanted(purposes=[], channels=[], fields=[], actions=[])).body["scope"] == "withdraw"


@pytest.mark.parametrize(
    "members",
    [
        {"purposes": ["support"]},
        {"purposes": ["newsletter", "support"]},
        {"purposes": ["newsletter.weekly"]},
        {"purposes": ["*"]},
        {"channels": ["voice"]},
        {"channels": ["*"]},
        {"fields": ["birth_date"]},
        {"actions": ["admin"]},
        {"actions": ["decide", "admin"]},
        {"actions": ["Decide"]},
        {"actions": [""]},
    ],
)
def test_whoever_asks_beyond_the_ceiling_gets_no_token_not_a_smaller_one(members: dict[str, Any]) -> None:
    assert refused(asked(wanted(**members)), None, INVALID)


@pytest.mark.parametrize(
    "details",
    [
        [],
        {},
        {"type": "consent_vault"},
        [{}],
        [{"type": "payment_initiation"}],
        [{"type": "consent_vault"}, {"type": "consent_vault"}],
        [{"type": "consent_vault"}, {"type": "payment_initiation"}],
        [{"type": "Consent_Vault"}],
        [{"type": ["consent_vault"]}],
        wanted(purpose=["sales"]),
        wanted(locations=["https://vault.example"]),
        wanted(purposes="sales"),
        wanted(purposes=None),
        wanted(purposes=[7]),
        wanted(purposes=[["sales"]]),
        wanted(actions={"decide": True}),
        "consent_vault",
        7,
        None,
    ],
)
def test_what_is_not_understood_is_not_passed_over(details: object) -> None:
    answer = asked(details)
    assert refused(answer, None, INVALID)
    assert answer.status == 400
    assert "sales" not in str(answer.body)


@pytest.mark.parametrize("text", ["[", "not json", "[" * 4000, '[{"type":"consent_vault"}]x', "\x00", "[é]"])
def test_what_is_no_json_is_not_understood(text: str) -> None:
    assert refused(ask(basic(authorization_details=text), old_crm()), None, INVALID)


def test_details_are_not_told_to_strangers() -> None:
    assert refused(ask(basic(secret="wrong", authorization_details="["), old_crm()), "wrong_secret")


def test_a_token_nobody_could_carry_is_not_made() -> None:
    many = tuple(f"purpose_{number:050}" for number in range(110))
    big = old_crm(purposes=many)
    assert refused(ask(basic(authorization_details='[{"type":"consent_vault"}]'), big), None, INVALID)
    assert ask(basic(), big).status == 200
    some = json.dumps(wanted(purposes=many[:50]))
    answer = ask(basic(authorization_details=some), big)
    assert answer.status == 200
    assert (
        verify(answer.body["access_token"], KEYS.public(), issuer=ISSUER, audience=AUDIENCE, now=NOW) == answer.issued
    )


words = st.sampled_from(
    ["newsletter", "sales", "support", "email", "sms", "contact", "first_name", "decide", "release"]
)
members = st.dictionaries(st.sampled_from(["purposes", "channels", "fields", "actions"]), st.lists(words, max_size=3))


@given(members)
def test_no_token_ever_goes_beyond_the_ceiling(said: dict[str, list[str]]) -> None:
    answer = asked(wanted(**said))
    if answer.issued is None:
        assert answer.error == INVALID
        assert any(not set(named) <= set(WHOLE[member]) for member, named in said.items())
    else:
        assert answer.issued.reach is not None
        for member, named in said.items():
            extra = {"withdraw"} if member == "actions" else set()
            assert set(getattr(answer.issued.reach, member)) == set(named) | extra
