"""ISO 8601 durations of calendar months and days, added in UTC."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec

from vault.base.errors import Invalid

_FORM: Final = re.compile(
    r"P(?!$)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?!$)(?:(\d{1,5})H)?(?:(\d{1,5})M)?)?"
)


class Duration(msgspec.Struct, frozen=True, kw_only=True):
    """A length of time: whole calendar months, then exact minutes."""

    months: int = 0
    minutes: int = 0

    def after(self, instant: datetime) -> datetime:
        """Return the instant this much later; the last day stands in for a day the month does not have.

        An end beyond what a calendar can hold is the calendar's last instant.
        """
        if instant.tzinfo is not UTC:
            instant = instant.astimezone(UTC)
        try:
            later = instant + _until((instant.year, instant.month, instant.day), self.months)
            return later + timedelta(minutes=self.minutes) if self.minutes else later
        except (ValueError, OverflowError):
            return datetime.max.replace(tzinfo=UTC)

    def __str__(self) -> str:
        hours, minutes = divmod(self.minutes, 60)
        days, hours = divmod(hours, 24)
        whole = "".join(f"{count}{unit}" for count, unit in ((self.months, "M"), (days, "D")) if count)
        clock = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M")) if count)
        return f"P{whole}T{clock}" if clock else f"P{whole or '0D'}"


@lru_cache(maxsize=4096)  # of days there are few, and of instants many
def _until(begin: tuple[int, int, int], months: int) -> timedelta:
    """Return how far it is from a day to the same day of a later month, or to its last."""
    year, month, day = begin
    later, place = divmod(year * 12 + month - 1 + months, 12)
    last = min(day, monthrange(later, place + 1)[1])
    return date(later, place + 1, last) - date(year, month, day)


def parse(text: str) -> Duration:
    """Return the duration `text` spells, such as `P24M` or `PT24H`; `Invalid` for anything else."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise Invalid("bad_duration", "write a duration as ISO 8601, such as P24M, P30D or PT24H")
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in match.groups())
    return Duration(months=years * 12 + months, minutes=((weeks * 7 + days) * 24 + hours) * 60 + minutes)
