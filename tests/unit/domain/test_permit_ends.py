"""Until when a permit holds: a quarter of an hour, and never beyond the yes or the hours it was given in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.domain.decision.permit import LONGEST, ends
from vault.domain.timing.moment import Hours, Until
from vault.domain.timing.week import week

NOON = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_nothing_said_it_holds_a_quarter_of_an_hour() -> None:
    assert ends(NOON, until=None, bounds=()) == NOON + LONGEST == NOON + 15 * MINUTE


@pytest.mark.parametrize("minutes", [0, 1, 14])
def test_it_ends_with_the_yes(minutes: int) -> None:
    assert ends(NOON, until=NOON + minutes * MINUTE, bounds=()) == NOON + minutes * MINUTE
    assert ends(NOON, until=NOON + timedelta(days=1), bounds=()) == NOON + LONGEST


@given(st.integers(0, 59), st.integers(0, 59))
def test_it_ends_at_the_very_minute_at_which_hours_end(minute: int, second: int) -> None:
    given_at = datetime(2026, 3, 2, 19, minute, second, tzinfo=UTC)
    bounds = (Hours(week=week({"mon-sun": ["08:00-20:00"]}), zones=("UTC",)),)
    found = ends(given_at, until=None, bounds=bounds)
    assert found == min(given_at + LONGEST, datetime(2026, 3, 2, 20, tzinfo=UTC))
    assert all(bound.allows(found - timedelta(microseconds=1)) for bound in bounds)


def test_a_break_that_is_over_does_not_shorten_it() -> None:
    assert ends(NOON, until=None, bounds=(Until(instant=NOON - MINUTE),)) == NOON + LONGEST
