"""Time and chance, as parameters: the one file that asks the machine for either."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Protocol


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
