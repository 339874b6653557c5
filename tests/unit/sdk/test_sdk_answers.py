"""Answers: a yes is only what the vault said; whatever cannot be read is raised."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec
import pytest
from consent_vault import Decision, Problem, Released, Unavailable
from consent_vault.answers import read
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sdk.stand import CUSTOMER, Stand, decision

QUESTION: Any = {"customer": CUSTOMER, "purpose": "sales", "channel": "email", "release": ["contact"]}
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text())
ANYTHING = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


def said(body: bytes) -> Decision | None:
    try:
        return read(200, body, kind=Decision)
    except Problem:
        return None


def test_a_yes_brings_what_was_released_and_shows_it_to_nobody_who_prints_it() -> None:
    yes = decision(allowed=True, released={"contact": "anna@mail.test", "first_name": "Anna"})
    answer = Stand(httpx2.Response(200, json=yes)).sync().decide(**QUESTION)
    assert answer.allowed
    assert answer.released["contact"] == "anna@mail.test"
    assert dict(answer.released) == yes["released"]
    for shown in (repr(answer), str(answer), f"{answer}", repr(answer.released), str(answer.released)):
        assert not re.search("anna", shown, re.IGNORECASE)
        assert "contact, first_name" in shown
    with pytest.raises(TypeError):
        msgspec.json.encode(answer)


def test_an_answer_is_true_only_where_it_is_a_yes() -> None:
    assert said(json.dumps(decision(allowed=True)).encode())
    no = said(json.dumps(decision(allowed=False)).encode())
    assert no is not None
    assert not no
    assert no.released == {}
    assert isinstance(no.released, Released)


def test_a_field_of_a_later_version_is_passed_over() -> None:
    told = decision(allowed=True, permit="…", standing={"state": "deferred", "until": "2026-01-01T00:00:00Z", "x": 1})
    answer = said(json.dumps(told).encode())
    assert answer is not None
    assert answer.standing is not None
    assert answer.standing.state == "deferred"
    assert answer.standing.until == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "broken",
    [
        {"outcome": "deny"},
        {"outcome": "defer"},
        {"allowed": 1},
        {"allowed": "true"},
        {"allowed": None},
        {"released": {"contact": 5}},
        {"released": ["contact"]},
        {"released": "contact"},
        {"standing": {"state": "granted", "until": "2026-01-01T00:00:00"}},
        {"log": None},
        {"reasons": None},
    ],
)
def test_a_yes_with_anything_wrong_about_it_is_none(broken: dict[str, object]) -> None:
    stand = Stand(httpx2.Response(200, json={**decision(allowed=True), **broken}))
    with pytest.raises(Unavailable, match="unreadable_answer"):
        stand.sync().decide(**QUESTION)


def test_a_no_that_releases_something_is_no_answer() -> None:
    assert said(json.dumps(decision(allowed=False, released={"contact": "anna@mail.test"})).encode()) is None


@given(st.binary(max_size=200))
def test_no_bytes_are_a_yes(body: bytes) -> None:
    assert said(body) is None


@given(st.sampled_from([*decision()]), ANYTHING)
def test_no_change_to_a_no_makes_it_a_yes(field: str, value: object) -> None:
    answer = said(json.dumps({**decision(allowed=False), field: value}).encode())
    assert answer is None or not answer


@given(st.data())
def test_nothing_left_out_of_a_yes_leaves_another_yes(data: st.DataObject) -> None:
    body = json.dumps(decision(allowed=True)).encode()
    start = data.draw(st.integers(0, len(body) - 1))
    end = data.draw(st.integers(start + 1, len(body)))
    answer = said(body[:start] + body[end:])
    if answer is not None:
        assert (answer.allowed, answer.outcome) == (True, "allow")


@given(st.integers(100, 599).filter(lambda status: status != 200))
def test_a_yes_under_another_status_is_none(status: int) -> None:
    with pytest.raises(Problem) as raised:
        read(status, json.dumps(decision(allowed=True)).encode(), kind=Decision)
    assert raised.value.status == status


@given(st.binary(max_size=60), st.integers(400, 599))
def test_a_refusal_nobody_can_read_is_still_a_refusal(body: bytes, status: int) -> None:
    with pytest.raises(Problem):
        read(status, body, kind=Decision)
