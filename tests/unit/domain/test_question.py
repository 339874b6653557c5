"""The question: exactly one person, one readable time, nothing released of the past."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import product
from typing import Any

import msgspec
import pytest

from vault.base.errors import Invalid
from vault.base.personal import Personal
from vault.domain.decision.question import Decision, Question

ANNA = "cus_06h0090m41t835kpwqjv10s1y0"
PEOPLE = {
    "customer": ANNA,
    "contact": {"kind": "email", "value": "anna@shop.example"},
    "external": {"source": "crm", "id": "Anna-1"},
}


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_what_another_system_calls_nobody_names_nobody(blank: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        asked(customer=None, external={"source": "crm", "id": blank})


NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def asked(**given: Any) -> Question:
    """Return a question about Anna, as it arrives, unless told otherwise."""
    plain = {"purpose": "sales", "channel": "email", "customer": ANNA}
    told = {name: value for name, value in (plain | given).items() if value is not None}
    return msgspec.json.decode(json.dumps(told), type=Question, dec_hook=lambda _, value: Personal(value))


def refused(question: Question) -> str:
    with pytest.raises(Invalid) as error:
        question.check(NOW)
    assert error.value.detail
    return error.value.code


@pytest.mark.parametrize("named", list(product((False, True), repeat=3)))
def test_a_question_names_its_person_in_exactly_one_way(named: tuple[bool, ...]) -> None:
    given = {name: value if wanted else None for wanted, (name, value) in zip(named, PEOPLE.items(), strict=True)}
    if sum(named) == 1:
        asked(**given).check(NOW)
    else:
        assert refused(asked(**given)) == "one_person"


@pytest.mark.parametrize("at", ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00+14:00", "0002-01-01T00:00:00-14:00"])
def test_a_time_with_its_offset_is_asked_about(at: str) -> None:
    asked(at=at).check(NOW)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2026-01-31T12:00:00", "naive_time"),
        ("0001-01-01T00:00:00Z", "time_out_of_range"),
        ("0001-01-01T00:00:00+14:00", "time_out_of_range"),
        ("9999-12-31T23:59:59-14:00", "time_out_of_range"),
    ],
)
def test_a_time_that_not_every_zone_can_tell_is_a_bad_request(at: str, code: str) -> None:
    assert refused(asked(at=at)) == code


def test_nobody_is_told_what_will_be() -> None:
    assert refused(asked(at="2026-11-02T12:00:01Z")) == "not_yet"
    asked(at="2026-11-02T12:00:00Z").check(NOW)


def test_a_question_about_the_past_releases_nothing() -> None:
    assert refused(asked(at="2026-01-31T12:00:00Z", release=["contact"])) == "release_of_the_past"
    asked(release=["contact", "first_name"]).check(NOW)


def test_a_question_about_the_past_reserves_nothing() -> None:
    assert refused(asked(at="2026-01-31T12:00:00Z", reserve=True)) == "reserve_in_the_past"
    past = asked(at="2026-01-31T12:00:00Z", reserve=False)
    past.check(NOW)
    assert not past.reserves


@pytest.mark.parametrize("given", [{"at": "2026-01-31T12:00:00Z"}, {"reserve": False}])
def test_a_permit_is_for_a_message_to_be_sent_now(given: dict[str, Any]) -> None:
    assert refused(asked(permit_for="larkline", **given)) == "permit_without_message"
    asked(permit_for="larkline").check(NOW)


@pytest.mark.parametrize(
    ("given", "reserves"),
    [
        ({}, False),
        ({"release": ["contact"]}, True),
        ({"release": ["contact"], "reserve": False}, False),
        ({"reserve": True}, True),
    ],
)
def test_what_is_released_is_a_message_unless_the_question_says_otherwise(
    given: dict[str, Any], *, reserves: bool
) -> None:
    assert asked(**given).reserves is reserves


@pytest.mark.parametrize(
    "given",
    [
        {"customer": "cus_x"},
        {"customer": ANNA + "\n"},
        {"customer": ANNA.replace("cus", "sub")},
        {"purpose": "Sales"},
        {"purpose": "sales\n"},
        {"purpose": "*"},
        {"channel": "e-mail"},
        {"channel": "**"},
        {"channel": "*\n"},
        {"release": ["*"]},
        {"release": ["a"] * 65},
        {"contact": {"kind": "email", "value": "a@shop.example", "verified": True}},
        {"external": {"source": "CRM", "id": "1"}},
        {"minor": False},
    ],
)
def test_what_is_not_of_its_form_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        asked(**given)


def test_a_purpose_without_channels_is_asked_about_with_a_star() -> None:
    assert asked(channel="*").channel == "*"


def test_no_question_shows_whom_it_is_about_by_value() -> None:
    shown = repr([asked(customer=None, contact=PEOPLE["contact"]), asked(customer=None, external=PEOPLE["external"])])
    assert "anna" not in shown.lower()


def test_an_answer_leaves_out_what_it_does_not_tell() -> None:
    promise = {
        "organization": "org_a", "key": "k", "time": 1, "size": 1, "index": 0, "leaf": "bA==", "path": (),
        "signature": "cw==",
    }  # fmt: skip
    told: dict[str, Any] = {
        "id": "dec_a", "allowed": False, "outcome": "deny", "reasons": ({"code": "never_asked", "message": "No yes."},),
        "channel": "email", "configuration": "c", "log": {"entry": "ent_a", "promise": promise},
    }  # fmt: skip
    assert msgspec.to_builtins(msgspec.convert(told, Decision)) == told
