"""The fold: what facts add up to for one purpose and channel. The only place that knows.

The order in which facts arrive never matters, and without a word there is no yes. The fold says what was said; what the
legal basis makes of it is the decision's matter. No clock and no store may enter: time is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, Literal, assert_never

import msgspec

from vault.base.duration import Duration
from vault.base.ids import ContactPointId
from vault.domain.fact import Fact, FactKind
from vault.domain.merging.merged import Merged
from vault.domain.organization import EVERY, Organization, Purpose
from vault.domain.timing.implied import Implied, Law, read

State = Literal["never_asked", "pending", "granted", "refused", "withdrawn", "objected", "expired", "outdated"]
Awaited = Literal["double_opt_in", "evidence"]

_NOES: Final[dict[FactKind, State]] = {"refused": "refused", "withdrawn": "withdrawn", "objected": "objected"}
_STRICTNESS: Final[dict[FactKind, int]] = {"refused": 0, "withdrawn": 1, "objected": 2}
_LEAST_FIRST: Final[dict[State, int]] = {"expired": 0, "outdated": 1, "granted": 2}
_STRICTEST_FIRST: Final[tuple[State, ...]] = (
    "objected", "withdrawn", "refused", "never_asked", "pending", "expired", "outdated", "granted",
)  # fmt: skip
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """A notice version that older grants do not survive, from its publication on."""

    version: int
    published: datetime


class Rule(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What the fold must know of one purpose and channel. `lineage` is the purpose, then its parents up to the root.

    `used` is false where the purpose does not use the channel: then no grant counts. `implied` are the laws by which a
    dealing may stand for a yes, for somebody whose `country` they name.
    """

    lineage: tuple[str, ...]
    channel: str
    used: bool = True
    double_opt_in: bool = False
    lasts: Duration | None = None
    breaks: tuple[Break, ...] = ()
    implied: tuple[Implied, ...] = ()
    country: str = ""

    @cached_property
    def newest(self) -> int:
        """The latest version that older grants do not survive."""
        return max([new.version for new in self.breaks], default=0)

    @cached_property
    def purposes(self) -> tuple[str, ...]:
        """The purposes whose facts bear on it; dealings are of every."""
        return (*self.lineage, EVERY) if self.implied else self.lineage

    def within(self, country: str | None) -> Rule:
        """Return the rule for somebody of a country; where no law implies anything, it is the same."""
        return msgspec.structs.replace(self, country=country) if self.implied and country else self


class Instants(msgspec.Struct, frozen=True, kw_only=True):
    """When the question is put; `at` when it is about the past, `known_at` when about what was known by then."""

    now: datetime
    at: datetime | None = None
    known_at: datetime | None = None

    @property
    def instant(self) -> datetime:
        """The instant the answer is about."""
        return self.now if self.at is None else self.at


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What was said, added up. `rests_on` is the one fact that made it so, `until` the end of its grant.

    `guardian`: somebody who may speak for a child allows it, and nobody said no since. `implied` is the law by which it
    rests on a dealing, and not on a yes.
    """

    state: State
    rests_on: Fact | None = None
    until: datetime | None = None
    pending_for: Awaited | None = None
    guardian: bool = False
    implied: Law | Literal[""] = ""

    @property
    def grant(self) -> Fact | None:
        """The grant behind `granted`, `expired` and `outdated`; a dealing is none."""
        return self.rests_on if self.state in _LEAST_FIRST and not self.implied else None

    @property
    def since(self) -> datetime | None:
        """When what it rests on was said."""
        return None if self.rests_on is None else self.rests_on.at


_SILENCE: Final = Standing(state="never_asked")


def rule(organization: Organization, purpose: Purpose, *, channel: str) -> Rule:
    """Return what the organization declares for this purpose and channel."""
    notices = organization.notices.get(purpose.notice or "", ())
    return Rule(
        lineage=purpose.lineage,
        channel=channel,
        used=channel in (purpose.channels or (EVERY,)),
        double_opt_in=channel in purpose.double_opt_in,
        lasts=purpose.lasts,
        breaks=tuple(
            Break(version=notice.version, published=notice.published) for notice in notices if not notice.compatible
        ),
        implied=tuple(law for law in purpose.implied if channel in law.channels),
    )


def standing(
    facts: Iterable[Fact],
    rule: Rule,
    *,
    instants: Instants,
    contact_point: ContactPointId | None = None,
    minor: bool = True,
) -> Standing:
    """Return what the facts of one customer add up to; of one that was merged, by law 13.

    Without `at` every fact counts, whatever its date. A grant that names another contact point than the question does
    not count; a no always does. Where somebody is not `minor` at the instant, no guardian speaks for them any more.
    """
    if isinstance(facts, Merged):
        whole = facts if instants.known_at is None else facts.known_by(instants.known_at)
        return _whole(whole, rule, instants=instants, contact_point=contact_point, minor=minor)
    heard = _heard(facts, instants)
    if rule.implied:
        heard = list(heard)  # looked at twice
    noes, yeses = _bearing(heard, rule, contact_point=contact_point)
    found = _added(noes, yeses, rule=rule, instant=instants.instant, minor=minor)
    if rule.implied and found.state != "granted" and found.state not in _NOES:
        found = _implied(heard, rule, instant=instants.instant) or found
    if not minor or found.state in _NOES or not _guardian_speaks(yeses, noes, rule=rule, instant=instants.instant):
        return found
    return msgspec.structs.replace(found, guardian=True)


def _added(noes: Sequence[Fact], yeses: Sequence[Fact], *, rule: Rule, instant: datetime, minor: bool) -> Standing:
    said, imported, unproven, asked = _weighed(yeses, rule)
    if noes and (no := _last_no(noes, said)) is not None:
        return Standing(state=_NOES[no.kind], rests_on=no)
    if grants := said or imported:
        found = _last_grant(grants, rule, instant=instant, minor=minor)
        return found if found.state == "granted" else _asked_again(found, asked)
    if unproven:
        return Standing(state="pending", rests_on=max(unproven, key=_latest_last), pending_for="evidence")
    return _asked_again(_SILENCE, asked)


def _whole(
    merged: Merged, rule: Rule, *, instants: Instants, contact_point: ContactPointId | None, minor: bool
) -> Standing:
    """Law 13: the strictest of those a merge made one, until the person in person says something later than it.

    From then on everything counts as if one had said it. Silence is stricter than a yes, so that the yes of one never
    opens the way to an address of the other.
    """
    if (last := merged.last()) is None:
        [part] = merged.parts
        own = msgspec.structs.replace(rule, country=part.country or "") if rule.implied else rule
        return standing(part.facts, own, instants=instants, contact_point=contact_point, minor=minor)
    together = tuple(merged)
    noes, yeses = _bearing(_heard(together, instants), rule, contact_point=contact_point)
    if any(word.kind != "asked" and word.in_person and word.at > last.at for word in (*noes, *yeses)):
        return standing(together, rule, instants=instants, contact_point=contact_point, minor=minor)
    both = [
        _whole(half, rule, instants=instants, contact_point=contact_point, minor=minor) for half in merged.without(last)
    ]
    found = min(both, key=_strictest_first)
    return msgspec.structs.replace(found, guardian=all(one.guardian for one in both))


def _implied(facts: Iterable[Fact], rule: Rule, *, instant: datetime) -> Standing | None:
    """Law 8: return what a dealing implies, up to the latest end any of them gives; it leaves nothing behind."""
    laws = [law for law in rule.implied if rule.country in law.countries and rule.channel in law.channels]
    found = [
        Standing(state="granted", rests_on=fact, until=until, implied=law.rule)
        for fact in facts
        if fact.kind == "dealing" and fact.dealing is not None
        for law in laws
        if (until := law.ends(read(fact.dealing), fact.at)) is not None and fact.at <= instant < until
    ]
    return max(found, key=_longest_last, default=None)


def _heard(facts: Iterable[Fact], instants: Instants) -> Iterable[Fact]:
    """Law 11: leave out what was said after `at`, or learnt after `known_at`."""
    at, known_at = instants.at, instants.known_at
    if at is not None:
        facts = [fact for fact in facts if fact.at <= at]
    if known_at is not None:
        facts = [fact for fact in facts if fact.recorded_at <= known_at]
    return facts


def _bearing(
    facts: Iterable[Fact], rule: Rule, *, contact_point: ContactPointId | None
) -> tuple[Sequence[Fact], Sequence[Fact]]:
    """Law 3: return the noes that cover this purpose and channel, and the grants and askings that name exactly them."""
    noes: list[Fact] = []
    yeses: list[Fact] = []
    lineage, channel = rule.lineage, rule.channel
    for fact in facts:
        match fact.kind:
            case "granted" | "asked":
                named = rule.used and fact.purpose == lineage[0] and fact.channel == channel
                if named and (contact_point is None or fact.contact_point in {None, contact_point}):
                    yeses.append(fact)
            case "withdrawn" | "refused" | "objected":
                if fact.purpose in lineage and fact.channel in {channel, EVERY}:
                    noes.append(fact)
            case "dealing":
                pass  # no statement
            case _:
                assert_never(fact.kind)
    return noes, yeses


def _weighed(yeses: Sequence[Fact], rule: Rule) -> tuple[list[Fact], list[Fact], list[Fact], list[Fact]]:
    """Laws 5, 6 and 8: return the grants that are statements, the imported, the unproven, and what only asks."""
    said: list[Fact] = []
    imported: list[Fact] = []
    unproven: list[Fact] = []
    asked: list[Fact] = []
    for yes in yeses:
        if yes.kind == "asked":
            asked.append(yes)
        elif yes.in_person:
            said.append(yes)
        elif not yes.proven:
            unproven.append(yes)
        elif yes.source == "import":
            imported.append(yes)
        else:
            (asked if rule.double_opt_in else said).append(yes)
    return said, imported, unproven, asked


def _last_no(noes: Sequence[Fact], said: Sequence[Fact]) -> Fact | None:
    """Laws 2, 4 and 15: return the no that stands against these grants, if one does.

    A guardian's yes lifts a guardian's no alone.
    """
    no = _outweighing(noes, said)
    if no is None and any(grant.guardian for grant in said):
        no = _outweighing([no for no in noes if not no.guardian], [grant for grant in said if not grant.guardian])
    return no


def _outweighing(noes: Sequence[Fact], said: Sequence[Fact]) -> Fact | None:
    if not noes:
        return None
    lifted = max([grant.at for grant in said if grant.in_person], default=None)
    objections = [no for no in noes if no.kind == "objected" and (lifted is None or no.at >= lifted)]
    last = max(objections or noes, key=_strictest_last)
    if not objections and said and max([grant.at for grant in said]) > last.at:
        return None
    return last


def _guardian_speaks(yeses: Sequence[Fact], noes: Sequence[Fact], *, rule: Rule, instant: datetime) -> bool:
    """Law 15: whether the latest yes of a guardian is worth something, and nobody has said no since."""
    grants = [yes for yes in yeses if yes.guardian and yes.kind == "granted"]
    if not grants:
        return False
    found = _last_grant(grants, rule, instant=instant, minor=True)
    since = found.since
    return found.state == "granted" and since is not None and all(no.at < since for no in noes)


def _last_grant(grants: Sequence[Fact], rule: Rule, *, instant: datetime, minor: bool) -> Standing:
    """Laws 2 and 7: return what the latest grant is worth; of several at one instant the one worth least."""
    if len(grants) == 1:
        return _worth(grants[0], rule, instant=instant, minor=minor)
    at = max([grant.at for grant in grants])
    worths = [_worth(grant, rule, instant=instant, minor=minor) for grant in grants if grant.at == at]
    return min(worths, key=_least_first)


def _worth(grant: Fact, rule: Rule, *, instant: datetime, minor: bool) -> Standing:
    until = grant.until
    if rule.lasts is not None:
        until = min(rule.lasts.after(grant.at), until or _NEVER)
    state: State = "granted"
    if until is not None and instant >= until:
        state = "expired"
    elif grant.guardian and not minor:
        state, until = "expired", None
    elif rule.newest > (notice := grant.notice or 0) and any(
        new.version > notice and new.published <= instant for new in rule.breaks
    ):
        state = "outdated"
    return Standing(state=state, rests_on=grant, until=until)


def _asked_again(found: Standing, asked: Sequence[Fact]) -> Standing:
    """Law 8: an asking later than the grant that no longer counts waits for the yes."""
    since = found.since
    later = [ask for ask in asked if since is None or ask.at > since]
    if not later:
        return found
    return Standing(state="pending", rests_on=max(later, key=_latest_last), pending_for="double_opt_in")


def _latest_last(fact: Fact) -> tuple[datetime, datetime, str]:
    return fact.at, fact.recorded_at, fact.id


def _longest_last(found: Standing) -> tuple[datetime, datetime, str]:
    assert found.rests_on is not None  # noqa: S101 - for mypy: what is implied names its dealing
    return found.until or _NEVER, found.rests_on.at, found.rests_on.id


def _strictest_last(no: Fact) -> tuple[datetime, int, datetime, str]:
    return no.at, _STRICTNESS[no.kind], no.recorded_at, no.id


def _least_first(found: Standing) -> tuple[int, datetime, int, datetime, str]:
    grant = found.rests_on
    assert grant is not None  # noqa: S101 - for mypy: a grant's worth always names it
    return _LEAST_FIRST[found.state], found.until or _NEVER, grant.notice or 0, grant.recorded_at, grant.id


def _strictest_first(found: Standing) -> tuple[int, bool, datetime, datetime, str]:
    """Order by state; of yeses what a law implies before what somebody said, and what ends first."""
    rests = found.rests_on
    said = (_NEVER, "") if rests is None else (rests.at, rests.id)
    return _STRICTEST_FIRST.index(found.state), not found.implied, found.until or _NEVER, *said
