"""The servers of these tests: the vault with a clock that is wrong, or a cache, as factories for granian."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from litestar.types import ASGIApp

from vault.api.shortcut import shortcut
from vault.app import create_app
from vault.base.clock import SystemClock, passed
from vault.base.ids import CustomerId
from vault.base.settings import Settings
from vault.store.database import Work
from vault.store.decision import questions
from vault.store.decision.questions import Read

DATABASE, KEY, SHIFT = "CHAOS_DATABASE", "CHAOS_KEY", "CHAOS_SHIFT"
BELIEVED_SECONDS = 0.25


class WrongClock:
    """The machine's clock, so many seconds ahead; a negative number is behind."""

    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)
        self._right = SystemClock()

    def now(self) -> datetime:
        return self._right.now() + self._ahead


def wrong() -> ASGIApp:
    """The vault as it is served, with a clock that is `CHAOS_SHIFT` seconds ahead."""
    settings = Settings(key_file=Path(os.environ[KEY]), pool=4)
    return shortcut(create_app(settings, os.environ[DATABASE], clock=WrongClock(float(os.environ[SHIFT]))))


def cached() -> ASGIApp:
    """The vault with the fault it must not have: what was read of people is believed for a while."""
    setattr(questions, "read", _remembering(questions.read))  # noqa: B010 - a fault put in on purpose, not a type
    return wrong()


def _remembering(read: Callable[..., Awaitable[Read]]) -> Callable[..., Awaitable[Read]]:
    known: dict[tuple[object, ...], tuple[float, Read]] = {}

    async def remembered(work: Work, customers: Sequence[CustomerId], **more: Any) -> Read:
        key = tuple(sorted(customers))
        if key not in known or known[key][0] < passed():
            known[key] = (passed() + BELIEVED_SECONDS, await read(work, customers, **more))
        return known[key][1]

    return remembered
