"""Stopping: which noes a press on a link becomes. Nothing for what is stopped already, so a press repeats harmlessly.

What rests on consent is withdrawn, what rests on an interest is objected to; what belongs to an order or to the law is
not stopped by "everything". What a link names is stopped whatever it rests on by now: a no is never refused (law 12).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from vault.base.ids import FactId
from vault.domain.consent import Said
from vault.domain.fact import FactKind
from vault.domain.leaving.link import Link
from vault.domain.merging.merged import Facts, Merged
from vault.domain.organization import EVERY, Basis, Notice, Organization, Purpose
from vault.domain.standing import Instants, Rule, Standing, rule, standing

Scope = Literal["this", "all"]

_KINDS: Final[dict[Basis, FactKind]] = {"consent": "withdrawn", "legitimate_interest": "objected"}
_NOES: Final[dict[FactKind, frozenset[str]]] = {
    "withdrawn": frozenset({"refused", "withdrawn", "objected"}),
    "objected": frozenset({"objected"}),
}
STOPPABLE: Final = frozenset(_KINDS)
"""What a message may rest on for its reader to stop it."""


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """A no that is still to be said."""

    kind: FactKind
    purpose: str
    channel: str

    def covers(self, other: Stop, *, lineage: Sequence[str]) -> bool:
        """Whether this one says the other as well; `lineage` is that of the other's purpose."""
        same = self.kind in {other.kind, "objected"}
        return same and self.purpose in lineage and self.channel in {other.channel, EVERY}


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A yes that may be said again because it stood just before: the same as before, and no longer.

    `stopped_by` is the fact that ended it: once anything was said after it, nothing is offered any more.
    """

    stopped_by: FactId
    notice: int
    locale: str
    contact_point: str | None
    until: datetime | None


def stops(organization: Organization, facts: Facts, *, link: Link, scope: Scope, instants: Instants) -> list[Stop]:
    """Return what is to be said so that all is stopped that was to be. `facts` are the subject's own."""
    return _left(organization, facts, wanted=_wanted(organization, link=link, scope=scope), instants=instants)


def everything(organization: Organization, facts: Facts, *, instants: Instants) -> list[Stop]:
    """Return what is to be said so that nothing comes but what belongs to orders or to the law."""
    return _left(organization, facts, wanted=_everything(organization, channel=EVERY), instants=instants)


def objections(organization: Organization, facts: Facts, *, instants: Instants) -> list[Stop]:
    """Return what is to be said so that nothing is done for adverts, for guesses, or for an interest of others."""
    wanted = [
        Stop(kind="objected", purpose=stop.purpose, channel=EVERY)
        for stop in _everything(organization, channel=EVERY)
        if _is_objected(organization.purposes[stop.purpose])
    ]
    return _left(organization, facts, wanted=wanted, instants=instants)


def on_channels(organization: Organization, facts: Facts, *, channels: Sequence[str], instants: Instants) -> list[Stop]:
    """Return what is to be said so that nothing comes over these channels that a person may stop."""
    wanted = [stop for channel in channels for stop in _everything(organization, channel=channel)]
    return _left(organization, facts, wanted=wanted, instants=instants)


def _left(organization: Organization, facts: Facts, *, wanted: Iterable[Stop], instants: Instants) -> list[Stop]:
    found: list[Stop] = []
    for stop in wanted:
        lineage = _lineage(organization, stop.purpose)
        if any(earlier.covers(stop, lineage=lineage) for earlier in found):
            continue
        ways = _below(organization, stop)
        if not all(_is_stopped(facts, one, kind=stop.kind, instants=instants) for one in ways):
            found.append(stop)
    return found


def way_of(organization: Organization, *, purpose: str, channel: str) -> Rule:
    """Return the rule of a link's purpose and channel; the file may have come to declare neither."""
    if (declared := organization.purposes.get(purpose)) is not None:
        return rule(organization, declared, channel=channel)
    return Rule(lineage=(purpose,), channel=channel, used=False)


def offer(
    organization: Organization, *, before: Standing, after: Standing, link: Link, locale: str
) -> tuple[Offer, Notice] | None:
    """Return what may be taken back, and the notice it cites: a yes that became a withdrawal, never an objection.

    Nor is an imported yes: who presses a link might be anybody, and would make a person's word of it. It cites the
    words that the yes cited; where it cited none, the newest that there are, in `locale`.
    """
    yes, no = before.grant, after.rests_on
    purpose = organization.purposes.get(link.purpose)
    if before.state != "granted" or yes is None or no is None or no.kind != "withdrawn" or purpose is None:
        return None
    if yes.source == "import":
        return None
    published = [one for one in organization.notices.get(purpose.notice or "", ()) if one.published <= no.at]
    cited = [one for one in published if one.version == yes.notice and yes.locale in one.texts]
    if not published:
        return None
    notice = (cited or published)[-1]
    spoken = yes.locale if cited and yes.locale is not None else _spoken(notice, locale, organization.locale)
    made = Offer(
        stopped_by=no.id, notice=notice.version, locale=spoken, contact_point=yes.contact_point, until=before.until
    )
    return made, notice


def said(stop: Stop, *, one_click: bool) -> Said:
    """Return a stop as it is said by a link."""
    return Said(
        kind=stop.kind,
        purpose=stop.purpose,
        channel=stop.channel,
        source="link",
        method="one_click" if one_click else "form",
    )


def _wanted(organization: Organization, *, link: Link, scope: Scope) -> Iterator[Stop]:
    named = organization.purposes.get(link.purpose)
    if link.about == "point":
        channels = [one.key for one in organization.channels.values() if one.reaches == link.channel]
        for channel in channels:
            yield from _everything(organization, channel=channel)
        return
    if scope == "all":
        yield from _everything(organization, channel=EVERY)
    kind = _KINDS.get(named.basis, "withdrawn") if named is not None else "withdrawn"
    yield Stop(kind=kind, purpose=link.purpose, channel=link.channel)


def _everything(organization: Organization, *, channel: str) -> Iterator[Stop]:
    using = {key for purpose, way in organization.ways() if channel in {way, EVERY} for key in purpose.lineage}
    for purpose in sorted(organization.purposes.values(), key=lambda one: len(one.lineage)):  # what is above says more
        if (kind := _KINDS.get(purpose.basis)) is not None and purpose.key in using:
            yield Stop(kind=kind, purpose=purpose.key, channel=channel)


def _is_objected(purpose: Purpose) -> bool:
    """GDPR Art. 21(1) and (2): what rests on an interest, and adverts and profiling whatever they rest on."""
    return purpose.basis == "legitimate_interest" or purpose.kind in {"offer", "profiling"}


def _below(organization: Organization, stop: Stop) -> Iterator[Rule]:
    """Yield every way that a no covers (law 3): its own, and those of the purposes below."""
    yield way_of(organization, purpose=stop.purpose, channel=stop.channel)
    for purpose, channel in organization.ways():
        if stop.purpose in purpose.lineage and stop.channel in {channel, EVERY}:
            yield rule(organization, purpose, channel=channel)


def _is_stopped(facts: Facts, way: Rule, *, kind: FactKind, instants: Instants) -> bool:
    """Whether there is a no already; of who was merged, whoever says it has one of their own, should they be parted."""
    each: tuple[Facts, ...] = (facts, facts.mine) if isinstance(facts, Merged) else (facts,)
    return all(standing(one, way, instants=instants).state in _NOES[kind] for one in each)


def _lineage(organization: Organization, purpose: str) -> tuple[str, ...]:
    declared = organization.purposes.get(purpose)
    return (purpose,) if declared is None else declared.lineage


def _spoken(notice: Notice, *wished: str) -> str:
    return next((one for one in wished if one in notice.texts), next(iter(notice.texts)))
