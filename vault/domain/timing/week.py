"""Open hours: in which minutes of a week a window is open, on the clock of a zone and across its changes.

A window opens with its first minute and is closed from its last: 09:00-20:00 is closed at 20:00:00. What the clock
skips in spring is never, and what it shows twice in autumn is both times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHOLE: Final = 24 * 60
_WINDOW: Final = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)

Span = tuple[int, int]
"""Minutes of a day, from the first up to the second and without it; the whole day is 0 to 1440."""


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """The open spans of each day, Monday first."""

    days: tuple[tuple[Span, ...], ...]

    def is_open(self, instant: datetime, zone: ZoneInfo) -> bool:
        """Whether it is open at an instant, on the clock of a zone."""
        local = instant.astimezone(zone)
        minute = local.hour * 60 + local.minute
        return any(begin <= minute < end for begin, end in self.days[local.weekday()])

    def edges(self, zone: ZoneInfo, *, start: datetime, end: datetime) -> Iterator[datetime]:
        """Yield every instant from `start` up to `end` at which it may begin to be open, in no order, some twice."""
        first, last = start.astimezone(zone).date() - _DAY, end.astimezone(zone).date()
        for day in (first + _DAY * place for place in range((last - first).days + 1)):
            yield from changes(zone, day)
            for begin, _ in self.days[day.weekday()]:
                wall = datetime.combine(day, time(begin // 60, begin % 60), tzinfo=zone)
                yield wall.astimezone(UTC)
                yield wall.replace(fold=1).astimezone(UTC)


def week(windows: Mapping[str, Sequence[str]]) -> Week:
    """Return the week written as days or ranges of days with their windows, such as `mon-fri: ["09:00-20:00"]`."""
    days: list[list[Span]] = [[] for _ in DAYS]
    for named, spans in windows.items():
        begin, _, end = named.partition("-")
        first, last = DAYS.index(begin), DAYS.index(end or begin)
        for place in range(first, last + 1 + len(DAYS) * (last < first)):  # sat-mon goes on past Sunday
            days[place % len(DAYS)] += [_span(written) for written in spans]
    return Week(days=tuple(tuple(sorted(day)) for day in days))


def but(begin: int, end: int) -> Week:
    """Return a week open all the time but from minute `begin` to minute `end` of each day, which may lie past midnight.

    Both alike: open all the time.
    """
    spans = ((end, begin),) if begin > end else ((0, begin), (end, WHOLE))
    return Week(days=(tuple(span for span in spans if span[0] < span[1]),) * len(DAYS))


def changes(zone: ZoneInfo, day: date) -> Iterator[datetime]:
    """Yield the instant at which the clock of a zone is changed between the beginnings of two days in UTC, if it is."""
    low = datetime.combine(day, time(), tzinfo=UTC)
    high = low + _DAY
    before = low.astimezone(zone).utcoffset()
    if before == high.astimezone(zone).utcoffset():
        return
    while high - low > _MINUTE:
        middle = low + (high - low) // 2 // _MINUTE * _MINUTE
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    yield high


def _span(written: str) -> Span:
    found = _WINDOW.fullmatch(written)
    if found is None:
        raise ValueError(written)
    begin_hour, begin, end_hour, end = map(int, found.groups())
    return begin_hour * 60 + begin, min(end_hour * 60 + end, WHOLE)
