from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.duration import Duration, parse
from vault.base.errors import Invalid

instants = st.integers(-(10**10) // 5, 7 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
durations = st.builds(Duration, months=st.integers(0, 1200), minutes=st.integers(0, 60 * 24 * 5000))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "months", "minutes"),
    [
        ("P24M", 24, 0),
        ("P2Y", 24, 0),
        ("P1Y6M", 18, 0),
        ("P2W", 0, 2 * 7 * 1440),
        ("P30D", 0, 30 * 1440),
        ("P0D", 0, 0),
        ("PT24H", 0, 1440),
        ("PT15M", 0, 15),
        ("P1Y2M3W4DT5H6M", 14, (25 * 24 + 5) * 60 + 6),
    ],
)
def test_a_duration_is_whole_months_and_exact_minutes(text: str, months: int, minutes: int) -> None:
    assert parse(text) == Duration(months=months, minutes=minutes)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1YT", "24M", "p24m", "P-1M", "P1.5D", "P1M ", "P1D1M", "PT1S", "P12345M", "1 year"]
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Invalid, match="P24M"):
        parse(text)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2025-01-31T10:00:00Z", "P1M", "2025-02-28T10:00:00Z"),
        ("2024-01-31T10:00:00Z", "P1M", "2024-02-29T10:00:00Z"),
        ("2024-02-29T00:00:00Z", "P1Y", "2025-02-28T00:00:00Z"),
        ("2024-12-15T00:00:00Z", "P1M", "2025-01-15T00:00:00Z"),
        ("2025-01-31T10:00:00Z", "P1M1D", "2025-03-01T10:00:00Z"),
        ("2025-03-30T00:30:00Z", "PT24H", "2025-03-31T00:30:00Z"),
    ],
)
def test_the_last_day_stands_in_for_a_day_the_month_does_not_have(start: str, duration: str, end: str) -> None:
    assert parse(duration).after(at(start)) == at(end)


def test_months_are_counted_in_utc_whatever_the_zone_of_the_start() -> None:
    late = datetime(2025, 1, 31, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert parse("P1M").after(late) == at("2025-03-01T04:30:00Z")
    assert parse("P1M").after(late).tzinfo is UTC


@pytest.mark.parametrize(
    "duration", [Duration(months=12 * 9999), Duration(minutes=60 * 24 * 3_600_000), Duration(minutes=2**62)]
)
def test_an_end_beyond_the_calendar_is_its_last_instant(duration: Duration) -> None:
    assert duration.after(at("2025-01-01T00:00:00Z")) == datetime.max.replace(tzinfo=UTC)


@given(durations)
def test_a_duration_is_spelled_so_that_it_reads_as_itself(duration: Duration) -> None:
    spelled = str(duration)
    if duration.months < 10_000 and duration.minutes < 99_999 * 1440:
        assert parse(spelled) == duration


@given(instants, durations)
def test_an_end_is_never_before_its_start(start: datetime, duration: Duration) -> None:
    assert duration.after(start) >= start


@given(instants, instants, durations)
def test_who_starts_later_never_ends_earlier(one: datetime, other: datetime, duration: Duration) -> None:
    first, second = sorted([one, other])
    assert duration.after(first) <= duration.after(second)


@given(instants, st.integers(0, 1200), st.integers(0, 1200))
def test_more_months_never_end_earlier(start: datetime, some: int, more: int) -> None:
    few, many = sorted([some, more])
    assert Duration(months=few).after(start) <= Duration(months=many).after(start)


@given(instants, st.integers(0, 1200))
def test_a_month_is_clamped_and_never_runs_over(start: datetime, months: int) -> None:
    end = Duration(months=months).after(start)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day <= start.day
    assert end.time() == start.time()
