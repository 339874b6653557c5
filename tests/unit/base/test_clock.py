"""The machine's time and chance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from vault.base.clock import SystemClock, SystemEntropy


def test_the_machines_time_is_aware_and_in_utc() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_the_machines_chance_is_as_long_as_asked_and_never_the_same() -> None:
    entropy = SystemEntropy()
    assert [len(entropy.draw(size)) for size in (0, 1, 32)] == [0, 1, 32]
    assert len({entropy.draw(16) for _ in range(100)}) == 100
