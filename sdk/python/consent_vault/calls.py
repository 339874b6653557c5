"""One HTTP call, and when it may be made again. Nothing here waits or sends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from httpx2 import ConnectError, ConnectTimeout, PoolTimeout, RequestError, TransportError

_NEVER_SENT: Final = (ConnectError, ConnectTimeout, PoolTimeout)
_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_TOO_MANY: Final = 429
_PASSING: Final = frozenset({502, 503, 504})


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request. `repeatable`: made twice it does what it does once."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    repeatable: bool = True

    def __repr__(self) -> str:
        return f"Call({self.method} {self.url})"

    def bearing(self, token: str) -> Call:
        """Return the call with an access token."""
        return msgspec.structs.replace(self, headers={**self.headers, "authorization": f"Bearer {token}"})


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How often to try and how long to wait between, in seconds: `first`, doubled each time, never over `longest`."""

    attempts: int = 4
    first: float = 0.1
    longest: float = 10.0

    def after_error(self, call: Call, attempt: int, *, error: RequestError, chance: float) -> float | None:
        """Return how long to wait after attempt number `attempt` found no answer; None: give up."""
        harmless = call.repeatable or isinstance(error, _NEVER_SENT)
        return self._wait(attempt, chance) if harmless and isinstance(error, TransportError) else None

    def after_answer(
        self, call: Call, attempt: int, *, status: int, retry_after: str | None, chance: float
    ) -> float | None:
        """Return how long to wait before trying again; None: the answer stands.

        `retry_after` is the header, in seconds. Where it says longer than `longest`, the answer stands too.
        """
        if status != _TOO_MANY and not (call.repeatable and status in _PASSING):
            return None
        wait = self._wait(attempt, chance)
        if wait is None or retry_after is None or not _SECONDS.fullmatch(retry_after):
            return wait
        asked = int(retry_after)
        return None if asked > self.longest else max(wait, asked)

    def _wait(self, attempt: int, chance: float) -> float | None:
        if attempt >= self.attempts:
            return None
        return min(self.longest, self.first * 2.0 ** (attempt - 1)) * (0.5 + chance / 2)
