"""What a receipt tells, before it is put into a format: what was said, when, on which words, and what came of it.

A receipt is of one thing that somebody said about what rests on their consent. A claim that nobody could show and a yes
that nobody confirmed have none: a signed paper would make more of them than they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from vault.base.ids import CustomerId, ReceiptId
from vault.domain.fact import Fact, FactKind
from vault.domain.organization import EVERY, Notice, Organization, Purpose, Words
from vault.domain.record.worth import Why, Worth

State = Literal[
    "requested", "unknown", "given", "renewed", "refused", "withdrawn", "objected", "expired", "invalidated"
]

_NOES: Final[dict[FactKind, State]] = {"refused": "refused", "withdrawn": "withdrawn", "objected": "objected"}
_ENDED: Final[dict[Why, State]] = {"expired": "expired", "outdated": "invalidated"}
_YESES: Final = frozenset[State]({"given", "renewed"})


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A fact, what it is worth today, and the notice and words shown then, as far as they are known."""

    fact: Fact
    worth: Worth
    notice: Notice | None = None
    words: Words | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the consent. `said` is none where nobody spoke: it ran out, or its words changed.

    `until` is the end it had from the beginning.
    """

    state: State
    at: datetime
    until: datetime | None = None
    said: Said | None = None


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """A purpose that a fact is about, over which channels, and the notice that tells of it."""

    purpose: Purpose
    channels: tuple[str, ...]
    notice: Notice | None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt: of `said`, made at `created`. `site` is where the customer finds the portal, with a `/` at its end."""

    id: ReceiptId
    created: datetime
    customer: CustomerId
    site: str
    organization: Organization
    said: Said
    covered: tuple[Covered, ...]
    events: tuple[Event, ...]

    @property
    def fact(self) -> Fact:
        """What it is a receipt of."""
        return self.said.fact

    @property
    def locale(self) -> str:
        """The language of the words shown; else the organization's own."""
        return self.fact.locale or self.organization.locale


def has_receipt(fact: Fact, organization: Organization) -> bool:
    """Whether a fact is a yes or a no to something that rests on consent."""
    if fact.kind not in _NOES and (fact.kind == "asked" or _state(fact, organization) not in _YESES):
        return False
    return next(_ways(fact, organization), None) is not None


def covered(fact: Fact, organization: Organization) -> tuple[Covered, ...]:
    """Return what rests on consent and is touched: by a yes what it names, by a no all that stands below it.

    A purpose without a notice, which only holds others together, is left out where these are told of.
    """
    ways: dict[str, list[str]] = {}
    for purpose, channel in _ways(fact, organization):
        ways.setdefault(purpose.key, []).append(channel)
    found = tuple(
        Covered(
            purpose=organization.purposes[key],
            channels=tuple(channels),
            notice=_in_force(organization, organization.purposes[key], at=fact.at),
        )
        for key, channels in ways.items()
    )
    return tuple(one for one in found if one.notice is not None) or found


def events(said: Said, own: Sequence[Said], *, organization: Organization) -> tuple[Event, ...]:
    """Return all that was said about purpose and channel of `said`, and how it ended by itself, the oldest first."""
    fact, found, given = said.fact, list[Event](), False
    for one in sorted(own, key=lambda other: (other.fact.at, other.fact.recorded_at, other.fact.id)):
        if not _bears(one.fact, fact, organization=organization):
            continue
        state = _state(one.fact, organization)
        state = "renewed" if state == "given" and given else state
        given = state in _YESES
        found.append(Event(state=state, at=one.fact.at, until=_until(one.fact, organization), said=one))
        ended, at = _ENDED.get(one.worth.why), one.worth.at
        if state in _YESES and ended is not None and at is not None:
            found.append(Event(state=ended, at=at))
    return tuple(sorted(found, key=lambda event: event.at))


def _ways(fact: Fact, organization: Organization) -> Iterator[tuple[Purpose, str]]:
    for purpose, channel in organization.ways():
        named = (fact.purpose, fact.channel) == (purpose.key, channel)
        below = fact.kind in _NOES and fact.purpose in purpose.lineage and fact.channel in {channel, EVERY}
        if purpose.basis == "consent" and (named or below):
            yield purpose, channel


def _bears(one: Fact, fact: Fact, *, organization: Organization) -> bool:
    if (one.purpose, one.channel) == (fact.purpose, fact.channel):
        return True
    purpose = organization.purposes.get(fact.purpose)
    above = purpose is not None and one.purpose in purpose.lineage and one.channel in {fact.channel, EVERY}
    return above and one.kind in _NOES


def _state(fact: Fact, organization: Organization) -> State:
    if fact.kind in _NOES:
        return _NOES[fact.kind]
    if fact.kind == "asked":
        return "requested"
    if not fact.in_person and not fact.proven:
        return "unknown"
    purpose = organization.purposes.get(fact.purpose)
    waits = purpose is not None and fact.channel in purpose.double_opt_in
    return "requested" if waits and not fact.in_person and fact.source != "import" else "given"


def _until(fact: Fact, organization: Organization) -> datetime | None:
    """Return the end that a yes had when it was given."""
    purpose = organization.purposes.get(fact.purpose)
    if fact.kind != "granted":
        return None
    ends = [fact.until, None if purpose is None or purpose.lasts is None else purpose.lasts.after(fact.at)]
    return min((end for end in ends if end is not None), default=None)


def _in_force(organization: Organization, purpose: Purpose, *, at: datetime) -> Notice | None:
    """Return the notice that was the newest at an instant; before the first, the first."""
    versions = sorted(organization.notices.get(purpose.notice or "", ()), key=lambda one: one.version)
    published = [one for one in versions if one.published <= at]
    return published[-1] if published else next(iter(versions), None)
