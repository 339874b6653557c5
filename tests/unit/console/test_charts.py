"""Charts: the table adds up to the sentence, what is drawn is what is in the table, and nothing is a style."""

from __future__ import annotations

import re
from datetime import date, timedelta
from hashlib import sha256
from typing import Final
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.console import charts, drawing
from vault.console.charts import Chart, Sort
from vault.store.audit.figures import Decided, Said
from vault.tlog.hashes import leaf_hash, node_hash
from vault.words.catalogue import words

ENGLISH: Final = words("en", "GB")
FIRST: Final = date(2026, 10, 21)
COUNTS: Final = st.integers(min_value=0, max_value=20_000)
DAYS: Final = st.sampled_from([7, 30, 90])
DRAWN: Final = "{http://www.w3.org/2000/svg}"


@st.composite
def decided(draw: st.DrawFn) -> list[Decided]:
    days = draw(DAYS)
    return [
        Decided(day=FIRST + timedelta(days=place), allowed=draw(COUNTS), waiting=draw(COUNTS), denied=draw(COUNTS))
        for place in range(days)
    ]


@st.composite
def said(draw: st.DrawFn) -> list[Said]:
    days = draw(DAYS)
    return [Said(day=FIRST + timedelta(days=place), yes=draw(COUNTS), no=draw(COUNTS)) for place in range(days)]


def number(text: str) -> int:
    return int(text.replace(",", ""))


def numbers(chart: Chart) -> list[list[int]]:
    return [[number(cell) for cell in row[1:]] for row in chart.rows]


def bars(chart: Chart, sort: str) -> list[ET.Element]:
    return [one for one in ET.fromstring(chart.drawing).iter("rect") if one.get("class") == sort]  # noqa: S314 - ours


@given(decided())
def test_the_table_of_decisions_adds_up_to_its_sentence(days: list[Decided]) -> None:
    chart = charts.decided(days, ENGLISH)
    sums = [sum(column) for column in zip(*numbers(chart), strict=True)]
    found = re.match(r"([\d,]+) questions? in (\d+) days: (\d+) % allowed, (\d+) % told to wait, (\d+) %", chart.says)
    assert found is not None
    assert (number(found[1]), int(found[2])) == (sum(sums), len(chart.rows))
    shares = [int(found[place]) for place in (3, 4, 5)]
    if sum(sums):
        assert sum(shares) == 100
        assert all(abs(share - 100 * part / sum(sums)) < 1 for share, part in zip(shares, sums, strict=True))


@given(said())
def test_the_table_of_yes_and_no_adds_up_to_its_sentence(days: list[Said]) -> None:
    chart = charts.said(days, ENGLISH)
    found = re.match(r"([\d,]+) yes above the line, ([\d,]+) no below it\.", chart.says)
    assert found is not None
    assert [number(found[1]), number(found[2])] == [sum(column) for column in zip(*numbers(chart), strict=True)]


@given(decided())
def test_every_bar_is_as_high_as_its_number_and_stays_in_the_drawing(days: list[Decided]) -> None:
    chart = charts.decided(days, ENGLISH)
    for place, sort in enumerate(("yes", "later", "no")):
        drawn = [float(one.get("height") or 0) for one in bars(chart, sort)]
        counted = [row[place] for row in numbers(chart) if row[place]]
        assert len(drawn) == len(counted)
        most = max(counted, default=1)
        high = max(drawn, default=1)
        assert all(abs(one / high - part / most) < 0.2 for one, part in zip(drawn, counted, strict=True))
    for one in ET.fromstring(chart.drawing).iter("rect"):  # noqa: S314 - ours
        x, y, wide, high = (float(one.get(name) or 0) for name in ("x", "y", "width", "height"))
        assert x >= 52
        assert x + wide <= 960.1
        assert y >= 0
        assert y + high <= 196.1


def test_no_and_yes_are_told_by_more_than_colour() -> None:
    chart = charts.decided([Decided(day=FIRST, allowed=3, waiting=1, denied=2)], ENGLISH)
    assert 'fill="url(#hatch)"' in chart.drawing
    assert [len(bars(chart, sort)) for sort in ("yes", "later", "no")] == [1, 1, 1]


@pytest.mark.parametrize(
    "chart",
    [
        charts.decided([Decided(day=FIRST)], ENGLISH),
        charts.said([Said(day=FIRST)], ENGLISH),
        charts.line(["yes", "no"], ENGLISH),
        charts.path([], number=0, size=1, root=bytes(32), words=ENGLISH),
    ],
)
def test_a_drawing_says_in_words_what_it_shows_and_has_no_style_of_its_own(chart: Chart) -> None:
    drawn = ET.fromstring(chart.drawing)  # noqa: S314 - ours
    assert (drawn.get("role"), drawn.get("class")) == ("img", "chart")
    assert chart.says in (drawn.get("aria-label") or "")
    assert "style" not in chart.drawing


def test_words_in_a_drawing_are_escaped() -> None:
    assert drawing.text(0, 0, "<b>&") == '<text x="0.0" y="0.0" text-anchor="middle">&lt;b&gt;&amp;</text>'
    assert 'aria-label="&#34;&lt;"' in drawing.svg([], 1, 1, label='"<')


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=1, max_value=5))
def test_the_lines_of_a_grid_hold_the_most_and_are_not_far_above_it(most: int, lines: int) -> None:
    step = drawing.step(most, lines)
    assert step * lines >= most
    assert step == 1 or step * lines <= 2 * most + lines


def test_few_days_are_all_named_and_of_many_the_mondays() -> None:
    every = [FIRST + timedelta(days=place) for place in range(90)]
    assert drawing.named(every[:7]) == frozenset(every[:7])
    assert {day.weekday() for day in drawing.named(every)} == {0}
    assert len(drawing.named(every)) <= 14
    assert len(drawing.named(every, most=7)) <= 7


@given(st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=6))
def test_shares_add_up_to_a_hundred_or_are_of_nothing(parts: list[int]) -> None:
    assert sum(charts.portions(parts)) == (100 if sum(parts) else 0)


@given(st.integers(min_value=1, max_value=70), st.data())
def test_the_steps_of_a_path_lead_from_the_leaf_to_the_root(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([place])) for place in range(size)]
    at = data.draw(st.integers(min_value=0, max_value=size - 1))

    def root(some: list[bytes]) -> bytes:
        if len(some) == 1:
            return some[0]
        half = 1 << (len(some) - 1).bit_length() - 1
        return node_hash(root(some[:half]), root(some[half:]))  # type: ignore[arg-type]

    def proof(place: int, some: list[bytes]) -> list[bytes]:
        if len(some) == 1:
            return []
        half = 1 << (len(some) - 1).bit_length() - 1
        if place < half:
            return [*proof(place, some[:half]), root(some[half:])]
        return [*proof(place - half, some[half:]), root(some[:half])]

    steps = charts.steps(proof(at, [*leaves]), number=at, size=size)
    found: bytes = leaves[at]
    for one in steps:
        joined = (one.hash, found) if one.side == "left" else (found, one.hash)
        found = sha256(b"\x01" + joined[0] + joined[1]).digest()
    assert found == root([*leaves])
    chart = charts.path(steps, number=at, size=size, root=found, words=ENGLISH)
    assert [row[2].replace(" ", "") for row in chart.rows] == [one.hash.hex() for one in steps]
    assert [row[1] for row in chart.rows] == [one.side for one in steps]
    assert chart.drawing.count('class="node"') == len(steps) + 2  # the leaf, each step, and one in the key
    neighbours = "1 neighbour gives" if len(steps) == 1 else f"{len(steps)} neighbours give"
    assert chart.says == f"This leaf and {neighbours} the root of checkpoint {size}."


@given(st.lists(st.sampled_from(["yes", "no", "later"]), min_size=1, max_size=600))
def test_a_line_draws_each_entry_once_or_says_how_many_it_draws(sorts: list[Sort]) -> None:
    chart = charts.line(sorts, ENGLISH)
    drawn = sum(len(bars(chart, sort)) for sort in ("yes", "no", "later"))
    assert drawn == min(len(sorts), 470)
    counted = "1 entry" if len(sorts) == 1 else f"{len(sorts)} entries"
    assert chart.says.startswith(counted if len(sorts) <= 470 else f"The newest 470 of {counted}")


def test_a_gauge_is_as_long_as_its_part() -> None:
    assert 'class="run" width="72.0"' in charts.gauge(1, 2)
    assert 'class="run" width="0.0"' in charts.gauge(0, 0)
    assert 'class="gauge"' in charts.gauge(1, 2, sort="yes")
