"""What each yes and no is worth today: whether it still counts, and if not, why not.

The fold alone knows what facts add up to; here its answer is read from the side of one fact. What somebody else said
about a shared contact point is told as a stop, never as theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from vault.base.ids import FactId
from vault.domain.fact import Fact, FactKind
from vault.domain.merging.merged import Facts, Merged
from vault.domain.organization import EVERY, Organization
from vault.domain.standing import Instants, Rule, Standing, rule, standing

Why = Literal[
    "counts", "again", "no_since", "yes_since", "stopped", "expired", "outdated", "evidence_missing", "unconfirmed",
    "unused", "dealing", "undone", "merged",
]  # fmt: skip

_YESES: Final = frozenset[FactKind]({"granted", "asked"})


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a fact counts, or why it does not. `at`: when what took its place was said, or when it ended.

    Of what an import brought it may be when that was undone; of whoever was merged, when that was.
    """

    why: Why
    at: datetime | None = None


def worth(fact: Fact, own: Facts, *, shared: Sequence[Fact], organization: Organization, now: datetime) -> Worth:
    """Return what `fact` is worth. `own` are all that this person said, `shared` what was said of their addresses.

    Of whoever was merged, `own` are all the facts that a decision reads, the `shared` among them.
    """
    if fact.kind == "dealing":
        return Worth(why="dealing")
    if fact.kind == "granted" and not fact.proven and not fact.in_person:
        return Worth(why="evidence_missing")
    theirs = {one.id for one in own} - {one.id for one in shared}
    ways = _covered(fact, organization)
    if isinstance(own, Merged):
        found = [_of_merged(fact, own, way=one, theirs=theirs, now=now) for one in ways]
    else:
        facts = (*own, *shared)
        found = [_worth(fact, standing(facts, one, instants=Instants(now=now)), way=one, theirs=theirs) for one in ways]
    return next((one for one in found if one.why == "counts"), found[0] if found else Worth(why="unused"))


def _of_merged(fact: Fact, merged: Merged, *, way: Rule, theirs: set[FactId], now: datetime) -> Worth:
    """Return what a fact is worth for whoever said it by themselves, unless the merge has made it stricter since."""
    instants = Instants(now=now)
    together, last = standing(merged, way, instants=instants), merged.last()
    part = next((one.facts for one in merged.parts if any(other.id == fact.id for other in one.facts)), ())
    alone, rests = standing(part, way, instants=instants), together.rests_on
    if last is not None and rests is not None and rests.at > last.at:
        return _worth(fact, together, way=way, theirs=theirs)  # they have spoken since
    found = _worth(fact, alone, way=way, theirs=theirs)
    if last is not None and found.why == "counts" and together.state != alone.state:
        return Worth(why="merged", at=last.at)
    return found


def _covered(fact: Fact, organization: Organization) -> Iterator[Rule]:
    for purpose, channel in organization.ways():
        named = fact.purpose == purpose.key and fact.channel == channel
        covers = fact.purpose in purpose.lineage and fact.channel in {channel, EVERY}
        if named or (covers and fact.kind not in _YESES):
            yield rule(organization, purpose, channel=channel)


def _worth(fact: Fact, found: Standing, *, way: Rule, theirs: set[FactId]) -> Worth:
    rests = found.rests_on
    if rests is not None and rests.id != fact.id:
        return _replaced(fact, rests, theirs=theirs)
    match found.state:
        case "expired":
            return Worth(why="expired", at=found.until)
        case "outdated":
            return Worth(why="outdated", at=_changed(fact, way))
        case "pending" | "never_asked":
            return Worth(why="unconfirmed")
        case _:
            return Worth(why="counts")


def _replaced(fact: Fact, rests: Fact, *, theirs: set[FactId]) -> Worth:
    if rests.id not in theirs:
        return Worth(why="stopped", at=rests.at)
    if rests.kind == "asked":
        return Worth(why="unconfirmed")
    if (rests.kind in _YESES) == (fact.kind in _YESES):
        return Worth(why="again", at=rests.at)
    return Worth(why="yes_since" if rests.kind in _YESES else "no_since", at=rests.at)


def _changed(fact: Fact, way: Rule) -> datetime | None:
    newer = [one.published for one in way.breaks if one.version > (fact.notice or 0)]
    return min(newer, default=None)
