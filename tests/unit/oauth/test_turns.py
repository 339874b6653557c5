"""Whose turn it is to sign, by the rows and the clock alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vault.oauth.token import LIFETIME_SECONDS
from vault.oauth.turns import PENDING, VERIFYING, states

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KEYS = st.dictionaries(st.text("abcdef", min_size=1), st.integers(-60, 60).map(lambda n: NOW + n * MINUTE), max_size=6)


def test_without_keys_nobody_signs() -> None:
    assert states({}, NOW) == {}


def test_a_key_is_published_before_it_signs_and_believed_after() -> None:
    keys = {"old": NOW - timedelta(days=90), "new": NOW + PENDING}
    assert states(keys, NOW) == {"new": "pending", "old": "signing"}
    assert states(keys, NOW + PENDING) == {"new": "signing", "old": "verifying"}
    assert states(keys, NOW + PENDING + VERIFYING - MINUTE)["old"] == "verifying"
    assert states(keys, NOW + PENDING + VERIFYING) == {"new": "signing", "old": "over"}


def test_whose_turn_never_came_by_this_clock_signs_if_it_is_the_only_one() -> None:
    assert states({"only": NOW + timedelta(days=3)}, NOW) == {"only": "signing"}


@given(KEYS, st.integers(-90, 90))
def test_exactly_one_signs_and_whoever_is_newer_waits(keys: dict[str, datetime], minutes: int) -> None:
    now = NOW + minutes * MINUTE
    found = states(keys, now)
    assert found.keys() == keys.keys()
    order = [found[kid] for kid in sorted(keys, key=lambda kid: (keys[kid], kid), reverse=True)]
    assert order.count("signing") == bool(keys)
    ranks = ["pending", "signing", "verifying", "over"]
    assert order == sorted(order, key=ranks.index)


@given(KEYS, st.integers(-90, 90), st.integers(0, LIFETIME_SECONDS))
def test_what_a_key_signed_is_believed_as_long_as_it_lives(keys: dict[str, datetime], minutes: int, later: int) -> None:
    signed_at = NOW + minutes * MINUTE
    before = states(keys, signed_at)
    after = states(keys, signed_at + timedelta(seconds=later))
    for kid, state in before.items():
        if state == "signing":
            assert after[kid] != "over"
