"""Merged: what was said under several subjects that are one person, each still by itself (law 13).

A merge moves no fact: whatever is kept under a subject stays its own, and counts again for it alone once the merge is
taken back. Pure: who was merged with whom, and when, is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

import msgspec

from vault.base.ids import FactId, Subject
from vault.domain.entry import stamp
from vault.domain.fact import Fact


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One subject: what was said under it, and what was said about the contact points that are its own."""

    subject: Subject
    facts: tuple[Fact, ...]
    country: str | None = None


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """One merge that stands: whom it made one, and since when. Which of the two stays makes no difference."""

    kept: Subject
    joined: Subject
    at: datetime


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of one person. Looked through it yields every fact once, whosever it is; `own` is who is asked about.

    The joins hold the parts together: without any one of them there are two.
    """

    own: Subject
    parts: tuple[Part, ...]
    joins: tuple[Join, ...]

    def __iter__(self) -> Iterator[Fact]:
        """Yield what was said under any of them; what is about a contact point that several have, once."""
        return iter({fact.id: fact for part in self.parts for fact in part.facts}.values())

    @property
    def mine(self) -> tuple[Fact, ...]:
        """What was said under the subject that is asked about."""
        return next(part.facts for part in self.parts if part.subject == self.own)

    def only(self, test: Callable[[Fact], bool]) -> Merged:
        """Return the same person with fewer facts."""
        parts = tuple(
            msgspec.structs.replace(part, facts=tuple(fact for fact in part.facts if test(fact))) for part in self.parts
        )
        return msgspec.structs.replace(self, parts=parts)

    def known_by(self, instant: datetime) -> Merged:
        """Return who was one person with `own`, as far as it was known by an instant."""
        return self._around(self.own, [join for join in self.joins if join.at <= instant])

    def last(self) -> Join | None:
        """Return the latest merge; none for a single subject."""
        return max(self.joins, key=lambda join: (join.at, join.joined, join.kept), default=None)

    def without(self, join: Join) -> tuple[Merged, Merged]:
        """Return the two that a merge made one."""
        left = [one for one in self.joins if one != join]
        return self._around(join.kept, left), self._around(join.joined, left)

    def _around(self, own: Subject, joins: list[Join]) -> Merged:
        found, before = {own}, 0
        while len(found) > before:
            before = len(found)
            found |= {end for join in joins if not found.isdisjoint({join.kept, join.joined})
                      for end in (join.kept, join.joined)}  # fmt: skip
        return Merged(
            own=own,
            parts=tuple(part for part in self.parts if part.subject in found),
            joins=tuple(join for join in joins if join.kept in found),
        )


def spelled(facts: Facts) -> tuple[list[str], list[str]] | None:
    """Return the parts of whoever was merged by the ids of their facts, and the joins by the places of parts.

    None for whoever was merged with nobody.
    """
    if not isinstance(facts, Merged):
        return None
    places = {part.subject: place for place, part in enumerate(facts.parts)}
    parts = [" ".join(fact.id for fact in part.facts) for part in facts.parts]
    return parts, [f"{places[join.kept]} {places[join.joined]} {stamp(join.at)}" for join in facts.joins]


def read(facts: Collection[Fact], *, parts: Sequence[str], joins: Sequence[str], country: str | None) -> Merged:
    """Return what was spelled, made of facts that were found again."""
    known = {fact.id: fact for fact in facts}
    told = [join.split(" ") for join in joins]
    return Merged(
        own=Subject("0"),
        parts=tuple(
            Part(
                subject=Subject(str(place)),
                facts=tuple(known[FactId(one)] for one in part.split() if one in known),
                country=country,
            )
            for place, part in enumerate(parts)
        ),
        joins=tuple(
            Join(kept=Subject(kept), joined=Subject(joined), at=datetime.fromisoformat(at)) for kept, joined, at in told
        ),
    )


Facts = Sequence[Fact] | Merged
"""What was said by one person, under one subject or under several."""


def only(facts: Facts, test: Callable[[Fact], bool]) -> Facts:
    """Return fewer facts of the same person."""
    return facts.only(test) if isinstance(facts, Merged) else tuple([fact for fact in facts if test(fact)])
