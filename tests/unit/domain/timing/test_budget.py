"""Budgets: the windows slide, and the first free moment is one, while a second before it is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.domain.choices.at_most import PERIODS, Per
from vault.domain.timing.budget import Budget, Sliding, spent_of
from vault.domain.timing.moment import HORIZON, earliest

NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)

pers = st.sampled_from(PERIODS)
agos = st.lists(st.timedeltas(timedelta(0), timedelta(days=40)), max_size=12)


def sliding(most: int, per: Per, *agos: timedelta) -> Sliding:
    return Sliding(most=most, per=per, spent=tuple(NOW - ago for ago in agos))


@pytest.mark.parametrize(
    ("per", "spent", "free"),
    [
        ("day", "2026-03-30T09:00:00", "2026-03-31T09:00:00"),
        ("week", "2026-03-24T09:00:00", "2026-03-31T09:00:00"),
        ("month", "2026-02-01T06:00:00", "2026-03-01T06:00:00"),  # the first of each month always passes
        ("month", "2026-01-31T06:00:00", "2026-02-28T06:00:00"),
        ("month", "2026-03-01T06:00:00", "2026-04-01T06:00:00"),
    ],
)
def test_what_was_spent_is_free_again_at_that_instant_and_a_second_before_not(per: Per, spent: str, free: str) -> None:
    bound = Sliding(most=1, per=per, spent=(datetime.fromisoformat(spent).replace(tzinfo=UTC),))
    at = datetime.fromisoformat(free).replace(tzinfo=UTC)
    assert bound.allows(at)
    assert not bound.allows(at - SECOND)
    assert earliest([bound], start=at - timedelta(hours=5)) == at


def test_no_month_of_the_calendar_sees_more_than_was_promised() -> None:
    for day in range(366):
        spent = datetime(2027, 7, 1, tzinfo=UTC) + timedelta(days=day)
        free = earliest([Sliding(most=1, per="month", spent=(spent,))], start=spent)
        assert free is not None
        assert (free.year, free.month) > (spent.year, spent.month)


@given(st.integers(0, 5), pers, agos)
def test_at_the_first_free_moment_there_is_one_and_before_it_none(most: int, per: Per, ago: list[timedelta]) -> None:
    bound = sliding(most, per, *ago)
    found = earliest([bound], start=NOW)
    assert bound.allows(NOW) is (found == NOW)
    if found is None:
        assert most == 0
    elif found > NOW:
        assert bound.allows(found)
        assert not bound.allows(found - SECOND) or found - SECOND < NOW


@given(st.integers(1, 5), st.integers(1, 9), pers, pers, agos)
def test_several_budgets_bind_together(one: int, other: int, per: Per, longer: Per, ago: list[timedelta]) -> None:
    bounds = [sliding(one, per, *ago), sliding(other, longer, *ago)]
    found = earliest(bounds, start=NOW)
    assert found is not None
    assert found == max(earliest([bound], start=NOW) or NOW for bound in bounds)


@given(pers, agos)
def test_of_none_at_all_there_is_never_one(per: Per, ago: list[timedelta]) -> None:
    bound = sliding(0, per, *ago)
    assert not bound.allows(NOW)
    assert earliest([bound], start=NOW) is None
    assert not bound.allows(NOW + HORIZON)


@given(st.integers(0, 4), pers, agos, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_one_more_message_never_makes_room(most: int, per: Per, ago: list[timedelta], more: timedelta) -> None:
    assert sliding(most, per, *ago).allows(NOW) or not sliding(most, per, *ago, more).allows(NOW)


def test_a_clock_that_went_back_gives_nothing_back() -> None:
    assert not sliding(1, "day", -timedelta(hours=1)).allows(NOW)


def test_a_budget_has_the_parts_that_are_declared() -> None:
    assert [*Budget(day=1, month=0).parts()] == [("day", 1), ("month", 0)]
    assert [*Budget().parts()] == []


def test_of_several_that_are_spent_the_longest_is_told() -> None:
    assert spent_of(["day", "quiet", "month", "week"]) == "month"
    assert spent_of(["paused"]) == ""
