"""At most so many in so long: how often somebody wishes to be reached. A wish makes less of what was promised."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

Per = Literal["day", "week", "month"]

PERIODS: Final[tuple[Per, ...]] = ("day", "week", "month")
"""From the shortest to the longest."""


class AtMost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many adverts at most in a period."""

    most: Annotated[int, Meta(ge=1, le=1_000)]
    per: Per

    def is_within(self, other: AtMost) -> bool:
        """Whether this is no more than another: no more at once, and not sooner again."""
        return self.most <= other.most and PERIODS.index(self.per) >= PERIODS.index(other.per)

    def tighter(self, other: AtMost) -> AtMost:
        """Return what is within both."""
        return AtMost(most=min(self.most, other.most), per=max(self.per, other.per, key=PERIODS.index))


SELDOM: Final = AtMost(most=1, per="month")
"""The least that can be wished short of a no: within every other."""
