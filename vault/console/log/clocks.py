"""The map of two clocks as a drawing: across the instant asked about, up the instant of knowing (pages.md, Two clocks).

Pure. A region of no is hatched and outlined, so nothing is told by colour alone. What was learnt late lies above the
dotted line. Beyond the break of the axis lies today.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from markupsafe import Markup

from vault.console.drawing import HATCH, WIDTH, svg, text
from vault.domain.audit.history import Allowed, ClockRegion, Learnt
from vault.words.catalogue import Words

HEIGHT: Final = 400
_LEFT, _RIGHT, _TOP, _BREAK, _FOOT = 120.0, 924.0, 40.0, 70.0, 348.0
_TICKS: Final = 5
_LABELLED: Final = 3  # late ones with words beside them; the table has all
_WIDE, _HIGH = 64.0, 40.0  # of a region that has room for its word
_LINE: Final = 17.0
_DAY: Final = timedelta(days=1)


class _Scale:
    """Where instants lie. Beyond the break all that came later lies on the topmost line."""

    def __init__(self, found: Allowed) -> None:
        self._begin = found.map.begin
        self._span = (found.map.end - found.map.begin) / timedelta(microseconds=1)
        self.top = _BREAK if found.map.latest else _TOP
        self.end = found.map.end

    def x(self, instant: datetime) -> float:
        return _LEFT + self._part(instant) * (_RIGHT - _LEFT)

    def y(self, instant: datetime) -> float:
        return _TOP if instant > self.end else _FOOT - self._part(instant) * (_FOOT - self.top)

    def _part(self, instant: datetime) -> float:
        part = (instant - self._begin) / timedelta(microseconds=1) / self._span
        return min(max(part, 0.0), 1.0)


class _Box(msgspec.Struct, frozen=True, kw_only=True):
    """A region on the drawing. `low` is below `high`, so it is the greater number."""

    allowed: bool
    left: float
    right: float
    low: float
    high: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.low - self.high

    def carries(self, other: _Box) -> bool:
        """Whether the other lies on top of it, just as wide, with the same answer."""
        alike = (self.allowed, self.left, self.right) == (other.allowed, other.left, other.right)
        return alike and self.high == other.low

    def touches(self, other: _Box) -> bool:
        """Whether they have the same answer and no gap between them."""
        apart = self.right < other.left or other.right < self.left or self.low < other.high or other.low < self.high
        return self.allowed == other.allowed and not apart


def drawn(found: Allowed, words: Words, *, says: str) -> Markup:
    """Return the drawing; `says` is its sentence for whoever cannot see it."""
    scale, marks = _Scale(found), [HATCH]
    boxes = _boxes(found, scale)
    for box in boxes:
        marks += _region(box)
    marks += _axes(found, scale, words)
    for box in _spacious(boxes):
        marks += _word(box, words)
    marks += _late([one for one in found.learnt if one.is_late], scale, words)
    marks += _asked(found, scale, words)
    return svg(marks, WIDTH, HEIGHT, label=says)


def lateness(one: Learnt, words: Words) -> str:
    """Return how late something was learnt, in words."""
    late = timedelta(seconds=one.late_seconds)
    if late >= _DAY:
        return words.count("1 day late", "%(number)s days late", number=late // _DAY)
    hours = late // timedelta(hours=1)
    if hours:
        return words.count("1 hour late", "%(number)s hours late", number=hours)
    minutes = late // timedelta(minutes=1)
    if minutes:
        return words.count("1 minute late", "%(number)s minutes late", number=minutes)
    return words.say("less than a minute late")


def _boxes(found: Allowed, scale: _Scale) -> list[_Box]:
    """Return the regions as they are drawn; what goes on beyond the break is one with what it goes on from."""
    boxes = [_box(region, scale) for region in found.map.regions]
    for region in found.map.latest:
        over = _box(region, scale)
        below = next((box for box in boxes if box.carries(over)), None)
        if below is not None:
            boxes[boxes.index(below)] = msgspec.structs.replace(below, high=over.high)
        else:
            boxes.append(over)
    return boxes


def _box(region: ClockRegion, scale: _Scale) -> _Box:
    return _Box(
        allowed=region.allowed,
        left=scale.x(region.at_from),
        right=scale.x(region.at_to),
        low=scale.y(region.known_from),
        high=scale.y(region.known_to),
    )


def _spacious(boxes: Sequence[_Box]) -> list[_Box]:
    """Return those that have room for their word, the largest first; of several that touch only one is named."""
    named: list[_Box] = []
    for box in sorted(boxes, key=lambda one: one.width * one.height, reverse=True):
        if box.width >= _WIDE and box.height >= _HIGH and not any(box.touches(one) for one in named):
            named.append(box)
    return named


def _region(box: _Box) -> Iterator[str]:
    place = f'x="{box.left:.1f}" y="{box.high:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    yield f'<rect class="{"area-yes" if box.allowed else "no"}" {place}/>'
    if not box.allowed:
        yield f'<rect fill="url(#hatch)" {place}/>'


def _word(box: _Box, words: Words) -> Iterator[str]:
    if box.allowed:
        yield text(box.right - 14, box.low - 14, words.say("Yes"), kind="strong", anchor="end")
        return
    x = box.right - 58
    yield f'<rect class="no" x="{x:.1f}" y="{box.high + 8:.1f}" width="46" height="26" rx="6"/>'
    yield text(x + 23, box.high + 26, words.say("No"), kind="strong")


def _axes(found: Allowed, scale: _Scale, words: Words) -> Iterator[str]:
    begin, step = found.map.begin, (found.map.end - found.map.begin) / (_TICKS - 1)
    for place in range(_TICKS):
        instant = begin + step * place
        told = words.short(instant.astimezone(UTC).date()) if step >= _DAY else words.time(instant, zone="UTC")
        yield text(scale.x(instant), 372, told)
        if not (place == _TICKS - 1 and scale.top == _TOP):
            yield text(_LEFT - 10, scale.y(instant) + 4.5, told, anchor="end")
    yield text(_LEFT - 10, _TOP + 5, words.say("today"), kind="strong", anchor="end")
    yield f'<path class="axis" d="M{_LEFT:g} {scale.top:g}V{_FOOT:g}H{_RIGHT:g}"/>'
    if scale.top > _TOP:
        yield f'<path class="axis" d="M{_LEFT:g} {_TOP:g}V64M{_LEFT - 6:g} 67l12 -6M{_LEFT - 6:g} 73l12 -6"/>'
    yield f'<path class="diag" d="M{_LEFT:g} {_FOOT:g}L{_RIGHT:g} {scale.top:g}"/>'
    yield text((_LEFT + _RIGHT) / 2, 396, words.say("the day asked about →"))
    yield text(0, 18, words.say("↑ the day of knowing"), anchor="")


def _late(late: Sequence[Learnt], scale: _Scale, words: Words) -> Iterator[str]:
    for place, one in enumerate(late):
        x, y = scale.x(one.said_at), scale.y(one.recorded_at)
        if one.recorded_at <= scale.end:
            yield f'<path class="diag" d="M{x:.1f} {y:.1f}V{scale.y(one.said_at):.1f}"/>'
        yield f'<circle class="fact" cx="{x:.1f}" cy="{y:.1f}" r="7"/>'
        if place < _LABELLED:
            before = x > WIDTH / 3
            beside, anchor = (x - 14, "end") if before else (x + 14, "")
            yield text(beside, y + 16, one.kind, kind="strong", anchor=anchor)
            yield text(beside, y + 16 + _LINE, lateness(one, words), anchor=anchor)


def _asked(found: Allowed, scale: _Scale, words: Words) -> Iterator[str]:
    x, y = scale.x(found.asked.at), scale.y(found.asked.known)
    say, day = words.say, words.short(found.asked.at.astimezone(UTC).date())
    yes, no = say("yes"), say("no")
    then = say("%(day)s, known then: %(answer)s", day=day, answer=yes if found.then.allowed else no)
    today = say("%(day)s, known today: %(answer)s", day=day, answer=yes if found.today.allowed else no)
    yield f'<path class="cross" d="M{x:.1f} {y:.1f}V{_TOP:g}"/>'
    yield f'<circle class="node" cx="{x:.1f}" cy="{y:.1f}" r="8"/>'
    yield f'<circle class="pick" cx="{x:.1f}" cy="{_TOP:g}" r="8"/>'
    after = x < WIDTH * 0.7
    yield text(x + (18 if after else -18), y + 14, then, kind="strong", anchor="" if after else "end")
    yield text(min(max(x, _LEFT + 60), _RIGHT - 60), 24, today, kind="strong")
