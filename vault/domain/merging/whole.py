"""The whole: several customers who are one person, as a decision reads them (law 13).

Wherever they differ the stricter holds: both are bound by the longest break, the tighter limit and the most quiet
hours, and what cannot be told of both is not told. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from vault.domain.choices.at_most import AtMost
from vault.domain.choices.preference import Preference, closed
from vault.domain.decision.basis import Person
from vault.domain.merging.merged import Facts, Join, Merged, Part
from vault.domain.organization import EVERY, Organization
from vault.domain.standing import Instants, rule, standing

_NEARLY_ALWAYS: Final = "00:00-23:30"


def wholes(people: Sequence[Person], joins: Sequence[Join]) -> list[Person]:
    """Return each of these customers as the one person they are, in their order; the one that stays comes first."""
    parts = tuple(_part(one) for one in people)
    untils = [one.minor_until for one in people if one.minor_until is not None]
    countries = {one.country for one in people if one.country is not None}
    since = [one.restricted_since for one in people if one.restricted_since is not None]
    points = tuple(msgspec.structs.replace(point, holder=one.customer) for one in people for point in one.points)
    return [
        msgspec.structs.replace(
            one,
            minor_until=max(untils, default=None),
            points=points,
            facts=Merged(own=one.subject, parts=parts, joins=tuple(joins)),
            time_zone=next((other.time_zone for other in people if other.time_zone is not None), None),
            country=next(iter(countries)) if len(countries) == 1 else None,
            restricted_since=min(since, default=None),
            preference=wishes([other.preference for other in people]),
            spends=tuple(spend for other in people for spend in other.spends),
            family=tuple(other.customer for other in people),
        )
        for one in people
    ]


def stricter_since(facts: Facts, organization: Organization, *, instants: Instants) -> datetime | None:
    """Return when somebody was merged, where a yes of theirs counts no more because of it; none where all count."""
    if not isinstance(facts, Merged) or (last := facts.last()) is None:
        return None
    for purpose, channel in organization.ways():
        way = rule(organization, purpose, channel=channel)
        if standing(facts, way, instants=instants).state == "granted":
            continue
        together = standing(tuple(facts), way, instants=instants)
        spoken = together.rests_on is not None and together.rests_on.at > last.at
        if not spoken and any(standing(part.facts, way, instants=instants).state == "granted" for part in facts.parts):
            return last.at
    return None


def wishes(several: Sequence[Preference]) -> Preference:
    """Return what several wish together: whatever one of them does not want is not wanted."""
    pauses = [one.paused_until for one in several if one.paused_until is not None]
    quiet = {
        channel: _quietest([span for one in several if (span := one.quiet.get(channel) or one.quiet.get(EVERY))])
        for channel in dict.fromkeys(channel for one in several for channel in one.quiet)
    }
    limits: dict[str, AtMost] = {}
    for one in several:
        for channel, limit in one.at_most.items():
            limits[channel] = limit.tighter(limits.get(channel, limit))
    return Preference(
        paused_until=max(pauses, default=None),
        quiet=quiet,
        order=next((one.order for one in several if one.order), ()),
        at_most=limits,
    )


def _part(one: Person) -> Part:
    assert not isinstance(one.facts, Merged)  # noqa: S101 - for mypy: these are read one by one
    return Part(subject=one.subject, facts=tuple(one.facts), country=one.country)


def _quietest(spans: Sequence[str]) -> str:
    """Return the shortest span that keeps all of these quiet."""
    wanted = frozenset[int]().union(*(_closed(span) for span in spans))
    ends = [span.partition("-") for span in spans]
    fitting = [
        span
        for begin, _, _ in ends
        for _, _, end in ends
        if begin != end and wanted <= _closed(span := f"{begin}-{end}")
    ]
    return min(fitting, key=lambda span: (len(_closed(span)), span), default=_NEARLY_ALWAYS)


def _closed(span: str) -> frozenset[int]:
    return closed(Preference(quiet={EVERY: span}).quiet_on(EVERY))
