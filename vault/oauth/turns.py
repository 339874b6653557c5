"""Whose turn it is to sign: a key is published before it signs, and believed until all it signed is over.

Pure: from when each key signs, and what time it is. Nobody has to do anything at any of these instants.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from vault.domain.decision.permit import LONGEST
from vault.oauth.token import LIFETIME_SECONDS

State = Literal["pending", "signing", "verifying", "over"]

PENDING: Final = timedelta(minutes=10)
"""How long a key is published before it signs: until every worker and whoever keeps our key set has looked again."""
_SKEW: Final = timedelta(minutes=5)
VERIFYING: Final = max(timedelta(seconds=LIFETIME_SECONDS), LONGEST) + _SKEW
"""How long after its turn a key is believed: as long as what it signed lives, by a worker too whose clock is behind."""


def states(signs_from: Mapping[str, datetime], now: datetime) -> dict[str, State]:
    """Return the state of each key by its `kid`, whoever signs last first.

    One of them always signs: the last whose turn has come, or the first of all if none has by this clock.
    """
    order = sorted(signs_from, key=lambda kid: (signs_from[kid], kid), reverse=True)
    begun = [kid for kid in order if signs_from[kid] <= now]
    signing = begun[0] if begun else order[-1] if order else None
    found: dict[str, State] = {}
    for later, kid in zip([None, *order], order, strict=False):
        if kid == signing:
            found[kid] = "signing"
        elif later is None or kid not in begun:
            found[kid] = "pending"
        else:
            found[kid] = "verifying" if now < signs_from[later] + VERIFYING else "over"
    return found
