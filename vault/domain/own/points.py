"""Contact points as their own customer finds them: in which state each is, and what may be done about it.

What somebody typed here is theirs once a code sent to it was typed back. Until then it is a claim and nothing more:
neither decision nor client nor sign-in knows of it, so that nobody learns by typing an address what is known of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from vault.base.errors import Conflict, Invalid
from vault.base.ids import ContactPointId
from vault.domain.suppression import Suppression, SuppressionKind

PROVABLE: Final = frozenset({"email"})
"""The kinds a code can be sent to. The vault sends no texts yet; where it does, telephone numbers join."""
MOST: Final = 10
"""How many of the kinds that can be proved somebody may have, claims among them."""
CLAIMED: Final = timedelta(days=7)
"""How long a claim waits for its code."""
LIFTED: Final = frozenset[SuppressionKind]({"complaint", "stop_word", "do_not_call"})
"""The stops that a yes in person lifts, with a code from that very point. A bounce is lifted by a message that arrives,
a stop by hand by whoever set it."""

PointState = Literal["yours", "unchecked", "returned", "unused"]
"""Theirs; not checked; messages to it come back; nobody is there any more."""


class OwnPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point, without its value. `claimed`: it was typed here and not shown to be theirs yet."""

    id: ContactPointId
    kind: str
    primary: bool = False
    verified_at: datetime | None = None
    stops: tuple[Suppression, ...] = ()
    claimed: bool = False

    @property
    def lets_in(self) -> bool:
        """Whether somebody can sign in with it."""
        return self.kind in PROVABLE and not self.claimed

    @property
    def is_provable(self) -> bool:
        """Whether a code can show that it is theirs, and none has."""
        return self.kind in PROVABLE and self.verified_at is None


def state(point: OwnPoint, *, now: datetime) -> PointState:
    """Return in which state a contact point is. Of a claim nothing is told but that it is one."""
    if not point.claimed:
        stopped = {stop.kind for stop in point.stops if stop.at <= now and (stop.until is None or now < stop.until)}
        if "manual" in stopped:
            return "unused"
        if "bounce" in stopped:
            return "returned"
    return "unchecked" if point.verified_at is None else "yours"


def is_last(points: Sequence[OwnPoint], point: OwnPoint) -> bool:
    """Whether nobody could sign in any more without it."""
    return point.lets_in and not any(one.lets_in for one in points if one.id != point.id)


def check_removal(points: Sequence[OwnPoint], point: OwnPoint) -> None:
    """Refuse to take the last address away: whoever wants that adds another, or erases everything."""
    if is_last(points, point):
        raise Conflict("last_address", "this is the last address to sign in with: add another first, or erase all")


def check_room(points: Sequence[OwnPoint]) -> None:
    """Refuse one more than anybody needs."""
    if sum(point.kind in PROVABLE for point in points) >= MOST:
        raise Invalid("too_many_points", f"nobody has more than {MOST} addresses here: remove one first")


def next_primary(points: Sequence[OwnPoint], gone: OwnPoint) -> ContactPointId | None:
    """Return which contact point takes the place of a primary one that goes; none where there is no other."""
    if not gone.primary:
        return None
    others = [one for one in points if one.kind == gone.kind and one.id != gone.id and not one.claimed]
    return min(others, key=lambda one: (one.verified_at is None, one.id), default=gone).id if others else None
