"""Flows: a sign-in under way, sealed in a cookie of ten minutes. What somebody typed is kept there and nowhere else."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from vault.actions.vault import Here
from vault.base.personal import Personal
from vault.base.spelling import spelled, unspelled
from vault.crypto.box import SealError
from vault.domain.sign_in.code import Way

_USE: Final = "sign_in"
_LONGEST: Final = 2048


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed, what was asked for, and which code is waited for."""

    id: UUID
    reach: str
    way: Way
    ends_at: datetime

    def __repr__(self) -> str:
        return f"Flow(way={self.way!r})"

    @property
    def typed(self) -> Personal:
        """What was typed."""
        return Personal(self.reach)


def sealed(here: Here, flow: Flow) -> str:
    """Return a flow as the cookie carries it."""
    return spelled(here.safe.ticket(_USE, msgspec.json.encode(flow)))


def opened(here: Here, cookie: str | None, *, now: datetime) -> Flow | None:
    """Return the flow of a cookie; none for one that is over, forged, or of another organization."""
    if not cookie or len(cookie) > _LONGEST:
        return None
    try:
        flow = msgspec.json.decode(here.safe.read(_USE, unspelled(cookie)), type=Flow)
    except (SealError, ValueError):
        return None
    return flow if now < flow.ends_at else None
