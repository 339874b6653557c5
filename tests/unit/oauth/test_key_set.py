"""Published keys: how long they count, and when they are looked for again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from vault.oauth.key_set import MOST_KEYS, KeySet, failed, fetched

NOW = datetime(2026, 8, 7, 9, 30, tzinfo=UTC)
KEYS = {"keys": [{"kid": "one"}, {"kid": "two"}, {"kty": "EC"}]}


def held(max_age: int | None = None, *, now: datetime = NOW) -> KeySet:
    found = fetched(KEYS, max_age=max_age, now=now)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("max_age", "lasts"),
    [(None, 600), (0, 60), (59, 60), (60, 60), (300, 300), (3_600, 3_600), (3_601, 3_600), (10**9 - 1, 3_600)],
)
def test_keys_count_as_long_as_their_server_says_within_reason(max_age: int | None, lasts: int) -> None:
    found = held(max_age)
    assert found.usable(NOW + timedelta(seconds=lasts, microseconds=-1)) == KEYS
    assert found.usable(NOW + timedelta(seconds=lasts)) is None


@pytest.mark.parametrize(
    "body",
    [None, [], "keys", 1, {}, {"keys": None}, {"keys": {}}, {"keys": ["one"]}, {"keys": [None]},
     {"keys": [{}] * (MOST_KEYS + 1)}],
)  # fmt: skip
def test_what_is_no_key_set_is_none(body: Any) -> None:
    assert fetched(body, max_age=None, now=NOW) is None


def test_an_unknown_key_is_looked_for_once_a_minute_and_a_known_one_never() -> None:
    found = held(3_600)
    for seconds in (0, 59):
        assert not found.wants_fetching("three", NOW + timedelta(seconds=seconds))
    later = NOW + timedelta(minutes=1)
    assert found.wants_fetching("three", later)
    assert not found.wants_fetching("one", later)
    assert not found.wants_fetching(None, later)


def test_keys_that_no_longer_count_are_fetched_for_whatever_is_asked() -> None:
    found = held(60)
    for kid in ("one", "three", None):
        assert found.wants_fetching(kid, NOW + timedelta(seconds=60))


def test_after_a_failure_the_old_keys_count_to_their_end_and_no_longer() -> None:
    later = NOW + timedelta(minutes=2)
    found = failed(held(300), now=later)
    assert found.usable(later) == KEYS
    assert not found.wants_fetching("three", later + timedelta(seconds=59))
    assert found.wants_fetching("three", later + timedelta(seconds=60))
    assert found.usable(NOW + timedelta(seconds=300)) is None


@pytest.mark.parametrize("before", [None, held(60)])
def test_without_keys_a_failure_is_tried_again_after_some_seconds(before: KeySet | None) -> None:
    later = NOW + timedelta(minutes=2)
    found = failed(before, now=later)
    assert found.usable(later) is None
    assert not found.wants_fetching("one", later + timedelta(seconds=4))
    assert found.wants_fetching("one", later + timedelta(seconds=5))


@given(
    some.integers(0, 10**9),
    some.lists(some.tuples(some.integers(0, 400), some.sampled_from(["one", "three", None]), some.booleans())),
)
def test_whatever_happens_nobody_is_asked_more_than_once_in_five_seconds(
    max_age: int, steps: list[tuple[int, str | None, bool]]
) -> None:
    known: KeySet | None = None
    now, asked = NOW, []
    for wait, kid, well in steps:
        now += timedelta(seconds=wait)
        if known is None or known.wants_fetching(kid, now):
            asked.append(now)
            known = fetched(KEYS, max_age=max_age, now=now) if well else failed(known, now=now)
        assert known is not None
        if kid == "one" and known.usable(now) is not None:
            assert known.usable(now) == KEYS
    assert all(after - before >= timedelta(seconds=5) for before, after in pairwise(asked))


def test_a_clock_that_was_set_back_ends_them_early_and_asks_at_once() -> None:
    before = NOW - timedelta(seconds=1)
    assert held().usable(before) is None
    assert held().wants_fetching("one", before)
