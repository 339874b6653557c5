"""Public holidays: days on the clock of whoever is reached, and the first instant after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.domain.timing.holiday import Holidays, is_known, of_country
from vault.domain.timing.moment import earliest

CHRISTMAS = datetime(2026, 12, 25, 12, tzinfo=UTC)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
zones = st.lists(st.sampled_from(["Europe/London", "America/Santiago", "Asia/Beirut", "Pacific/Auckland"]), max_size=2)


def days(*countries: str, zones: tuple[str, ...] = ("Europe/London",)) -> Holidays:
    return Holidays(countries=countries, zones=zones)


def test_a_holiday_is_a_day_on_the_clock_of_whoever_is_reached() -> None:
    for zone, first in (
        ("Europe/London", "2026-12-25T00:00:00+00:00"),
        ("America/New_York", "2026-12-25T05:00:00+00:00"),
    ):
        begin = datetime.fromisoformat(first)
        assert days("GB", zones=(zone,)).allows(begin - timedelta(microseconds=1))
        assert not days("GB", zones=(zone,)).allows(begin)


def test_of_several_countries_and_zones_each_may_close_it() -> None:
    assert not days("DE", "GB").allows(CHRISTMAS)
    easter_monday = datetime(2026, 4, 6, 12, tzinfo=UTC)
    assert days("US").allows(easter_monday)
    assert not days("US", "DE").allows(easter_monday)
    assert not days("US", zones=("Europe/London", "Pacific/Auckland")).allows(datetime(2026, 12, 24, 13, tzinfo=UTC))


def test_after_two_holidays_in_a_row_comes_the_third_day() -> None:
    assert earliest([days("DE", zones=("Europe/Berlin",))], start=CHRISTMAS) == datetime(
        2026, 12, 27, tzinfo=ZoneInfo("Europe/Berlin")
    )


@given(instants, zones)
def test_the_end_of_every_holiday_is_among_its_edges(instant: datetime, several: list[str]) -> None:
    bound = days("GB", "CL", zones=tuple(several) or ("UTC",))
    found = earliest([bound], start=instant)
    assert found is not None
    assert bound.allows(found)
    if found > instant:
        assert not bound.allows(found - timedelta(seconds=1))


def test_a_country_without_a_calendar_is_known_to_be_none() -> None:
    assert is_known("GB")
    assert not is_known("ZZ")
    with pytest.raises(KeyError):
        of_country("ZZ", 2026)
