"""Time and chance, as parameters: the one file that asks the machine for either."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Final, Protocol

passed: Final = time.monotonic
"""Seconds that only grow, the same for the whole machine: to measure how long something takes, and for nothing else."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...


class Entropy(Protocol):
    """Gives chance."""

    def draw(self, size: int) -> bytes:
        """Return `size` bytes nobody can guess."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)


class SystemEntropy:
    """The machine's generator."""

    def draw(self, size: int) -> bytes:
        """Return bytes fit for keys."""
        return os.urandom(size)
