"""What really came: each message in its week, none twice, and none that is too old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vault.domain.choices.practice import SPAN, WEEKS, weekly

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
agos = st.timedeltas(timedelta(microseconds=1), SPAN * 2)


@given(st.lists(agos))
def test_every_message_of_thirteen_weeks_is_one_dot(ago: list[timedelta]) -> None:
    found = weekly([NOW - one for one in ago], now=NOW)
    assert len(found) == WEEKS
    assert sum(found) == sum(one < SPAN for one in ago)


def test_the_newest_week_is_the_last_and_ends_now() -> None:
    week, tick = timedelta(weeks=1), timedelta(microseconds=1)
    assert weekly([NOW, NOW + tick, NOW - week + tick], now=NOW) == (0,) * 12 + (3,)
    assert weekly([NOW - week], now=NOW) == (0,) * 11 + (1, 0)
    assert weekly([NOW - SPAN + tick, NOW - SPAN], now=NOW) == (1,) + (0,) * 12
