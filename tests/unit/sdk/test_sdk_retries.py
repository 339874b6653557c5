"""Retries: only where they are harmless, under the same key, and never for long."""

from __future__ import annotations

import pickle
from typing import Any

import httpx2
import pytest
from consent_vault import Contact, ContactPoint, Denied, Invalid, NotFound, Pace, Problem, Reference, Unavailable
from consent_vault.calls import Call
from consent_vault.machine import passed
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sdk.stand import CUSTOMER, Stand, decision, refusal

QUESTION: Any = {"customer": CUSTOMER, "purpose": "sales", "channel": "email"}
PASSING = [httpx2.ConnectError("x"), httpx2.ReadTimeout("x"), refusal(502), refusal(503), refusal(504), refusal(429)]
YES = httpx2.Response(200, json=decision(allowed=True))


@pytest.mark.parametrize("failure", PASSING, ids=str)
def test_a_passing_failure_is_tried_again_under_the_same_key(failure: httpx2.Response | Exception) -> None:
    stand = Stand(failure, failure, YES)
    assert stand.sync().decide(**QUESTION).allowed
    assert len(stand.asked) == 3
    assert len({(request.headers["idempotency-key"], request.content) for request in stand.asked}) == 1


@pytest.mark.parametrize("failure", PASSING, ids=str)
def test_a_lasting_failure_is_raised_after_four_tries(failure: httpx2.Response | Exception) -> None:
    stand = Stand(*[failure] * 9)
    with pytest.raises(Unavailable):
        stand.sync().decide(**QUESTION)
    assert len(stand.asked) == 4


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Invalid), (403, Denied), (404, NotFound), (410, NotFound), (422, Invalid), (500, Unavailable)],
)
def test_what_would_only_be_refused_again_is_not_sent_again(status: int, kind: type[Problem]) -> None:
    stand = Stand(last=lambda _: refusal(status, "why"))
    with pytest.raises(kind) as raised:
        stand.sync().decide(**QUESTION)
    assert (raised.value.status, raised.value.code, raised.value.detail) == (status, "why", "what would help")
    assert len(stand.asked) == 1


def test_a_registration_without_a_reference_is_not_made_twice() -> None:
    points = [ContactPoint(kind="email", value="anna@mail.test")]
    for failure in (httpx2.ReadError("x"), refusal(503)):
        stand = Stand(failure)
        with pytest.raises(Unavailable):
            stand.sync().register(contact_points=points)
        assert len(stand.asked) == 1
    done = httpx2.Response(200, json={"id": CUSTOMER, "created": True})
    for undone in (httpx2.ConnectError("x"), refusal(429)):
        assert Stand(undone, done).sync().register(contact_points=points).created
    known = [Reference(source="crm", id="1")]
    assert Stand(httpx2.ReadError("x"), done).sync().register(external=known).created


def test_each_fact_and_each_decision_has_a_key_of_its_own() -> None:
    stated = {"id": "fct_1", "at": "2026-01-01T00:00:00Z", "recorded_at": "2026-01-01T00:00:00Z", "repeated": False}
    stand = Stand(last=lambda _: httpx2.Response(200, json=stated))
    vault = stand.sync()
    vault.withdraw(CUSTOMER, purpose="sales")
    vault.withdraw(CUSTOMER, purpose="sales")
    vault.withdraw(CUSTOMER, purpose="sales", idempotency_key="mine")
    keys = [request.headers["idempotency-key"] for request in stand.asked]
    assert len({*keys}) == 3
    assert keys[2] == "mine"


def test_whoever_asked_too_much_waits_as_long_as_the_vault_says() -> None:
    stand = Stand(httpx2.Response(429, headers={"retry-after": "1"}), YES)
    began = passed()
    assert stand.sync().decide(**QUESTION).allowed
    assert passed() - began >= 1


def test_a_wait_longer_than_ours_is_not_waited() -> None:
    stand = Stand(httpx2.Response(429, headers={"retry-after": "3600"}), YES)
    with pytest.raises(Unavailable) as raised:
        stand.sync().decide(**QUESTION)
    assert (raised.value.status, len(stand.asked)) == (429, 1)


@given(st.integers(1, 9), st.floats(0, 0.999), st.one_of(st.none(), st.integers(0, 20).map(str), st.text(max_size=3)))
def test_every_wait_is_short_and_as_long_as_asked(attempt: int, chance: float, asked: str | None) -> None:
    pace, call = Pace(), Call(method="GET", url="https://vault.test/")
    wait = pace.after_answer(call, attempt, status=503, retry_after=asked, chance=chance)
    if attempt >= pace.attempts:
        assert wait is None
    elif wait is not None:
        assert 0.05 <= wait <= pace.longest
        assert asked is None or not (asked.isascii() and asked.isdigit()) or wait >= int(asked)
    else:
        assert asked is not None
        assert int(asked) > pace.longest


def test_no_redirect_is_followed() -> None:
    stand = Stand(httpx2.Response(307, headers={"location": "https://elsewhere.test/"}))
    with pytest.raises(Unavailable, match="http_307"):
        stand.sync().decide(**QUESTION)
    assert len(stand.asked) == 1


def test_what_is_no_id_never_becomes_part_of_a_url() -> None:
    stand = Stand()
    vault = stand.sync()
    for wrong in ("anna@mail.test", f"{CUSTOMER}/grants", f"{CUSTOMER}\n", "ctp_06h0090m41t835kpwqjv10s1y0", ""):
        with pytest.raises(Invalid, match="malformed_id") as raised:
            vault.show_customer(wrong)
        assert "anna" not in str(raised.value)
    assert (stand.asked, stand.forms) == ([], [])


def test_a_removal_is_done_without_an_answer() -> None:
    point = "ctp_06h0090m41t835kpwqjv10s1y0"
    Stand(httpx2.Response(204)).sync().remove_contact_point(CUSTOMER, point)
    with pytest.raises(Unavailable):
        Stand(httpx2.Response(200, text="done")).sync().remove_contact_point(CUSTOMER, point)
    with pytest.raises(Problem):
        Stand(httpx2.Response(204)).sync().decide(**QUESTION)


def test_nobody_who_prints_a_request_or_a_problem_sees_a_value() -> None:
    values = [Contact(kind="email", value="anna@mail.test"), ContactPoint(kind="email", value="anna@mail.test")]
    assert "anna" not in repr([*values, Reference(source="crm", id="anna")])
    with pytest.raises(Unavailable) as raised:
        Stand(*[httpx2.ReadError("anna")] * 4).sync().decide(**QUESTION)
    assert "anna" not in str(raised.value)


def test_a_problem_travels_between_processes_as_it_is() -> None:
    problem = pickle.loads(pickle.dumps(NotFound("gone", "it is no more", status=410)))  # noqa: S301 - our own
    assert (type(problem), problem.status, str(problem)) == (NotFound, 410, "gone: it is no more")
