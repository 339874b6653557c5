"""A client's published keys as they were fetched: how long they count, and when to look again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

MOST_KEYS: Final = 32
_LASTS: Final = timedelta(minutes=10)
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(hours=1)
_AT_MOST_EVERY: Final = timedelta(minutes=1)
_AFTER_FAILURE: Final = timedelta(seconds=5)


class KeySet(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one `jwks_uri`. `jwks` counts from `since` until before `until`; nobody asks before `again`."""

    jwks: Mapping[str, Any] | None
    since: datetime
    until: datetime
    again: datetime

    def usable(self, now: datetime) -> Mapping[str, Any] | None:
        """Return the keys while they count. A clock that was set back ends them early."""
        return self.jwks if self.since <= now < self.until else None

    def wants_fetching(self, kid: str | None, now: datetime) -> bool:
        """Whether to look again: the keys no longer count, or an assertion names one that is not among them."""
        if self.since <= now < self.again:
            return False
        usable = self.usable(now)
        return usable is None or (kid is not None and all(key.get("kid") != kid for key in usable["keys"]))


def fetched(body: object, *, max_age: int | None, now: datetime) -> KeySet | None:
    """Return the key set in a document (RFC 7517 section 5), or none where it is no key set.

    It counts as long as its server says (RFC 9111), but from a minute to an hour; ten minutes where it says nothing.
    """
    keys = body.get("keys") if isinstance(body, dict) else None
    if not isinstance(keys, list) or len(keys) > MOST_KEYS or not all(isinstance(key, dict) for key in keys):
        return None
    lasts = _LASTS if max_age is None else min(max(timedelta(seconds=max_age), _SHORTEST), _LONGEST)
    return KeySet(jwks={"keys": keys}, since=now, until=now + lasts, again=now + _AT_MOST_EVERY)


def failed(held: KeySet | None, *, now: datetime) -> KeySet:
    """Return what is known after a fetch that failed: what was known before, and when to try again."""
    if held is None or held.usable(now) is None:
        return KeySet(jwks=None, since=now, until=now, again=now + _AFTER_FAILURE)
    return msgspec.structs.replace(held, again=now + _AT_MOST_EVERY)
