"""Practice: how many messages there really were, week by week, beside how many were promised. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

WEEKS: Final = 13
SPAN: Final = timedelta(weeks=WEEKS)


def weekly(instants: Iterable[datetime], *, now: datetime) -> tuple[int, ...]:
    """Return how many lie in each of the last 13 times seven days, the oldest first; the last of them ends now."""
    counts = [0] * WEEKS
    for instant in instants:
        if (ago := (now - instant) // timedelta(weeks=1)) < WEEKS:
            counts[WEEKS - 1 - max(ago, 0)] += 1  # one that was allowed in this very moment is of this week
    return tuple(counts)
