"""Dates as exports write them: year first, the day first with dots, or in a form that was named. Nothing is guessed.

`03/04/2024` is March to one half of the world and April to the other: without being told which, it is unreadable, and
so is a bare number.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)

_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})", re.ASCII)
_YEAR_FIRST: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_SECONDS: Final = re.compile(r"\d{1,10}", re.ASCII)  # eleven digits are the year 5138: no export meant that
_CENTURY: Final = "20"
_WHOLE: Final = 4
_NOON: Final = 12

_TOKENS: Final = {
    "YYYY": r"(?P<year>\d{4})",
    "DD": r"(?P<day>\d{2})",
    "HH:MM": r"(?P<hour>\d{2}):(?P<minute>\d{2})",
    "hh:MM": r"(?P<hour>0[1-9]|1[0-2]):(?P<minute>\d{2})",
    "MM": r"(?P<month>\d{2})",
    "SS": r"(?P<second>\d{2})",
    "±HH:MM": r"(?P<offset>Z|[+-]\d{2}:\d{2})",
    "AM": r"(?P<half>[AP]M)",
}
_TOKEN: Final = re.compile("|".join(sorted(map(re.escape, _TOKENS), key=len, reverse=True)))


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A named form of dates, and the zone of those without an offset."""

    pattern: re.Pattern[str]
    zone: ZoneInfo

    def instant(self, text: str) -> datetime | None:
        """Return the instant in UTC; none for what is not in this form."""
        found = self.pattern.fullmatch(text)
        if found is None:
            return None
        part = found.groupdict()
        hour = int(part.get("hour") or 0)
        if half := part.get("half"):
            hour = hour % _NOON + _NOON * (half == "PM")
        day = f"{part['year']}-{part['month']}-{part['day']}"
        clock = f"{hour:02}:{part.get('minute') or '00'}:{part.get('second') or '00'}"
        return instant(f"{day}T{clock}{part.get('offset') or ''}", self.zone)


def form(text: str, zone: ZoneInfo) -> Form | None:
    """Return a form such as `DD/MM/YYYY HH:MM`; none when it does not name year, month and day once each."""
    pattern = "".join(_TOKENS.get(part, re.escape(part)) for part in re.split(f"({_TOKEN.pattern})", text))
    try:
        found = re.compile(pattern, re.ASCII)
    except re.error:  # a part named twice
        return None
    return Form(pattern=found, zone=zone) if {"year", "month", "day"} <= found.groupindex.keys() else None


def instant(text: str, zone: ZoneInfo, *, day_first: bool | None = None) -> datetime | None:
    """Return the instant in UTC; none for what cannot be read. A time without an offset is in `zone`.

    `day_first` tells what dates with slashes begin with, where it is known.
    """
    try:
        if (dotted := _DOTTED.fullmatch(text)) is not None:
            day, month, year = dotted.groups()
            found = datetime(int(year if len(year) == _WHOLE else _CENTURY + year), int(month), int(day), tzinfo=zone)
        elif day_first is not None and (slashed := SLASHED.fullmatch(text)) is not None:
            first, second, year = map(int, slashed.groups())
            month, day = (second, first) if day_first else (first, second)
            found = datetime(year, month, day, tzinfo=zone)
        elif _YEAR_FIRST.fullmatch(text):
            found = datetime.fromisoformat(text)
        else:
            return None
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def unix(text: str) -> datetime | None:
    """Return the instant of a number of seconds since 1970; none for anything else, milliseconds too."""
    return datetime.fromtimestamp(int(text), UTC) if _SECONDS.fullmatch(text) else None
