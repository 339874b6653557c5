"""Time and chance: the one file that asks the machine for either, and waits."""

from __future__ import annotations

import asyncio
import random
import secrets
import threading
import time
from typing import Final

AsyncLock = asyncio.Lock
SyncLock = threading.Lock
async_sleep = asyncio.sleep
sleep = time.sleep

now: Final = time.time
"""Seconds since 1970, for whoever reads them elsewhere."""

passed: Final = time.monotonic
"""Seconds that only grow, to measure with."""


def fresh() -> str:
    """Return a name nobody used before."""
    return secrets.token_urlsafe(16)


def chance() -> float:
    """Return a number from 0 to below 1; good enough to spread retries."""
    return random.random()  # noqa: S311 - nobody gains by guessing when we try again
