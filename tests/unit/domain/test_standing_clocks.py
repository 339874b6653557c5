"""Laws 10 and 11: nothing unreadable is guessed; the past is told from what was said, or known, then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import DAY, NOW, ORGANIZATION, Case, afterwards, cases, facts_about, said, stands
from vault.base.errors import Unavailable
from vault.base.personal import Personal
from vault.domain.fact import Fact, Unreadable, read
from vault.domain.standing import Instants, rule

MICROSECOND = timedelta(microseconds=1)
RULE = rule(ORGANIZATION, ORGANIZATION.purpose("sales"), channel="email")


# ── Law 10 ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@given(facts_about())
def test_a_stored_fact_reads_as_it_was(fact: Fact) -> None:
    assert read(msgspec.structs.asdict(fact)) == fact


UNREADABLE: list[tuple[str, Any]] = [
    ("kind", "grnated"),
    ("kind", None),
    ("kind", "GRANTED"),
    ("source", "somebody"),
    ("method", "telepathy"),
    ("at", "yesterday"),
    ("at", NOW.replace(tzinfo=None)),
    ("at", None),
    ("until", "31.02.2024"),
    ("recorded_at", NOW.replace(tzinfo=None)),
    ("notice", "two"),
    ("proven", "perhaps"),
    ("proven", 1),
    ("channel", None),
    ("contact_point", 7),
    ("reference", b"too short"),
    ("idempotency", "text"),
]


@pytest.mark.parametrize(("field", "value"), UNREADABLE)
def test_an_unreadable_value_is_an_error_that_names_the_field_and_not_the_value(field: str, value: object) -> None:
    row = msgspec.structs.asdict(said("withdrawn")) | {field: value}
    with pytest.raises(Unreadable) as refused:
        read(row)
    assert isinstance(refused.value, Unavailable)
    assert refused.value.detail == f"a stored fact cannot be read: {field}"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("field", ["id", "kind", "purpose", "channel", "at", "recorded_at", "source", "method"])
def test_a_missing_field_is_an_error(field: str) -> None:
    row = msgspec.structs.asdict(said("withdrawn"))
    del row[field]
    with pytest.raises(Unreadable, match="cannot be read"):
        read(row)


@pytest.mark.parametrize("kind", ["grnated", "dealt", "", "Withdrawn"])
def test_the_fold_refuses_a_kind_it_does_not_know_even_of_another_purpose(kind: str) -> None:
    strange: Any = kind
    for purpose in ("sales", "elsewhere"):
        with pytest.raises(AssertionError):
            stands(said("granted"), said(strange, purpose=purpose))


# ── Law 11 ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@given(cases, afterwards)
def test_what_was_known_by_then_is_what_was_recorded_by_then(case: Case, known_at: datetime) -> None:
    now = case.instants.now
    recorded = [fact for fact in case.facts if fact.recorded_at <= known_at]
    told = Case(case.facts, case.rule, Instants(now=now, known_at=known_at), case.about)
    assert told.stands() == Case(recorded, case.rule, Instants(now=now), case.about).stands()


@given(cases, afterwards)
def test_a_question_about_the_past_hears_what_was_said_by_then_at_that_instant(case: Case, at: datetime) -> None:
    spoken = [fact for fact in case.facts if fact.at <= at]
    asked = Case(case.facts, case.rule, Instants(now=case.instants.now, at=at), case.about)
    assert asked.stands() == Case(spoken, case.rule, Instants(now=at), case.about).stands()


@given(cases, facts_about(), st.sampled_from(["at", "known_at"]))
def test_history_does_not_change_when_something_is_learnt_later(case: Case, news: Fact, clock: str) -> None:
    instants = Instants(now=case.instants.now, **{clock: min(news.at, news.recorded_at) - MICROSECOND})
    then = Case(case.facts, case.rule, instants, case.about)
    assert then.stands(news) == then.stands()


def test_what_was_said_at_the_very_instant_counts() -> None:
    no = said("withdrawn", NOW - DAY, recorded_at=NOW)
    case = Case([no], RULE, Instants(now=NOW, at=NOW - DAY, known_at=NOW), None)
    assert case.state() == "withdrawn"


def test_a_withdrawal_dated_ahead_of_this_servers_clock_is_not_lost() -> None:
    assert stands(said("granted"), said("withdrawn", NOW + 10 * DAY)).state == "withdrawn"


def test_who_learns_late_of_a_withdrawal_sees_both_histories() -> None:
    words = [said("granted", NOW - 9 * DAY, recorded_at=NOW - 9 * DAY), said("withdrawn", NOW - 5 * DAY)]
    third = NOW - 3 * DAY
    assert Case(words, RULE, Instants(now=NOW, at=third), None).state() == "withdrawn"
    assert Case(words, RULE, Instants(now=NOW, at=third, known_at=third), None).state() == "granted"


def test_no_error_of_a_fact_shows_a_personal_value() -> None:
    row = msgspec.structs.asdict(said("withdrawn")) | {"kind": "anna@example.com", "channel": Personal("anna")}
    with pytest.raises(Unreadable) as refused:
        read(row)
    assert "anna" not in str(refused.value)
