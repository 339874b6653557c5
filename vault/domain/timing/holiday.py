"""Public holidays: days on which an organization that wants it disturbs nobody, by the calendar of their country.

A day is counted on the clock of whoever is reached. Holidays of a region alone are not known: which region somebody
lives in, a telephone number does not say.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import msgspec

_DAY = timedelta(days=1)


class Holidays(msgspec.Struct, frozen=True, kw_only=True):
    """Not on a holiday of any of these countries, by ISO 3166, on the clock of any of these zones."""

    countries: tuple[str, ...]
    zones: tuple[str, ...]

    def allows(self, instant: datetime) -> bool:
        """Whether it is a holiday nowhere."""
        return not any(self._is_off(instant.astimezone(ZoneInfo(zone)).date()) for zone in self.zones)

    def edges(self, *, start: datetime, end: datetime) -> Iterator[datetime]:
        """Yield the end of each holiday in each zone: the first instant of the day after."""
        for zone in map(ZoneInfo, self.zones):
            first, last = start.astimezone(zone).date(), end.astimezone(zone).date() + _DAY
            for day in (first + _DAY * place for place in range((last - first).days + 1)):
                if self._is_off(day - _DAY):
                    yield datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)

    def _is_off(self, day: date) -> bool:
        return any(day in of_country(country, day.year) for country in self.countries)


@cache
def of_country(country: str, year: int) -> frozenset[date]:
    """Return the public holidays of a country in a year; `KeyError` for a country whose calendar nobody knows."""
    from holidays import country_holidays  # noqa: PLC0415 - a large library, for whoever declares holidays

    try:
        return frozenset(country_holidays(country, years=year))
    except NotImplementedError:
        raise KeyError(country) from None


def is_known(country: str) -> bool:
    """Whether the holidays of a country are known."""
    from holidays import list_supported_countries  # noqa: PLC0415 - likewise

    return country in list_supported_countries(include_aliases=False)
