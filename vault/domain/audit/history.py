"""Was it allowed? The question about two clocks, and its answers: as it was known then, and as it is known today.

A question of history asks what was said by one instant and learnt by another (law 11). Both answers stand under the
rules in force at the instant asked about, so that they differ in nothing but what was learnt between. Of the person it
takes what was said, what stopped their contact points, and their age. How they could be reached then the vault does not
keep, nor whether their data was locked, so nothing is refused for that; nor does it keep for how long a client was
suspended, or what its token left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from vault.base.errors import Invalid
from vault.base.ids import ContactPointId, CustomerId, EntryId, FactId, ImportId, Subject
from vault.domain.decision.basis import Basis, Flat, Person, Point, Way, basis, times
from vault.domain.fact import Fact, FactKind, Method, Source, check_instants
from vault.domain.importing.undone import Undone, counted, counts
from vault.domain.organization import EVERY, Organization
from vault.domain.standing import Instants, State
from vault.domain.suppression import Suppression, SuppressionKind

NOT_ASKED: Flat = {"reachable": True, "unverified": False, **times(())}
"""What no question of history is about."""


class HistoryAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A question about `at`, with what was known by `known_at`; without it, with what was known at `at` itself."""

    subject: Subject
    purpose: str
    channel: str
    client: str
    at: datetime
    known_at: datetime | None = None

    @property
    def known(self) -> datetime:
        """The instant of knowing."""
        return self.at if self.known_at is None else self.known_at

    def check(self, now: datetime) -> None:
        """Refuse a question about what is still to come."""
        check_instants(self.at, self.known_at)
        if max(self.at, self.known) > now:
            raise Invalid("time_in_the_future", "history is what was; ask about an instant that has passed")


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """A suppression, when it was learnt of, and the import that brought it."""

    suppression: Suppression
    recorded_at: datetime
    brought_by: ImportId | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point as it is today, without its value."""

    id: ContactPointId
    kind: str
    primary: bool
    verified: bool
    stops: tuple[Stop, ...] = ()


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """All that is held under a subject. Of one that was erased the facts are left.

    Of an import that is `undone` it counts for whoever asks what was known before.
    """

    facts: tuple[Fact, ...]
    places: tuple[Place, ...] = ()
    minor_until: date | None = None
    country: str | None = None
    erased: bool = False
    undone: tuple[Undone, ...] = ()

    @property
    def stops(self) -> Sequence[Stop]:
        """Every suppression of a contact point."""
        return [stop for place in self.places for stop in place.stops]

    def person(self, subject: Subject, *, known_at: datetime | None) -> Person:
        """Return the person as a decision would see them, with the suppressions learnt of by then."""
        points = [
            Point(
                id=place.id,
                kind=place.kind,
                primary=place.primary,
                verified=place.verified,
                suppressions=tuple(stop.suppression for stop in place.stops if self._stops(stop, known_at=known_at)),
            )
            for place in self.places
        ]
        return Person(
            customer=CustomerId(""),  # no rule asks for it
            subject=subject,
            minor_until=self.minor_until,
            country=self.country,
            points=tuple(points),
            facts=tuple(counted(self.facts, self.undone, known_at=known_at)),
        )

    def _stops(self, stop: Stop, *, known_at: datetime | None) -> bool:
        learnt_by_then = known_at is None or stop.recorded_at <= known_at
        return learnt_by_then and counts(stop.brought_by, self.undone, is_stop=True, known_at=known_at)


class HistoryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules of an instant say about it, with what was known by another.

    `rules_since` is when they came into force; `first_rules` says that at the instant there were none yet. Without
    `standing` the client itself might not ask. `rests_on` is the one fact that made it so.
    """

    at: datetime
    known_at: datetime
    allowed: bool
    reasons: tuple[str, ...]
    policies: tuple[str, ...]
    configuration: str
    rules_since: datetime
    first_rules: bool = False
    standing: State | None = None
    rests_on: FactId | None = None
    until: datetime | None = None
    facts: int = 0


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """Something said of this purpose and channel, or a stop: when it was said, when learnt. `is_late` for the question.

    What is learnt the moment it is said has no `late_seconds`.
    """

    kind: FactKind | SuppressionKind
    said_at: datetime
    recorded_at: datetime
    late_seconds: int
    is_late: bool
    purpose: str | None = None
    channel: str | None = None
    fact: FactId | None = None
    source: Source | None = None
    method: Method | None = None
    notice: int | None = None


class LoggedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the vault really answered to this question last before the instant, as its log has it."""

    entry: EntryId
    number: int
    generation: int
    at: datetime
    outcome: str
    reasons: tuple[str, ...]


class ClockRegion(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the map of two clocks with one answer: from an instant asked about to another, likewise of knowing."""

    allowed: bool
    at_from: datetime
    at_to: datetime
    known_from: datetime
    known_to: datetime


class ClockMap(msgspec.Struct, frozen=True, kw_only=True):
    """The answers around the instant, both clocks between `begin` and `end`; what was learnt after `end` is `latest`.

    The regions of `latest` are known from `end` to now.
    """

    begin: datetime
    end: datetime
    regions: tuple[ClockRegion, ...]
    latest: tuple[ClockRegion, ...] = ()


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """The answer as it was known then, as it is known today, and what today's rules say about today.

    `same` when what was learnt later changes nothing. `now` is absent where the rules of today know no such question.
    `learnt` is all that bears on the question, oldest first. `logged` is what was answered then, if it was asked.
    """

    asked: HistoryAsked
    then: HistoryAnswer
    today: HistoryAnswer
    now: HistoryAnswer | None
    same: bool
    erased: bool
    learnt: tuple[Learnt, ...]
    map: ClockMap
    logged: LoggedAnswer | None = None


def gated(declared: Organization, way: Way, *, client: str) -> Mapping[str, bool]:
    """Return the facts of `ask`, as far as the rules themselves tell them: the client's ceiling."""
    found = declared.clients.get(client)
    return {
        "suspended": False,
        "purpose_granted": found is not None and way.purpose.key in found.ceiling.purposes,
        "channel_granted": found is not None and (way.channel is None or way.channel.key in found.ceiling.channels),
        "purpose_in_token": True,
        "channel_in_token": True,
    }


def rests(held: Held, way: Way, *, subject: Subject, instants: Instants) -> Basis:
    """Return what the answer rests on; see above for what it leaves out."""
    found = basis(held.person(subject, known_at=instants.known_at), way, instants=instants)
    return msgspec.structs.replace(found, flat={**found.flat, **NOT_ASKED})


def learnt(held: Held, way: Way, *, asked: HistoryAsked) -> tuple[Learnt, ...]:
    """Return what bears on a question, oldest first. Late is what was said by the instant, and learnt after it."""
    told = [_fact(fact, asked) for fact in held.facts if _bears(fact, way)]
    told += [_stop(stop, asked) for stop in bearing_stops(held, way)]
    return tuple(sorted(told, key=lambda one: (one.said_at, one.recorded_at, one.kind)))


def bearing_stops(held: Held, way: Way) -> list[Stop]:
    """Return the suppressions that could stop this purpose over this channel at some time."""
    if way.channel is None:
        return []
    return [
        stop
        for place in held.places
        if place.kind == way.channel.reaches
        for stop in place.stops
        if stop.suppression.stops(
            way.organization,
            way.purpose,
            channel=way.channel,
            instants=Instants(now=stop.suppression.at, at=stop.suppression.at),
        )
    ]


def bearing_facts(held: Held, way: Way) -> list[Fact]:
    """Return the facts that could bear on this purpose and channel."""
    return [fact for fact in held.facts if _bears(fact, way)]


def _bears(fact: Fact, way: Way) -> bool:
    if fact.kind in {"granted", "asked"}:
        return (fact.purpose, fact.channel) == (way.purpose.key, way.rule.channel)
    return fact.purpose in way.rule.lineage and fact.channel in (way.rule.channel, EVERY)


def _fact(fact: Fact, asked: HistoryAsked) -> Learnt:
    return Learnt(
        kind=fact.kind,
        said_at=fact.at,
        recorded_at=fact.recorded_at,
        late_seconds=max(0, int((fact.recorded_at - fact.at).total_seconds())),
        is_late=fact.at <= asked.at and fact.recorded_at > asked.known,
        purpose=fact.purpose,
        channel=fact.channel,
        fact=fact.id,
        source=fact.source,
        method=fact.method,
        notice=fact.notice,
    )


def _stop(stop: Stop, asked: HistoryAsked) -> Learnt:
    suppression = stop.suppression
    return Learnt(
        kind=suppression.kind,
        said_at=suppression.at,
        recorded_at=stop.recorded_at,
        late_seconds=max(0, int((stop.recorded_at - suppression.at).total_seconds())),
        is_late=suppression.at <= asked.at and stop.recorded_at > asked.known,
        channel=suppression.channel,
    )
