"""What charts are drawn of: bars, grids, words at a place. Geometry in attributes, colours in classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from markupsafe import Markup, escape

from vault.words.catalogue import Words

WIDTH: Final = 960
HATCH: Final = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path class="hatch" d="M0 0v6"/></pattern></defs>'
)

_NICE: Final = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)
_LABELS: Final = 14  # of days, at most


def svg(marks: Iterable[str], width: int, height: int, *, label: str) -> Markup:
    """Return a drawing that says `label` to whoever cannot see it."""
    head = f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
    return Markup(f"{head}{''.join(marks)}</svg>")  # noqa: S704 - numbers, and words that were escaped


def text(x: float, y: float, words: str, *, kind: str = "", anchor: str = "middle") -> str:
    """Return words at a place; without an anchor they begin there."""
    named = f' class="{kind}"' if kind else ""
    held = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}"{held}>{escape(words)}</text>'


def bar(sort: str, box: tuple[float, float, float, float], *, hatched: bool = False) -> Iterator[str]:
    """Yield a bar; `box` is left, top, width, height. One without height is not drawn."""
    left, top, width, height = box
    if height:
        place = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
        yield f'<rect class="{sort}" {place}/>'
        if hatched:
            yield f'<rect fill="url(#hatch)" {place}/>'


def grid(
    lines: Iterable[tuple[float, float]], base: float, words: Words, *, width: int = WIDTH, has_axis: bool = True
) -> Iterator[str]:
    """Yield lines with the numbers they stand for, each a height and a number; the first one may be the axis."""
    for place, (y, number) in enumerate(lines):
        kind = "axis" if has_axis and not place else "grid"
        yield f'<path class="{kind}" d="M{base:g} {y:.1f}H{width}"/>'
        yield text(base - 8, y + 4.5, words.number(int(number)), anchor="end")


def step(most: int, lines: int) -> int:
    """Return how far the lines of a grid are apart, so that so many of them hold the most."""
    power = 1
    while True:
        for nice in _NICE:
            wide = nice * power
            if wide == int(wide) and wide * lines >= max(most, 1):
                return int(wide)
        power *= 10


def named(days: Sequence[date], *, most: int = _LABELS) -> frozenset[date]:
    """Return the days that are named below a chart: all of few, of many the Mondays, of very many some of those."""
    if len(days) <= most:
        return frozenset(days)
    mondays = [day for day in days if day.weekday() == 0]
    return frozenset(mondays[:: -(-len(mondays) // most)])
