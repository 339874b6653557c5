"""Asking: whether a yes begins with a message to confirm, and whether one may go out at all.

The person in person may be sent one even where a stop of theirs holds the contact point: confirming it is what lifts it
(law 8). For anybody else's word nothing goes where messages were stopped, or to who said no since.
"""

from __future__ import annotations

from typing import Final

from vault.domain.decision.basis import Basis, Point, Way, is_too_young
from vault.domain.fact import Fact
from vault.domain.own.points import LIFTED
from vault.domain.standing import Instants, State
from vault.domain.suppression import Suppression

EMAIL: Final = "email"
"""The kind of contact point that letters are sent to; others cannot be asked yet."""
_NOES: Final = frozenset[State]({"refused", "withdrawn"})


def is_declared(way: Way) -> bool:
    """Whether the purpose wants every yes over this channel confirmed."""
    return way.rule.double_opt_in


def begins(way: Way, found: Basis, *, instants: Instants) -> bool:
    """Whether a yes of the person begins with a message, and it can be sent to the contact point that was picked."""
    if not is_declared(way) or found.point is None or found.point.kind != EMAIL:
        return False
    return all(stop.kind in LIFTED for stop in _stops(way, found.point, instants=instants))


def follows(way: Way, found: Basis, *, yes: Fact, instants: Instants) -> bool:
    """Whether somebody else's word of a yes is followed by a message to the contact point that was picked."""
    point, stands = found.point, found.standing
    if not is_declared(way) or point is None or point.kind != EMAIL or _stops(way, point, instants=instants):
        return False
    if is_too_young(found.flat):
        return False
    if stands.state in _NOES:
        return stands.since is not None and yes.at > stands.since
    return stands.state == "pending"


def _stops(way: Way, point: Point, *, instants: Instants) -> list[Suppression]:
    channel = way.channel
    return [
        stop
        for stop in point.suppressions
        if channel is not None and stop.stops(way.organization, way.purpose, channel=channel, instants=instants)
    ]
