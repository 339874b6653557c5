"""What a decision rests on: from a person's facts to the flat facts that Cedar decides on.

Pure: it gathers nothing and decides nothing. Anything it cannot establish becomes a fact that refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Final

import msgspec

from vault.base.errors import Invalid
from vault.base.ids import ContactPointId, CustomerId, Subject
from vault.domain.choices.preference import Preference
from vault.domain.merging.merged import Facts
from vault.domain.organization import EVERY, Channel, Organization, Purpose
from vault.domain.standing import Instants, Rule, Standing, rule, standing
from vault.domain.suppression import Suppression
from vault.domain.timing.area import ADDRESS, NOWHERE, PHONE
from vault.domain.timing.budget import Sliding, Spend, spent_of
from vault.domain.timing.holiday import Holidays
from vault.domain.timing.moment import Bound, Hours, Until
from vault.domain.timing.week import Week, week

Flat = Mapping[str, str | bool]
Bounds = tuple[tuple[str, Bound], ...]
_Told = tuple[str, str, str, bool, bool, bool, bool, bool, bool, tuple[str, ...]]
_REMEMBERED: Final = 10_000

BOUND: Final = frozenset({"offer", "research"})
"""The kinds of purpose that times bind."""
PAUSED: Final = "paused"
QUIET: Final = ("own", "organization", "client")
"""Whose quiet hours there are."""
FRAME: Final = "frame"
FRAMED: Final = frozenset({"US", "AS", "GU", "MP", "PR", "VI"})
"""The countries whose law says when their telephones may ring: the United States with its territories (47 USC 153)."""
LAWFUL: Final = week({"mon-sun": ["08:00-21:00"]})
"""47 CFR 64.1200(c)(1): on the clock of whoever is called."""
DEFAULT: Final = "default"
UNKNOWN: Final = NOWHERE | {""}
"""What a number says whose country nobody can tell."""


NO_WISHES: Final = Preference()
_OPEN: Final[Flat] = {"paused": False, "quiet": "", "outside_frame": False, "budget_spent": ""}
LEARNT: Final[Flat] = {
    "paused": False, "quiet": "", "outside_frame": False, "budget_spent": "",
    "restricted": False, "guardian": False, "implied": "",
}  # fmt: skip
"""Facts that were told only from some version on, and what they were worth before."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point without its value. A telephone number has a country and the zones its area lies in.

    `holder` is under whose key its value lies, where several customers are one person.
    """

    id: ContactPointId
    kind: str
    primary: bool
    verified: bool
    suppressions: tuple[Suppression, ...] = ()
    country: str = ""
    zones: tuple[str, ...] = ()
    holder: CustomerId | None = None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """All that a decision may read about a customer. `spends` are the messages that budgets count.

    `family` are the customers who are one person with them, the one that stays first; merged with nobody it is empty.
    """

    customer: CustomerId
    subject: Subject
    minor_until: date | None
    points: tuple[Point, ...]
    facts: Facts
    time_zone: str | None = None
    country: str | None = None
    restricted_since: datetime | None = None
    preference: Preference = NO_WISHES
    spends: tuple[Spend, ...] = ()
    family: tuple[CustomerId, ...] = ()

    def is_minor(self, instant: datetime) -> bool:
        """Whether they are one, in UTC: the offset in which a question writes its `at` makes nobody a day older."""
        return self.minor_until is not None and instant.astimezone(UTC).date() < self.minor_until


class Way(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One purpose over one channel, as the organization declares it. `channel` is none for a purpose without.

    `flats` are the flat facts that were found, by what they differ in.
    """

    organization: Organization
    purpose: Purpose
    channel: Channel | None
    rule: Rule
    flats: dict[_Told, Flat] = {}

    @cached_property
    def forbids(self) -> bool:
        """Whether one of the budgets it spends of is of none at all."""
        declared = self.organization
        of_channel = self.channel.budget if self.channel is not None else None
        budgets = (declared.budget, of_channel, *(declared.purposes[key].budget for key in self.rule.lineage))
        return any(budget is not None and budget.is_none for budget in budgets)

    @cached_property
    def is_bound(self) -> bool:
        """Whether times and budgets bind it, and it spends."""
        return self.purpose.kind in BOUND

    @cached_property
    def is_quiet(self) -> bool:
        """Whether nothing binds it in time but a budget, and what the person wishes."""
        return self.channel is None or not (self.channel.intrusive or self.channel.reaches == PHONE)

    def is_free_for(self, person: Person) -> bool:
        """Whether nothing binds a contact in time: most who wish for nothing were sent nothing that counts."""
        if not self.is_bound:
            return True
        return self.is_quiet and person.preference is NO_WISHES and not person.spends and not self.forbids

    @cached_property
    def reaches(self) -> str | None:
        """The kind of contact point that the channel reaches."""
        return None if self.channel is None else self.channel.reaches

    @cached_property
    def needs_verified(self) -> bool:
        """Whether a contact point must be verified first."""
        return self.purpose.needs_verified(self.rule.channel)


def way(organization: Organization, purpose_key: str, *, channel: str) -> Way:
    """Return a purpose over a channel; `Invalid` for a key nobody declared, or a channel it cannot use."""
    purpose = organization.purpose(purpose_key)
    declared = None if channel == EVERY and not purpose.channels else organization.channel(channel)
    if declared is not None and channel not in purpose.channels:
        raise Invalid("channel_not_for_purpose", "this purpose does not use this channel")
    return Way(
        organization=organization,
        purpose=purpose,
        channel=declared,
        rule=rule(organization, purpose, channel=channel),
    )


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What Cedar is handed, and what it was made of.

    `named` is the contact point the question named, if the channel reaches it: one of another kind only identifies.
    """

    flat: Flat
    standing: Standing
    point: Point | None
    named: ContactPointId | None
    bounds: Bounds = ()


def basis(
    person: Person, way: Way, *, instants: Instants, named: ContactPointId | None = None, hours: Week | None = None
) -> Basis:
    """Return the flat facts of `contact` for this person; `named` is the contact point the question named.

    `hours` are those in which the client that asks reaches anybody, if it declares any.
    """
    instant, reaches = instants.instant, way.reaches
    fitting = [point for point in person.points if point.kind == reaches]
    named = named if named is not None and any(point.id == named for point in fitting) else None
    minor = person.is_minor(instant)
    law = way.rule.within(person.country)
    stands = standing(person.facts, law, instants=instants, contact_point=named, minor=minor)
    point = _pick(fitting, way, wanted=named or _granted(stands), instants=instants)
    bounds = () if way.is_free_for(person) else _bounds(person, way, point=point, hours=hours)
    told = (
        stands.state,
        stands.pending_for or "",
        stands.implied,
        point is not None and _suppressed(point, way, instants=instants),
        person.restricted_since is not None and person.restricted_since <= instant,
        minor,
        stands.guardian,
        point is not None or way.channel is None,
        point is not None and not point.verified and way.needs_verified,
        tuple([word for word, bound in bounds if not bound.allows(instant)]) if bounds else (),
    )
    return Basis(
        flat=way.flats.get(told) or _flat(way, told),
        standing=stands,
        point=point,
        named=named,
        bounds=bounds,
    )


def _flat(way: Way, told: _Told) -> Flat:
    """Return the flat facts that these are over this way: one object for the same, that it can be known again."""
    state, pending_for, implied, suppressed, restricted, minor, guardian, reachable, unverified, closed = told
    if len(way.flats) >= _REMEMBERED:
        way.flats.clear()
    flat = way.flats[told] = {
        "known": True,
        "standing": state,
        "pending_for": pending_for,
        "implied": implied,
        "basis": way.purpose.basis,
        "kind": way.purpose.kind,
        "channel": way.rule.channel,
        "suppressed": suppressed,
        "restricted": restricted,
        "minor": minor,
        "guardian": guardian,
        "reachable": reachable,
        "unverified": unverified,
        **times(closed),
    }
    return flat


def nobody(way: Way, *, known: bool) -> Flat:
    """Return the flat facts about a person nobody knows: an unknown id, or with `known` an address nobody gave us.

    The latter reads like somebody who never said anything, so that the answer tells nothing of membership.
    """
    return {
        "known": known,
        "standing": "never_asked",
        "pending_for": "",
        "implied": "",
        "basis": way.purpose.basis if not known else "consent",
        "kind": way.purpose.kind,
        "channel": way.rule.channel,
        "suppressed": False,
        "restricted": False,
        "minor": False,
        "guardian": False,
        "reachable": True,
        "unverified": False,
        **times(()),
    }


def is_too_young(flat: Flat) -> bool:
    """Whether the policies refuse because of somebody's age, whatever was said in person."""
    kind = flat["kind"]
    return bool(flat["minor"]) and (kind == "profiling" or (kind == "offer" and not flat["guardian"]))


def may_leave(way: Way, field: str) -> bool:
    """Whether an attribute is declared for this purpose or one above it."""
    attribute = way.organization.attributes.get(field)
    return attribute is not None and not set(attribute.purposes).isdisjoint(way.purpose.lineage)


def times(closed: Sequence[str]) -> Flat:
    """Return the flat facts of time, by the words of what lets nothing pass; of several quiet hours the first.

    Of several budgets that are spent the one that is for longest.
    """
    if not closed:
        return _OPEN
    quiet = next((word for word in closed if word in QUIET), "")
    return {
        "paused": PAUSED in closed,
        "quiet": quiet,
        "outside_frame": FRAME in closed,
        "budget_spent": spent_of(closed),
    }


def _bounds(person: Person, way: Way, *, point: Point | None, hours: Week | None) -> Bounds:
    """Return what binds a contact in time, each by its word; offers and research alone are bound.

    Hours are open where they are so in the customer's zone, as `_zones` finds it, else in the organization's.
    """
    organization, channel, wished = way.organization, way.channel, person.preference
    found = [*_budgets(person, way)] if person.spends or way.forbids else []
    if wished.paused_until is not None:
        found.append((PAUSED, Until(instant=wished.paused_until)))
    country = point.country if point is not None else ""
    days = _holidays(way, country)
    weeks: list[tuple[str, Week | None]] = [("own", wished.quiet_on(way.rule.channel))]
    if channel is not None and channel.intrusive:
        open_here = organization.open_hours.get(country) or organization.open_hours.get(DEFAULT)
        weeks += [("organization", open_here), ("client", hours)]
    if channel is not None and channel.reaches == PHONE and country in FRAMED:
        weeks.append((FRAME, LAWFUL))
    if days or any(week is not None for _, week in weeks):
        zones = _zones(person, point) or (organization.time_zone,)
        found += [(word, Hours(week=week, zones=zones)) for word, week in weeks if week is not None]
        found += [("organization", Holidays(countries=days, zones=zones))] * bool(days)
    return tuple(found)


def _holidays(way: Way, country: str) -> tuple[str, ...]:
    """Return whose holidays count for what disturbs: those of the number's country, else of all that are declared."""
    declared = way.organization.closed_on_holidays
    if way.channel is None or not way.channel.intrusive:
        return ()
    return declared if country in UNKNOWN else tuple(one for one in declared if one == country)


def _budgets(person: Person, way: Way) -> Iterator[tuple[str, Bound]]:
    """Yield what bounds how many there may be, each by its period.

    The purpose spends of its own budget and of those above it, all that goes over a channel of the channel's, and all
    of the organization's; then there is what the person wishes at most, over all channels together and over this one:
    never none, so who was spent nothing on is bound by nothing, but for a budget of none.
    """
    organization, channel = way.organization, way.rule.channel
    for key in way.rule.lineage:
        if (budget := organization.purposes[key].budget) is not None:
            of_purpose = tuple(spend.at for spend in person.spends if key in spend.lineage)
            for per, most in budget.parts():
                yield per, Sliding(most=most, per=per, spent=of_purpose)
    of_channel = tuple(spend.at for spend in person.spends if spend.channel == channel)
    if way.channel is not None and way.channel.budget is not None:
        for per, most in way.channel.budget.parts():
            yield per, Sliding(most=most, per=per, spent=of_channel)
    wished = person.preference.at_most
    if organization.budget is not None or wished:
        of_all = tuple(spend.at for spend in person.spends)
        for per, most in organization.budget.parts() if organization.budget is not None else ():
            yield per, Sliding(most=most, per=per, spent=of_all)
        if (wish := wished.get(EVERY)) is not None:
            yield wish.per, Sliding(most=wish.most, per=wish.per, spent=of_all)
        if (wish := wished.get(channel)) is not None and channel != EVERY:
            yield wish.per, Sliding(most=wish.most, per=wish.per, spent=of_channel)


def _zones(person: Person, point: Point | None) -> tuple[str, ...]:
    """Return the zones in all of which it must be open: one, where it is known.

    That of the profile, else that of a postal address in a country with one, else those in which the number may lie, of
    the contact point or of any of theirs, else those of the address's country.
    """
    if person.time_zone is not None:
        return (person.time_zone,)
    home = next((one.zones for one in person.points if one.kind == ADDRESS and one.zones), ())
    if len(home) == 1:
        return home
    if point is not None and point.kind != ADDRESS and point.zones:
        return point.zones
    return tuple(sorted({zone for one in person.points if one.kind != ADDRESS for zone in one.zones})) or home


def _pick(fitting: Sequence[Point], way: Way, *, wanted: ContactPointId | None, instants: Instants) -> Point | None:
    if wanted is not None:
        return next((point for point in fitting if point.id == wanted), None)
    if len(fitting) <= 1:
        return fitting[0] if fitting else None
    return min(
        fitting,
        key=lambda point: (
            _suppressed(point, way, instants=instants),
            way.needs_verified and not point.verified,
            not point.primary,
            not point.verified,
            point.id,
        ),
    )


def _granted(stands: Standing) -> ContactPointId | None:
    return stands.grant.contact_point if stands.state == "granted" and stands.grant is not None else None


def _suppressed(point: Point, way: Way, *, instants: Instants) -> bool:
    channel = way.channel
    if channel is None or not point.suppressions:
        return False
    return any(
        suppression.stops(way.organization, way.purpose, channel=channel, instants=instants)
        for suppression in point.suppressions
    )
