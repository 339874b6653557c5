"""Dates as exports write them: year first, or the day first with dots. Nothing else is guessed.

`03/04/2024` is March to one half of the world and April to the other: it is unreadable, and so is a bare number.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})", re.ASCII)
_YEAR_FIRST: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII
)
_CENTURY: Final = "20"
_WHOLE: Final = 4


def instant(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant in UTC; none for what cannot be read. A time without an offset is in `zone`."""
    try:
        if (dotted := _DOTTED.fullmatch(text)) is not None:
            day, month, year = dotted.groups()
            found = datetime(int(year if len(year) == _WHOLE else _CENTURY + year), int(month), int(day), tzinfo=zone)
        elif _YEAR_FIRST.fullmatch(text):
            found = datetime.fromisoformat(text)
        else:
            return None
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
