"""What tests are made of: a clock that is set by hand and chance that repeats itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random


class FakeClock:
    """Stands still until it is moved; `at` may be set to any aware instant."""

    def __init__(self, at: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at.astimezone(UTC)

    def pass_by(self, **amount: float) -> None:
        """Let time pass, such as `pass_by(days=1)`."""
        self.at += timedelta(**amount)


class SeededEntropy:
    """The same chance in every run."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)  # noqa: S311 - a test wants to see the same twice

    def draw(self, size: int) -> bytes:
        return self._random.randbytes(size)
