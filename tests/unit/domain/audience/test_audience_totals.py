"""Totals: the same whatever is counted first and in whatever parts; nothing is lost and nothing counted twice."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from vault.domain.audience.totals import Ground, Totals, totals

GROUNDS = st.builds(
    Ground,
    st.sampled_from(["allow", "deny", "defer", "error"]),
    st.lists(st.sampled_from(["opted_in", "withdrawn", "paused", "one_person"]), unique=True, max_size=3).map(tuple),
)


@given(lines=st.lists(GROUNDS), parts=st.integers(min_value=1, max_value=9), seed=st.integers())
def test_totals_are_the_same_in_any_order_and_in_any_parts(lines: list[Ground], parts: int, seed: int) -> None:
    mixed = Random(seed).sample(lines, len(lines))  # noqa: S311 - no secret
    by_part = [Counter(mixed[start::parts]) for start in range(parts)]
    found = totals(pair for part in by_part for pair in part.items())
    assert found == totals((line, 1) for line in lines)
    assert found.answered == len(lines)


@given(lines=st.lists(GROUNDS))
def test_each_line_counts_once_for_its_outcome_and_once_for_each_of_its_reasons(lines: list[Ground]) -> None:
    found = totals((line, 1) for line in lines)
    outcomes = Counter(line.outcome for line in lines)
    assert [found.allow, found.deny, found.defer, found.error] == [
        outcomes[name] for name in ("allow", "deny", "defer", "error")
    ]
    assert dict(found.reasons) == Counter(code for line in lines for code in line.reasons)


def test_of_nothing_there_is_nothing() -> None:
    assert totals([]) == Totals()
