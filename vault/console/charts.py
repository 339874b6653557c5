"""Charts: numbers become drawings (SVG), each with the sentence that says the same and the table it was drawn from.

Pure. Geometry stands in attributes and colours in classes, so no style is inline; nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec
from markupsafe import Markup

from vault.console.drawing import HATCH, WIDTH, bar, grid, named, step, svg, text
from vault.store.audit.figures import Decided, Said
from vault.tlog.shape import inclusion_spans
from vault.words.catalogue import Words

Sort = Literal["yes", "no", "later"]

_ROW: Final = 47  # entries in one row of a story
_ROWS: Final = 10


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A drawing, what it says in a sentence, and the table of its numbers: the first cell of a row names the row."""

    says: str
    drawing: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step from a leaf to the root: on which side the neighbour joins in, and its hash."""

    side: Literal["left", "right"]
    hash: bytes


def decided(days: Sequence[Decided], words: Words) -> Chart:
    """Return how many questions each day had, and how they were answered."""
    every = [(one.allowed, one.waiting, one.denied) for one in days]
    sums = [sum(column) for column in zip(*every, strict=True)]
    shares = portions(sums)
    says = words.say(
        "%(all)s in %(days)s days: %(allowed)s %% allowed, %(waiting)s %% told to wait, %(denied)s %% not allowed.",
        all=words.count("1 question", "%(number)s questions", number=sum(sums)),
        days=len(days),
        allowed=shares[0],
        waiting=shares[1],
        denied=shares[2],
    )
    top, base, bottom = 19.8, 52.0, 196.0
    apart = step(max(map(sum, every)), 3)
    scale = (bottom - top) / (3 * apart)
    marks = [HATCH, *grid([(bottom - number * apart * scale, number * apart) for number in range(4)], base, words)]
    each, labelled = (WIDTH - base) / len(days), named([one.day for one in days])
    for place, (one, counted) in enumerate(zip(days, every, strict=True)):
        left, foot = base + each * (place + 0.19), bottom
        for sort, number in zip(("yes", "later", "no"), counted, strict=True):
            foot -= number * scale
            marks += bar(sort, (left, foot, each * 0.62, number * scale), hatched=sort == "no")
        if one.day in labelled:
            marks.append(text(left + each * 0.31, 220, words.short(one.day)))
    label = words.say("Bars for %(days)s days. %(says)s The table below has every number.", days=len(days), says=says)
    return Chart(
        says=says,
        drawing=svg(marks, WIDTH, 230, label=label),
        head=(words.say("Day"), words.say("Allowed"), words.say("Wait"), words.say("Not allowed")),
        rows=tuple((words.weekday(one.day), *map(words.number, row)) for one, row in zip(days, every, strict=True)),
    )


def said(days: Sequence[Said], words: Words) -> Chart:
    """Return how many said yes and how many no on each day, around one line."""
    yes, no = sum(one.yes for one in days), sum(one.no for one in days)
    says = words.say("%(yes)s yes above the line, %(no)s no below it.", yes=words.number(yes), no=words.number(no))
    middle, base, width = 118.0, 40.0, 440
    apart = step(max([max(one.yes, one.no) for one in days]), 2)
    scale = 102.0 / (2 * apart)
    lines = [(middle - number * apart * scale, abs(number) * apart) for number in (2, 1, -1, -2)]
    marks = [*grid(lines, base, words, width=width, has_axis=False)]
    each, labelled = (width - base) / len(days), named([one.day for one in days], most=7)
    for place, one in enumerate(days):
        left = base + each * (place + 0.2)
        marks += bar("yes", (left, middle - one.yes * scale, each * 0.6, one.yes * scale))
        marks += bar("no", (left, middle, each * 0.6, one.no * scale))
        if one.day in labelled:
            marks.append(text(left + each * 0.3, 249, words.short(one.day)))
    marks.append(f'<path class="axis" d="M{base:g} {middle:g}H{width}"/>')
    label = words.say("For each of %(days)s days, how many said yes and no. %(says)s", days=len(days), says=says)
    rows = tuple((words.weekday(one.day), words.number(one.yes), words.number(one.no)) for one in days)
    return Chart(
        says=says,
        drawing=svg(marks, width, 254, label=label),
        head=(words.say("Day"), words.say("Yes"), words.say("No")),
        rows=rows,
    )


def path(steps: Sequence[Step], *, number: int, size: int, root: bytes, words: Words) -> Chart:
    """Return the way from an entry up to the root of a checkpoint."""
    neighbours = words.count("1 neighbour gives", "%(number)s neighbours give", number=len(steps))
    says = words.say(
        "This leaf and %(neighbours)s the root of checkpoint %(size)s.", neighbours=neighbours, size=words.number(size)
    )
    each = min(91.4, 640 / max(1, len(steps)))
    points = [(70 + each * place, 188 - 9 * min(each / 45.7, 1.6) * place) for place in range(len(steps) + 1)]
    marks: list[str] = []
    for one, (x, y) in zip(steps, points[1:], strict=True):
        aside, beside = (min(50.3, each * 1.1), -40) if one.side == "left" else (0, 46)
        marks.append(f'<path class="twig" d="M{x - aside:.1f} {y + beside:.1f}L{x:.1f} {y:.1f}"/>')
        marks.append(f'<circle class="sibling" cx="{x - aside:.1f}" cy="{y + beside:.1f}" r="5"/>')
    marks.append(f'<path class="path" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>')
    for place, (x, y) in enumerate(points):
        wide = 7 if place in {0, len(points) - 1} else 4
        marks.append(f'<circle class="node" cx="{x:.1f}" cy="{y:.1f}" r="{wide}"/>')
    marks += _ends(points[-1], number=number, size=size, root=root, words=words)
    label = words.say("A path from this entry up to the root. %(says)s", says=says)
    sides = {"left": words.say("left"), "right": words.say("right")}
    return Chart(
        says=says,
        drawing=svg(marks, WIDTH, 250, label=label),
        head=(words.say("Step"), words.say("Neighbour on the"), words.say("Hash")),
        rows=tuple((str(place), sides[one.side], spaced(one.hash)) for place, one in enumerate(steps, 1)),
    )


def steps(proof: Sequence[bytes], *, number: int, size: int) -> list[Step]:
    """Return the steps of an inclusion proof (RFC 9162 section 2.1.3): on which side each of its hashes joins in."""
    spans = inclusion_spans(number, size)
    return [
        Step(side="left" if span[1] <= number else "right", hash=hash_)
        for span, hash_ in zip(spans, proof, strict=True)
    ]


def line(sorts: Sequence[Sort], words: Words) -> Chart:
    """Return a customer's entries in a row, oldest first; of very many the newest."""
    shown = sorts[-_ROW * _ROWS :]
    skipped = len(sorts) - len(shown)
    marks: list[str] = []
    for row in range(-(-len(shown) // _ROW)):
        top = row * 64
        marks.append(f'<path class="axis" d="M14 {top + 22}H952"/>')
        for place, sort in enumerate(shown[row * _ROW : (row + 1) * _ROW]):
            number, left = skipped + row * _ROW + place + 1, 14 + 20 * place
            marks.append(f'<rect class="{sort}" x="{left}" y="{top + 12}" width="12" height="20" rx="3"/>')
            if number % 10 == 0 or number in {skipped + 1, len(sorts)}:
                marks.append(text(left + 6, top + 54, words.number(number)))
    all_of = words.count("1 entry", "%(number)s entries", number=len(sorts))
    says = words.say("%(all)s in a row, oldest first. They are listed below.", all=all_of)
    if skipped:
        says = words.say("The newest %(shown)s of %(all)s in rows.", shown=words.number(len(shown)), all=all_of)
    return Chart(
        says=says, drawing=svg(marks, WIDTH, max(1, -(-len(shown) // _ROW)) * 64, label=says), head=(), rows=()
    )


def gauge(part: int, most: int, *, sort: Literal["yes", "no"] = "no") -> Markup:
    """Return a bar for the cell of a table, as long as `part` is of `most`."""
    run = 144 * part / most if most else 0
    return Markup(  # noqa: S704 - numbers alone
        f'<svg class="gauge{" is-no" if sort == "no" else ""}" viewBox="0 0 144 12" preserveAspectRatio="none" '
        f'aria-hidden="true"><rect class="rest" width="144" height="12" rx="2"/>'
        f'<rect class="run" width="{run:.1f}" height="12" rx="2"/></svg>'
    )


def portions(parts: Sequence[int]) -> list[int]:
    """Return whole per cents that add up to 100, the largest remainders rounded up; zeros of nothing."""
    whole = sum(parts)
    if not whole:
        return [0 for _ in parts]
    found = [part * 100 // whole for part in parts]
    by_rest = sorted(range(len(parts)), key=lambda place: (-(parts[place] * 100 % whole), place))
    for place in by_rest[: 100 - sum(found)]:
        found[place] += 1
    return found


def spaced(hash_: bytes) -> str:
    """Return a hash in hexadecimal, in groups that an eye can follow."""
    return hash_.hex(" ", 4)


def _ends(end: tuple[float, float], *, number: int, size: int, root: bytes, words: Words) -> Iterator[str]:
    """Yield the names of both ends, and what the two shapes mean."""
    x, y = end
    yield text(56, 218, words.say("This entry"), kind="strong")
    yield text(56, 235, words.say("leaf %(number)s", number=words.number(number)), kind="mono")
    yield text(
        x + 20, y - 2, words.say("Root of checkpoint %(size)s", size=words.number(size)), kind="strong", anchor=""
    )
    yield text(x + 20, y + 17, f"{root[:8].hex(' ', 4)} …", kind="mono", anchor="")
    given, computed = words.say("hash given by the log"), words.say("computed here")
    yield f'<circle class="sibling" cx="710" cy="230" r="5"/>{text(722, 235, given, anchor="")}'
    yield f'<circle class="node" cx="860" cy="230" r="5"/>{text(872, 235, computed, anchor="")}'
