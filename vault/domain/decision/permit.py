"""Permits: the signed proof of a yes, which a sender verifies offline. What one says, and until when it holds. Pure.

It never says who anybody is: the person is a pseudonym that no other sender is told, the address a keyed hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from vault.base.ids import DecisionId
from vault.domain.decision.question import Outcome
from vault.domain.timing.moment import Bound

TYPE: Final = "permit+jwt"
LONGEST: Final = timedelta(minutes=15)
_MINUTE: Final = timedelta(minutes=1)


class Permit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The claims (RFC 7519). `aud` is the sender, `jti` the decision, `to` the hash of the address under its key.

    `sub` is what the person is called to this sender alone. `unsubscribe` is where one press stops it (RFC 8058).
    """

    iss: str
    aud: str
    sub: str
    iat: int
    exp: int
    jti: DecisionId
    purpose: str
    channel: str
    to: str
    campaign: str | None = None
    unsubscribe: str | None = None


class PermitKeyShown(msgspec.Struct, frozen=True, kw_only=True):
    """The key under which permits for a sender hash the address, in base64url. No other sender has it."""

    client_id: str
    key: str


class RevokedPermit(msgspec.Struct, frozen=True, kw_only=True):
    """A permit that holds no longer: `defer` where nothing but time speaks against it. `reason` is a code."""

    decision: DecisionId
    outcome: Outcome
    reason: str


class RevokedPermits(msgspec.Struct, frozen=True, kw_only=True):
    """Your permits that were taken back, each until five minutes after it is over."""

    revoked: tuple[RevokedPermit, ...]


def ends(given: datetime, *, until: datetime | None, bounds: Iterable[Bound]) -> datetime:
    """Return until when a permit holds: no longer than the yes, nor than the hours in which it was given.

    Hours begin and end on the minute.
    """
    last = given + LONGEST
    if until is not None and until < last:
        last = until
    kept, minute = tuple(bounds), given.replace(second=0, microsecond=0)
    while (minute := minute + _MINUTE) < last:
        if not all(bound.allows(minute) for bound in kept):
            return minute
    return last
