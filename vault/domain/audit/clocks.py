"""The map of two clocks: across the instant asked about, up the instant of knowing, one region for each answer.

An answer changes only where something was said, learnt, ran out or was published. Between such instants it is asked
once, and what answers alike is drawn as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final

from vault.domain.audit.history import ClockMap, ClockRegion, Held, HistoryAsked, bearing_facts, bearing_stops
from vault.domain.decision.basis import Way

MOST: Final = 48
"""Instants on either clock at which an answer may change; of more the map shows those nearest to the question."""

_LEAST: Final = timedelta(days=4)  # that is shown
_MARGIN: Final = 4  # so much of what is shown stands on either side of it

Ask = Callable[[datetime, datetime], bool]
"""Whether it was allowed: the instant asked about, and of knowing."""


def clocks(held: Held, way: Way, *, asked: HistoryAsked, now: datetime, ask: Ask) -> ClockMap:
    """Return the map around a question."""
    said, heard = _said(held, way), _learnt(held, way)
    late = [
        instant
        for said_at, heard_at in _both(held, way)
        if said_at <= asked.at and heard_at > asked.known
        for instant in (said_at, heard_at)
    ]
    begin, end = _window([asked.at, asked.known, *late], now=now)
    begin, end = _narrowed(begin, end, asked=asked, changes=[*said, *heard])
    across, up = _steps(said, begin=begin, end=end), _steps(heard, begin=begin, end=end)
    rows = [[ask(at, known) for at in across[:-1]] for known in up[:-1]]
    latest = [[ask(at, now) for at in across[:-1]]] if end < now else []
    return ClockMap(
        begin=begin,
        end=end,
        regions=_merged(rows, across=across, up=up),
        latest=_merged(latest, across=across, up=[end, now]),
    )


def _said(held: Held, way: Way) -> set[datetime]:
    """Return every instant about which the answer may change."""
    found = {new.published for new in way.rule.breaks}
    for fact in bearing_facts(held, way):
        found.add(fact.at)
        if fact.until is not None:
            found.add(fact.until)
        if fact.kind == "granted" and way.rule.lasts is not None:
            found.add(way.rule.lasts.after(fact.at))
    for stop in bearing_stops(held, way):
        found |= {one for one in (stop.suppression.at, stop.suppression.until) if one is not None}
    if held.minor_until is not None:
        found.add(datetime.combine(held.minor_until, time(), UTC))
    return found


def _learnt(held: Held, way: Way) -> set[datetime]:
    return {heard_at for _, heard_at in _both(held, way)} | {one.recorded_at for one in held.undone}


def _both(held: Held, way: Way) -> list[tuple[datetime, datetime]]:
    told = [(fact.at, fact.recorded_at) for fact in bearing_facts(held, way)]
    return told + [(stop.suppression.at, stop.recorded_at) for stop in bearing_stops(held, way)]


def _window(shown: Sequence[datetime], *, now: datetime) -> tuple[datetime, datetime]:
    first, last = min(shown), max(shown)
    margin = max((last - first) / _MARGIN, _LEAST / 2)
    end = min(last + margin, now)
    return min(first - margin, end - _LEAST), end


def _narrowed(
    begin: datetime, end: datetime, *, asked: HistoryAsked, changes: Sequence[datetime]
) -> tuple[datetime, datetime]:
    """Return a window with no more changes than are shown, and the question still in it."""
    within = sorted((one for one in changes if begin < one < end), key=lambda one: abs(one - asked.at))
    if len(within) <= MOST:
        return begin, end
    kept = [*within[:MOST], asked.at, asked.known]
    return max(begin, min(kept)), min(end, max(kept) + timedelta(microseconds=1))


def _steps(changes: Iterable[datetime], *, begin: datetime, end: datetime) -> list[datetime]:
    return [begin, *sorted({one for one in changes if begin < one < end}), end]


def _merged(
    rows: Sequence[Sequence[bool]], *, across: Sequence[datetime], up: Sequence[datetime]
) -> tuple[ClockRegion, ...]:
    """Return as few rectangles as rows side by side need."""
    open_ones: dict[tuple[datetime, datetime, bool], ClockRegion] = {}
    done: list[ClockRegion] = []
    for place, row in enumerate(rows):
        runs = _runs(row, across)
        done += [open_ones.pop(key) for key in [*open_ones] if key not in runs]
        for key in runs:
            at_from, at_to, allowed = key
            known_from = open_ones[key].known_from if key in open_ones else up[place]
            open_ones[key] = ClockRegion(
                allowed=allowed, at_from=at_from, at_to=at_to, known_from=known_from, known_to=up[place + 1]
            )
    return tuple(sorted([*done, *open_ones.values()], key=lambda one: (one.known_from, one.at_from)))


def _runs(row: Sequence[bool], across: Sequence[datetime]) -> list[tuple[datetime, datetime, bool]]:
    runs: list[tuple[datetime, datetime, bool]] = []
    for place, allowed in enumerate(row):
        at_from, at_to = across[place], across[place + 1]
        if runs and runs[-1][2] == allowed:
            at_from = runs.pop()[0]
        runs.append((at_from, at_to, allowed))
    return runs
