"""What an answer of the past rested on, for whoever it was about: when they said it, and when something stopped it.

What was said about an address, perhaps by somebody else who has it, too, is a stop with a date, and nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from vault.domain.decision.basis import Point
from vault.domain.fact import Fact
from vault.domain.organization import Organization, Purpose
from vault.domain.standing import Instants, Rule, Standing, rule, standing


class Rested(msgspec.Struct, frozen=True, kw_only=True):
    """`fact` was said by this person at `since`; it held until `until`, or until its words changed at `changed`.

    `stopped` is when messages to the address were stopped; `elsewhere`: by a word of which nobody is told whose it was.
    """

    fact: Fact | None = None
    until: datetime | None = None
    changed: datetime | None = None
    stopped: datetime | None = None
    elsewhere: bool = False

    @property
    def since(self) -> datetime | None:
        """When the person said it."""
        return None if self.fact is None else self.fact.at


NOTHING: Final = Rested()


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question as it was answered, with the standing that was found; none where nobody was looked up.

    `implied` is the law that made a yes of a dealing.
    """

    instants: Instants
    purpose: str
    channel: str
    standing: str | None
    implied: str = ""


def rested(
    asked: Asked, *, own: Sequence[Fact], shared: Sequence[Fact], points: Sequence[Point], organization: Organization
) -> Rested:
    """Return what an answer rested on. `own` and `shared` are the facts it read: of this person, of their addresses."""
    purpose = organization.purposes.get(asked.purpose)
    if purpose is None:
        return NOTHING
    stopped = _stopped(asked, points, purpose=purpose, organization=organization)
    way = _within(rule(organization, purpose, channel=asked.channel), law=asked.implied)
    found = standing(own, way, instants=asked.instants)
    if found.state == asked.standing:
        changed = _changed(found, way, instants=asked.instants) if found.state == "outdated" else None
        return Rested(fact=found.rests_on, until=found.until, changed=changed, stopped=stopped)
    together = standing((*own, *shared), way, instants=asked.instants)
    since = together.since if together.state == asked.standing else None
    return Rested(stopped=since or stopped, elsewhere=bool(shared))


def _within(way: Rule, *, law: str) -> Rule:
    """Return the rule for somebody of a country where this law implied the yes, wherever they live by now."""
    countries = [country for one in way.implied if one.rule == law for country in one.countries]
    return way.within(countries[0]) if countries else way


def _changed(found: Standing, way: Rule, *, instants: Instants) -> datetime:
    """Return when the words changed that were said yes to: the first of the versions that no older yes survives."""
    version = (found.rests_on.notice if found.rests_on is not None else None) or 0
    return min(one.published for one in way.breaks if one.version > version and one.published <= instants.instant)


def _stopped(asked: Asked, points: Sequence[Point], *, purpose: Purpose, organization: Organization) -> datetime | None:
    """Return when the latest of the stops began that bound this question."""
    channel = organization.channels.get(asked.channel)
    if channel is None:
        return None
    then = Instants(now=asked.instants.now, at=asked.instants.instant)
    stops = [stop for point in points if point.kind == channel.reaches for stop in point.suppressions]
    return max(
        (stop.at for stop in stops if stop.stops(organization, purpose, channel=channel, instants=then)), default=None
    )
