"""Budgets: so many messages at most in a day, a week, a month, counted from each message on. Pure.

The windows slide: what was spent is free again 24 hours, seven days or a calendar month after, to the microsecond, and
never because a new day or week began. A month is a calendar month (in UTC, as every length of time here), and not 30
days: what goes out on the first of each month is not put off in March because February was short, and nobody finds
more in a month of the calendar than they were promised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from vault.base.duration import Duration
from vault.base.ids import DecisionId
from vault.domain.choices.at_most import PERIODS, Per

Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]

_LENGTHS: Final[Mapping[Per, Duration]] = {
    "day": Duration(minutes=24 * 60),
    "week": Duration(minutes=7 * 24 * 60),
    "month": Duration(months=1),
}
LAPSE: Final = timedelta(hours=24)
"""After this a reservation that nobody said anything of counts as sent."""


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages at most. Of none at all there is never one, and no time changes that."""

    day: Count | None = None
    week: Count | None = None
    month: Count | None = None

    @property
    def is_none(self) -> bool:
        """Whether there is never one, for some period."""
        return 0 in {self.day, self.week, self.month}

    def parts(self) -> Iterator[tuple[Per, int]]:
        """Yield how many are declared for which period."""
        for per, most in zip(PERIODS, (self.day, self.week, self.month), strict=True):
            if most is not None:
                yield per, most


class Spend(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was allowed: when, over which channel, and for which purpose with those above it."""

    decision: DecisionId
    at: datetime
    lineage: tuple[str, ...]
    channel: str


class Sliding(msgspec.Struct, frozen=True, kw_only=True):
    """So many in a period: a bound of the timing kind. `spent` are the instants that count, in any order."""

    most: int
    per: Per
    spent: tuple[datetime, ...]

    def allows(self, instant: datetime) -> bool:
        """Whether one more may be spent at an instant. What a clock that went back has still to come counts too."""
        return len(self.spent) < self.most or sum(instant < free for free in self._free()) < self.most

    def edges(self, *, start: datetime, end: datetime) -> Iterable[datetime]:
        """Return when one is free again."""
        return [free for free in self._free() if start <= free <= end]

    def _free(self) -> Iterator[datetime]:
        return map(_LENGTHS[self.per].after, self.spent)


def spent_of(words: Sequence[str]) -> Per | str:
    """Return the longest period among the words of what lets nothing pass; empty where no budget is spent."""
    return next((per for per in reversed(PERIODS) if per in words), "")
