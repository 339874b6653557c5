"""The first moment that fits: from what binds a contact in time, the earliest instant at which nothing binds it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

from vault.domain.timing.week import Week

HORIZON: Final = timedelta(days=400)
"""How far ahead anybody looks: beyond, there is no such moment."""
_STEPS: Final = (timedelta(days=2), timedelta(days=14), timedelta(days=100), HORIZON)


class Bound(Protocol):
    """Something that binds a contact in time."""

    def allows(self, instant: datetime) -> bool:
        """Whether it lets a contact pass at an instant."""
        ...

    def edges(self, *, start: datetime, end: datetime) -> Iterable[datetime]:
        """Return every instant from `start` to `end` at which it may begin to let one pass, in any order."""
        ...


class Until(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing before an instant: a break."""

    instant: datetime

    def allows(self, instant: datetime) -> bool:
        """Whether the instant has come."""
        return instant >= self.instant

    def edges(self, *, start: datetime, end: datetime) -> Iterable[datetime]:
        """Return its end."""
        return (self.instant,) if start <= self.instant <= end else ()


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """Only in open hours, and where nobody knows which of several zones it is, only when they are open in all."""

    week: Week
    zones: tuple[str, ...]

    def allows(self, instant: datetime) -> bool:
        """Whether it is open in every zone."""
        return all(self.week.is_open(instant, ZoneInfo(zone)) for zone in self.zones)

    def edges(self, *, start: datetime, end: datetime) -> Iterable[datetime]:
        """Return when it opens in any of the zones."""
        return [edge for zone in self.zones for edge in self.week.edges(ZoneInfo(zone), start=start, end=end)]


def earliest(bounds: Sequence[Bound], *, start: datetime) -> datetime | None:
    """Return the first instant from `start` that every bound allows; none within `HORIZON`: there is none."""
    begun = start
    for step in _STEPS:
        until = start + step
        edges = {edge for bound in bounds for edge in bound.edges(start=begun, end=until)}
        for instant in sorted({start, *(edge for edge in edges if begun <= edge <= until)}):
            if all(bound.allows(instant) for bound in bounds):
                return instant
        begun = until
    return None
