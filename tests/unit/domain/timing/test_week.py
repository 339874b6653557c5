"""Open hours, minute by minute, against a clock that knows nothing of windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.domain.timing.moment import HORIZON, Hours, Until, earliest
from vault.domain.timing.week import WHOLE, Week, but, changes, week

ZONES = ("Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "UTC")
SHOPS = week({"mon-fri": ["09:00-20:00"], "sat": ["10:00-12:00", "14:00-18:00"]})
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)

instants = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
spans = st.tuples(st.integers(0, WHOLE - 1), st.integers(1, WHOLE)).filter(lambda span: span[0] < span[1])
weeks = st.lists(st.lists(spans, max_size=2), min_size=7, max_size=7).map(
    lambda days: Week(days=tuple(tuple(day) for day in days))
)


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-03-02T08:59:59", False),
        ("2026-03-02T09:00:00", True),
        ("2026-03-02T19:59:59", True),
        ("2026-03-02T20:00:00", False),
        ("2026-03-07T13:00:00", False),
        ("2026-03-07T14:00:00", True),
        ("2026-03-08T11:00:00", False),
    ],
)
def test_a_window_opens_with_its_first_minute_and_is_closed_from_its_last(local: str, *, is_open: bool) -> None:
    zone = ZoneInfo("Europe/London")
    assert SHOPS.is_open(datetime.fromisoformat(local).replace(tzinfo=zone), zone) is is_open


def test_a_day_can_be_open_to_its_end() -> None:
    assert week({"sun": ["20:00-24:00"]}).days[6] == ((1200, WHOLE),)


def test_a_range_of_days_may_go_on_past_sunday() -> None:
    assert [bool(day) for day in week({"sat-mon": ["09:00-12:00"]}).days] == [True, *[False] * 4, True, True]


@pytest.mark.parametrize("written", ["9-20", "09:00-20:60", "25:00-26:00"])
def test_what_is_no_window_is_no_week(written: str) -> None:
    with pytest.raises(ValueError, match=written):
        week({"mon": [written]})


@given(st.integers(0, WHOLE - 1), st.integers(0, WHOLE - 1), instants)
def test_quiet_hours_are_what_is_left_out_also_past_midnight(begin: int, end: int, instant: datetime) -> None:
    minute = instant.hour * 60 + instant.minute
    quiet = begin <= minute < end if begin <= end else minute >= begin or minute < end
    assert but(begin, end).is_open(instant, ZoneInfo("UTC")) is not quiet


# ── Changes of the clock ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("zone", "day", "changed"),
    [
        ("Europe/London", "2026-03-29", "2026-03-29T01:00:00"),
        ("America/New_York", "2026-11-01", "2026-11-01T06:00:00"),
        ("Australia/Lord_Howe", "2026-04-04", "2026-04-04T15:00:00"),
        ("Europe/London", "2026-03-30", None),
    ],
)
def test_the_clock_changes_at_the_minute_the_law_says(zone: str, day: str, changed: str | None) -> None:
    found = [*changes(ZoneInfo(zone), datetime.fromisoformat(day).date())]
    assert found == ([datetime.fromisoformat(changed).replace(tzinfo=UTC)] if changed else [])


@pytest.mark.parametrize(
    ("start", "opens"),
    [
        ("2026-03-29T00:00:00", "2026-03-29T01:00:00"),  # 01:30 to 02:30 begins at 02:00: the hour before is skipped
        ("2026-10-24T23:00:00", "2026-10-25T00:30:00"),  # the first 01:30
        ("2026-10-25T01:00:00", "2026-10-25T01:30:00"),  # from 01:00 again: the second
    ],
)
def test_a_window_in_the_hour_that_is_skipped_or_shown_twice(start: str, opens: str) -> None:
    hours = Hours(week=week({"sun": ["01:30-02:30"]}), zones=("Europe/London",))
    found = earliest([hours], start=datetime.fromisoformat(start).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(opens).replace(tzinfo=UTC)


# ── The first moment ─────────────────────────────────────────────────────────────────────────────────────────────────
@settings(deadline=None)  # each minute of two days
@given(weeks, st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True), instants)
def test_at_the_first_moment_it_is_open_and_at_no_minute_before(own: Week, zones: list[str], start: datetime) -> None:
    hours = Hours(week=own, zones=tuple(zones))
    found = earliest([hours], start=start)
    until = min(found or start + HORIZON, start + timedelta(days=2))
    minute = start
    while minute < until:
        assert not hours.allows(minute)
        minute = (minute + MINUTE).replace(second=0, microsecond=0)
    assert found is None or (hours.allows(found) and (found == start or not hours.allows(found - SECOND)))


@given(st.timedeltas(timedelta(0), timedelta(days=90)), instants)
def test_a_break_and_hours_bind_together(lasts: timedelta, start: datetime) -> None:
    hours, until = Hours(week=SHOPS, zones=("Europe/London", "America/St_Johns")), Until(instant=start + lasts)
    found = earliest([hours, until], start=start)
    assert found is not None
    assert found >= until.instant
    assert hours.allows(found)
    assert found == until.instant or not hours.allows(found - SECOND)


def test_with_nothing_that_binds_it_is_now() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert earliest([], start=start) == start


def test_what_is_never_open_has_no_first_moment() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert earliest([Hours(week=week({}), zones=("UTC",))], start=start) is None
    assert earliest([Until(instant=start + HORIZON + SECOND)], start=start) is None
