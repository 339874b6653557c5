"""Proving: whether a yes begins with a code to the address it is about.

So it does where nobody has shown whose that is, or where a person stopped it. Where every yes is confirmed by a
message it is that message, and no code besides.
"""

from __future__ import annotations

from vault.domain.decision.basis import Basis, Way, is_too_young
from vault.domain.own.points import LIFTED, PROVABLE
from vault.domain.standing import Instants


def is_proved(way: Way, found: Basis, *, instants: Instants) -> bool:
    """Whether a code to the contact point that was picked is all that a yes of the person wants."""
    point, purpose, channel = found.point, way.purpose, way.channel
    if point is None or channel is None or point.kind not in PROVABLE or way.rule.double_opt_in:
        return False
    if purpose.basis in {"contract", "legal_obligation"} or is_too_young(found.flat):
        return False
    stops = [
        one for one in point.suppressions if one.stops(way.organization, purpose, channel=channel, instants=instants)
    ]
    if any(one.kind not in LIFTED for one in stops):
        return False
    return bool(stops) or bool(found.flat["unverified"])
