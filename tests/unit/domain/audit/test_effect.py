"""What other policies would have done: every question is counted once, and people once for each way."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from vault.base.ids import EntryId
from vault.domain.audit.effect import EXAMPLES, Answer, Answered, Asked, Effect, Tally

ANSWERS = st.sampled_from(["yes", "wait", "no"])
ROWS = st.lists(
    st.tuples(st.sampled_from([None, "ann", "bob", "cleo"]), st.sampled_from(["news", "sales"]), ANSWERS, ANSWERS)
)


def counted(rows: Sequence[tuple[str | None, str, Answer, Answer]], *, skipped: int = 0) -> Effect:
    tally = Tally()
    for place, (subject, purpose, before, after) in enumerate(rows):
        asked = Asked(entry=EntryId(f"ent_{place}"), subject=subject, purpose=purpose, channel="email")
        tally.count(asked, before=answered(before), after=answered(after))
    for _ in range(skipped):
        tally.skip()
    return tally.effect("digest")


def answered(answer: Answer) -> Answered:
    return Answered(answer=answer, codes=("opted_in",) if answer == "yes" else ("quiet_hours", "never_asked"))


@given(ROWS, st.integers(0, 3))
def test_every_question_is_counted_once(rows: list[tuple[str | None, str, Answer, Answer]], skipped: int) -> None:
    effect = counted(rows, skipped=skipped)
    assert effect.decisions == len(rows) + skipped
    assert effect.unread == skipped
    changed = sum(change.decisions for change in effect.changes)
    assert changed == sum(before != after for *_, before, after in rows)
    assert effect.same == len(rows) - changed


@given(ROWS)
def test_people_are_counted_once_for_each_way(rows: list[tuple[str | None, str, Answer, Answer]]) -> None:
    effect = counted(rows)
    gained = {who for who, _, before, after in rows if who and before != "yes" and after == "yes"}
    lost = {who for who, _, before, after in rows if who and before == "yes" and after != "yes"}
    assert (effect.reached, effect.lost) == (len(gained), len(lost))
    for change in effect.changes:
        alike = [row for row in rows if row[1:] == (change.purpose, change.before, change.after)]
        assert change.people == len({row[0] for row in alike if row[0]})
        assert len(change.examples) == min(EXAMPLES, len(alike))


def test_the_reason_is_of_whichever_answer_refuses_and_the_largest_change_comes_first() -> None:
    effect = counted([("ann", "news", "yes", "no"), ("bob", "news", "yes", "no"), ("cleo", "sales", "no", "yes")])
    assert [(one.purpose, one.reason, one.decisions) for one in effect.changes] == [
        ("news", "quiet_hours", 2),
        ("sales", "quiet_hours", 1),
    ]
    assert effect.policies == "digest"
