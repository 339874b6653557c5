"""Totals: how many of an audience got which outcome, and which reasons were given how often. Pure folding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

LineOutcome = Literal["allow", "deny", "defer", "error"]


class Ground(msgspec.Struct, frozen=True):
    """What lines were told: an outcome with its reasons, or the code of an error.

    `channel` is the one that was chosen, where any was asked about.
    """

    outcome: LineOutcome
    reasons: tuple[str, ...]
    channel: str | None = None


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """How many got which outcome. `reasons` counts each code; one answer may have several."""

    allow: int = 0
    deny: int = 0
    defer: int = 0
    error: int = 0
    reasons: Mapping[str, int] = {}

    @property
    def answered(self) -> int:
        """How many lines have their answer."""
        return self.allow + self.deny + self.defer + self.error


def totals(counts: Iterable[tuple[Ground, int]]) -> Totals:
    """Return the totals of grounds, each with how many lines were told it; in any order, in any parts."""
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for ground, times in counts:
        outcomes[ground.outcome] += times
        for code in ground.reasons:
            reasons[code] += times
    return Totals(
        allow=outcomes["allow"],
        deny=outcomes["deny"],
        defer=outcomes["defer"],
        error=outcomes["error"],
        reasons=dict(sorted(reasons.items())),
    )
