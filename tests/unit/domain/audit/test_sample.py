"""Samples by their description: the seed, the dice, the numbers; and what is refused."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.errors import Conflict, Invalid
from vault.base.personal import Personal
from vault.domain.audit import sample
from vault.domain.audit.sample import NewFinding, NewSample, Rule, Verdict

SEEDS = st.binary(min_size=32, max_size=32)
FAR = 2**63 - 1


def rule(**changed: object) -> Rule:
    given: dict[str, object] = {"size": 5, "generation": 1, "start": 0, "end": 10, "kind": None, "population": 10}
    return Rule(**{**given, **changed})  # type: ignore[arg-type]


def found(verdict: Verdict = "ok", text: str | None = None, *, number: int = 7) -> NewFinding:
    return NewFinding(number=number, verdict=verdict, text=Personal(text) if text is not None else None)


def test_the_example_of_the_description_comes_out_as_it_is_printed_there() -> None:
    leaf = sha256(b"\0rule").digest()
    seed = sample.seed(leaf, b"signature")
    assert seed.hex() == "c3f3404f0f8e46469d22c4a5737799702737612f518c317dc5ee20830b469328"
    assert sample.places(seed, population=10, size=4) == [2, 3, 4, 0]
    assert sample.digest([2, 3, 4, 0]) == "382cae683b8594de98ca52b6b1b29ebbd1fe5d11c22b2dc98faee775512da9dc"


@given(seed=SEEDS, population=st.integers(1, 3000), size=st.integers(1, 1000))
def test_places_are_different_and_within_and_as_many_as_there_can_be(seed: bytes, population: int, size: int) -> None:
    drawn = sample.places(seed, population=population, size=size)
    assert len(drawn) == len(set(drawn)) == min(size, population)
    assert all(0 <= place < population for place in drawn)
    assert drawn == sample.places(seed, population=population, size=size)


@given(seed=SEEDS, population=st.integers(1, 500), sizes=st.tuples(st.integers(1, 500), st.integers(1, 500)))
def test_a_smaller_sample_is_the_beginning_of_a_larger_one(
    seed: bytes, population: int, sizes: tuple[int, int]
) -> None:
    small, large = [sample.places(seed, population=population, size=size) for size in sorted(sizes)]
    assert large[: len(small)] == small


@given(seed=SEEDS, population=st.integers(FAR - 1000, FAR))
def test_dice_beyond_the_largest_multiple_of_the_population_do_not_count(seed: bytes, population: int) -> None:
    thrown = [int.from_bytes(sha256(seed + place.to_bytes(8, "big")).digest()[:8], "big") for place in range(64)]
    fair = [value % population for value in thrown if value < 2**64 // population * population]
    assert sample.places(seed, population=population, size=3) == fair[:3]


def test_of_three_quarters_of_all_dice_no_place_has_a_larger_share() -> None:
    population = 3 << 62  # a plain remainder would draw the lowest third twice as often
    drawn = [sample.places(sha256(bytes([one])).digest(), population=population, size=1)[0] for one in range(256)]
    thirds = Counter(place * 3 // population for place in drawn)
    assert all(60 <= thirds[third] <= 110 for third in range(3)), thirds


def test_every_place_is_drawn_about_as_often_as_every_other() -> None:
    counted: Counter[int] = Counter()
    for one in range(2000):
        counted.update(sample.places(sha256(one.to_bytes(2, "big")).digest(), population=10, size=3))
    assert sorted(counted) == [*range(10)]
    assert all(500 <= times <= 700 for times in counted.values()), counted


@pytest.mark.parametrize("numbers", [[], [0], [1, 2], [2, 1], [2**63 - 1]])
def test_the_digest_tells_numbers_and_their_order_apart(numbers: list[int]) -> None:
    assert sample.digest(numbers) == sha256(b"".join(one.to_bytes(8, "big") for one in numbers)).hexdigest()
    assert numbers == [*reversed(numbers)] or sample.digest(numbers) != sample.digest(reversed(numbers))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"start": 3, "end": 3}, "empty_range"),
        ({"start": 4, "end": 3}, "empty_range"),
        ({"start": -1}, "empty_range"),
        ({"end": 11}, "empty_range"),
        ({"population": 0}, "nothing_to_draw"),
    ],
)
def test_a_rule_that_nothing_can_be_drawn_by_is_refused(changed: dict[str, int], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        sample.check(rule(**changed), size=10)
    assert refused.value.code == code
    sample.check(rule(), size=10)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (found(number=8), "not_in_sample"),
        (found(cast("Verdict", "fine")), "bad_verdict"),
        (found("remark"), "text_missing"),
        (found("wrong", "  "), "text_missing"),
        (found("ok", "x" * 1001), "text_too_long"),
    ],
)
def test_a_finding_on_another_entry_too_long_or_without_words_is_refused(new: NewFinding, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        sample.check_finding(new, [3, 7])
    assert refused.value.code == code


@pytest.mark.parametrize("new", [found(), found("ok", "x" * 1000), found("remark", "y"), found("wrong", "z")])
def test_a_finding_waits_for_the_drawing_and_then_stands(new: NewFinding) -> None:
    with pytest.raises(Conflict, match="not_drawn"):
        sample.check_finding(new, None)
    sample.check_finding(new, [3, 7])


def test_a_sample_has_a_size_and_its_range_is_told_once_in_times_with_a_zone() -> None:
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    sample.check_new(NewSample(size=1))
    sample.check_new(NewSample(size=1, start=3))
    sample.check_new(NewSample(size=1, since=midnight))
    for new, code in (
        (NewSample(size=0), "bad_size"),
        (NewSample(size=1001), "bad_size"),
        (NewSample(size=1, end=3, since=midnight), "range_twice"),
        (NewSample(size=1, until=midnight.replace(tzinfo=None)), "naive_time"),
    ):
        with pytest.raises(Invalid) as refused:
            sample.check_new(new)
        assert refused.value.code == code


def test_what_was_found_is_counted_and_says_how_far_a_sample_is() -> None:
    assert sample.tally(["ok", "wrong", "ok"]) == {"ok": 2, "remark": 0, "wrong": 1}
    assert [sample.state(None, found=0), sample.state([4, 5], found=1), sample.state([4, 5], found=2)] == [
        "waiting",
        "drawn",
        "done",
    ]
