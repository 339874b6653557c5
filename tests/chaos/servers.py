"""The servers of these tests: the vault with a clock that is wrong, as a factory for granian."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from litestar import Litestar

from vault.app import create_app
from vault.base.clock import SystemClock
from vault.base.settings import Settings

DATABASE, KEY, SHIFT = "CHAOS_DATABASE", "CHAOS_KEY", "CHAOS_SHIFT"


class WrongClock:
    """The machine's clock, so many seconds ahead; a negative number is behind."""

    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)
        self._right = SystemClock()

    def now(self) -> datetime:
        return self._right.now() + self._ahead


def wrong() -> Litestar:
    """The vault as it is, with a clock that is `CHAOS_SHIFT` seconds ahead."""
    settings = Settings(key_file=Path(os.environ[KEY]), pool=4)
    return create_app(settings, os.environ[DATABASE], clock=WrongClock(float(os.environ[SHIFT])))
