"""What an erasure leaves, in words the person is handed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vault.domain.certificate import stays

counts = st.integers(0, 3)


def test_all_that_stays_is_named_with_its_number_and_the_reason() -> None:
    facts, suppressions, marks = stays(facts=3, suppressions=2, marks=1)
    assert (facts.what, facts.count) == ("facts and log entries under a random subject", 3)
    assert (suppressions.what, suppressions.count) == ("suppressions", 2)
    assert (marks.what, marks.count) == ("erasure marks", 1)
    assert "nothing leads" in facts.why
    assert "stays stopped" in suppressions.why
    assert "unasked" in marks.why


@given(counts, counts, counts)
def test_what_there_is_none_of_is_not_named_and_the_rest_stays_for_good(
    facts: int, suppressions: int, marks: int
) -> None:
    kept = stays(facts=facts, suppressions=suppressions, marks=marks)
    assert [one.count for one in kept] == [count for count in (facts, suppressions, marks) if count]
    assert all(one.why and one.until is None for one in kept)
