"""Sheets: every purpose with a row for each way, as its customer finds it. What can be done there, and why it is so.

A row says Yes only where a decision about this person would not refuse for what they said, or for how they are
reached. Where a yes cannot be said, a no still can.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

from vault.base.ids import ContactPointId, FactId
from vault.domain.choices.asked import current
from vault.domain.decision.basis import Basis, Person, Point, Way, basis, is_too_young, way
from vault.domain.joining.asking import begins, is_declared
from vault.domain.organization import EVERY, Notice, Organization, Purpose
from vault.domain.organization import Basis as Ground
from vault.domain.own.proving import is_proved
from vault.domain.standing import Instants, State
from vault.domain.suppression import Suppression
from vault.domain.timing.implied import Deal, read

Can = Literal["switch", "waiting", "confirm", "fixed", "nothing"]
"""A switch; a row that waits and can be ended; a yes that begins with a message where none can be sent; what belongs to
an order or to the law; nothing until something else is done."""
Why = Literal[
    "granted", "interest", "service", "law", "never_asked", "double_opt_in", "evidence", "refused", "withdrawn",
    "objected", "expired", "outdated", "signal", "suppressed", "minor", "guardian", "grown", "bought", "inquired",
    "unreachable", "unverified",
]  # fmt: skip

_STATES: Final[Mapping[State, Why]] = {
    "granted": "granted",
    "never_asked": "never_asked",
    "refused": "refused",
    "withdrawn": "withdrawn",
    "objected": "objected",
    "expired": "expired",
    "outdated": "outdated",
}
_DEALS: Final[Mapping[Deal, Why]] = {"purchased": "bought", "inquired": "inquired"}
_FIXED: Final[Mapping[Ground, Why]] = {"contract": "service", "legal_obligation": "law"}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One way. `on` is the word at its end; `since` and `until` are those of what it rests on, by its id `fact`.

    `point` is the contact point a message would go to, `cited` the version of the notice that a yes cites; `asks` says
    that a yes begins with a message to it that is confirmed, `proves` that it begins with a code to it.
    """

    purpose: str
    channel: str
    can: Can
    on: bool
    why: Why
    since: datetime | None = None
    until: datetime | None = None
    fact: FactId | None = None
    cited: int | None = None
    point: ContactPointId | None = None
    reaches: str | None = None
    asks: bool = False
    proves: bool = False


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A purpose: what asks for it, its ways, and the purposes within it."""

    purpose: Purpose
    notice: Notice | None
    rows: tuple[Row, ...]
    within: tuple[Sheet, ...]

    def every(self) -> list[Sheet]:
        """Return this one and all within it."""
        return [self, *(one for inner in self.within for one in inner.every())]


def sheets(organization: Organization, person: Person, *, instants: Instants) -> tuple[Sheet, ...]:
    """Return what somebody finds: in the order of the file, what belongs to orders last."""
    roots = [purpose for purpose in organization.purposes.values() if len(purpose.lineage) == 1]
    roots.sort(key=lambda one: (one.kind == "service", one.place))
    return tuple(_sheet(organization, person, purpose=root, instants=instants) for root in roots)


def row(organization: Organization, person: Person, *, purpose: Purpose, channel: str, instants: Instants) -> Row:
    """Return one way as its customer finds it."""
    wanted = way(organization, purpose.key, channel=channel)
    found = basis(person, wanted, instants=instants)
    stands, point = found.standing, found.point
    notice = current(organization, purpose, at=instants.instant)
    asks = notice is not None and begins(wanted, found, instants=instants)
    proves = notice is not None and is_proved(wanted, found, instants=instants)
    can, on, why = _told(wanted, found, is_asked=notice is not None, asks=asks, proves=proves)
    stopped = min(_stops(point), key=lambda one: one.at, default=None) if why == "suppressed" else None
    return Row(
        purpose=purpose.key,
        channel=channel,
        can=can,
        on=on,
        why=why,
        since=stands.since if stopped is None else stopped.at,
        until=stands.until,
        fact=None if stands.rests_on is None else stands.rests_on.id,
        cited=None if stands.grant is None else stands.grant.notice,
        point=None if point is None else point.id,
        reaches=organization.channels[channel].reaches if channel in organization.channels else None,
        asks=asks,
        proves=proves,
    )


def _sheet(organization: Organization, person: Person, *, purpose: Purpose, instants: Instants) -> Sheet:
    inner = [one for one in organization.purposes.values() if one.lineage[1:2] == (purpose.key,)]
    inner.sort(key=lambda one: one.place)
    asks = current(organization, purpose, at=instants.instant)
    rows = [
        row(organization, person, purpose=purpose, channel=channel, instants=instants)
        for channel in purpose.channels or _without(purpose, asks=asks is not None, has_inner=bool(inner))
    ]
    return Sheet(
        purpose=purpose,
        notice=asks,
        rows=tuple(one for one in rows if one.can != "fixed" or one.on),
        within=tuple(_sheet(organization, person, purpose=one, instants=instants) for one in inner),
    )


def _without(purpose: Purpose, *, asks: bool, has_inner: bool) -> tuple[str, ...]:
    """Return the way of a purpose without channels: what only holds others together has none."""
    return (EVERY,) if asks or (purpose.basis == "legitimate_interest" and not has_inner) else ()


def _told(wanted: Way, found: Basis, *, is_asked: bool, asks: bool, proves: bool) -> tuple[Can, bool, Why]:
    purpose = wanted.purpose
    if (fixed := _FIXED.get(purpose.basis)) is not None:
        return "fixed", bool(found.flat["reachable"]), fixed
    state = found.standing.state
    said = _said(found)
    interest = purpose.basis == "legitimate_interest" and state != "objected"
    allowed = interest or state == "granted"
    double, waits = is_declared(wanted), asks and said == "double_opt_in"
    hindered = None if waits else _hindered(found, double=double and not allowed)
    if hindered is not None:
        lifts = proves or (asks and hindered == "suppressed")
        return ("waiting" if allowed else "switch" if lifts else "nothing"), False, hindered
    if allowed:
        return "switch", True, "interest" if interest else _yes(found)
    return _off(said, is_asked=is_asked, unsent=double and not asks), False, said


def _off(said: Why, *, is_asked: bool, unsent: bool) -> Can:
    if said == "double_opt_in":
        return "waiting"
    if not is_asked:
        return "nothing"
    return "confirm" if unsent else "switch"


def _said(found: Basis) -> Why:
    stands = found.standing
    if stands.state == "pending":
        return "evidence" if stands.pending_for == "evidence" else "double_opt_in"
    if stands.rests_on is not None and (stands.rests_on.source, stands.rests_on.method) == ("link", "gpc"):
        return "signal"
    if stands.state == "expired" and stands.grant is not None and stands.grant.guardian:
        return "grown"
    return _STATES[stands.state]


def _yes(found: Basis) -> Why:
    stands, grant = found.standing, found.standing.grant
    if stands.implied and stands.rests_on is not None and stands.rests_on.dealing is not None:
        return _DEALS[read(stands.rests_on.dealing).what]
    return "guardian" if grant is not None and grant.guardian else "granted"


def _hindered(found: Basis, *, double: bool) -> Why | None:
    """Return what would refuse a yes as well; a message that is to be confirmed shows by itself whose an address is."""
    if not found.flat["reachable"]:
        return "unreachable"
    if found.flat["suppressed"]:
        return "suppressed"
    if is_too_young(found.flat):
        return "minor"
    return "unverified" if found.flat["unverified"] and not double else None


def _stops(point: Point | None) -> tuple[Suppression, ...]:
    return () if point is None else point.suppressions
