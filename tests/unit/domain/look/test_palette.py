"""Colours: whatever the accent, every pair made from it can be read; an accent that cannot is named with its pair."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from vault.domain.look.colour import contrast, seen, written
from vault.domain.look.palette import NAMES, PAIRS, derived, faults, palette

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(colours)
def test_a_colour_is_written_as_it_was_seen(colour: str) -> None:
    assert written(seen(colour)) == colour


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#1E5B3A", "#1e5b3a") == 1
    assert contrast("#0f5a73", "#dcecf1") == contrast("#dcecf1", "#0f5a73")


@given(colours)
@example("#000000")
@example("#ffffff")
@example("#ffff00")
@example("#0000ff")
def test_all_that_is_derived_can_be_read(accent: str) -> None:
    assert list(faults(palette(derived(accent), "dark"))) == []
    assert {fault.colour for fault in faults(palette(accent, "light"))} <= {"accent", "on-accent"}


@given(colours)
def test_an_accent_is_refused_only_where_it_is_faint_on_white_or_paper(accent: str) -> None:
    found = palette(accent, "light")
    readable = all(contrast(accent, found[ground]) >= 4.5 for ground in ("paper", "sheet"))
    assert (list(faults(found)) == []) is readable


@given(colours, st.sampled_from(["light", "dark"]))
def test_a_palette_has_all_thirteen_and_alarm_is_the_same_for_everybody(accent: str, shade: str) -> None:
    one, other = palette(accent, shade), palette("#0f5a73", shade)  # type: ignore[arg-type]
    assert tuple(one) == NAMES
    assert all(len(colour) == 7 for colour in one.values())
    fixed = ("alarm", "alarm-tint", "wait", "wait-tint")
    assert [one[name] for name in fixed] == [other[name] for name in fixed]


def test_every_fault_says_by_how_much() -> None:
    [*found] = faults(palette("#ffcc00", "light"))
    assert {(fault.colour, fault.on) for fault in found} == {
        ("accent", "paper"), ("accent", "sheet"), ("accent", "tint"),
    }  # fmt: skip
    for fault in found:
        assert 1 < fault.ratio < fault.needs == 4.5
    assert {needs for needs, _, _ in PAIRS} == {7.0, 4.5, 3.0}


@given(colours)
def test_in_the_dark_the_hue_stays(accent: str) -> None:
    before, after = seen(accent), seen(derived(accent))
    assume(before.chroma > 0.05)
    turned = abs(before.hue - after.hue)
    assert min(turned, 6.2832 - turned) < 0.15
