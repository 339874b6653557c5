"""Confirming: what a link still asks, in which words, and whether it was overtaken.

A yes by a link cites words that were shown beside the button, and none that a later version of the notice broke with.
Any no said after the asking overtakes it: then it is as if there had never been a link.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from vault.base.errors import Conflict
from vault.domain.choices.asked import Asking, asking, current, seen
from vault.domain.decision.basis import Person
from vault.domain.fact import Fact
from vault.domain.joining.link import Confirmation
from vault.domain.leaving.stopping import way_of
from vault.domain.merging.merged import Facts
from vault.domain.organization import EVERY, Organization
from vault.domain.standing import Instants

_YESES = frozenset({"granted", "asked"})


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a page by a link asks. `before` are the words of the message, where they have changed too much since."""

    asking: Asking
    before: Asking | None = None


def shown(organization: Organization, said: Confirmation, *, language: str, instants: Instants) -> Shown | None:
    """Return what a link asks now; none where nothing asks for it any more."""
    purpose = organization.purposes.get(said.purpose)
    if purpose is None or said.channel not in (purpose.channels or (EVERY,)):
        return None
    first = seen(organization, purpose, version=said.notice, digest=said.words)
    now = current(organization, purpose, at=instants.instant)
    if first is None or now is None:
        return None
    rule = way_of(organization, purpose=purpose.key, channel=said.channel)
    if any(new.version > said.notice and new.published <= instants.instant for new in rule.breaks):
        return Shown(asking=asking(organization, now, language=language), before=first)
    return Shown(asking=asking(organization, first.notice, language=language))


def cited(
    organization: Organization, said: Confirmation, *, notice: int, words: str, instants: Instants
) -> Asking | None:
    """Return the words a yes cites; none where nothing asks any more, `Conflict` unless they are those to be shown."""
    asks = shown(organization, said, language="", instants=instants)
    if asks is None:
        return None
    found = seen(organization, organization.purpose(said.purpose), version=notice, digest=words)
    if found is None or found.notice.version != asks.asking.notice.version:
        raise Conflict("words_changed", "the words have changed since they were shown: read the new ones first")
    return found


def is_live(organization: Organization, said: Confirmation, *, person: Person | None) -> bool:
    """Whether there is still somebody to say yes, at that contact point, who said no to it nowhere since."""
    if person is None or person.subject != said.subject or all(point.id != said.point for point in person.points):
        return False
    return not noes(organization, said, facts=person.facts)


def noes(organization: Organization, said: Confirmation, *, facts: Iterable[Fact]) -> list[Fact]:
    """Return the noes that overtook a link: said after it was asked for, about what it asks or all of it (law 3)."""
    lineage = way_of(organization, purpose=said.purpose, channel=said.channel).lineage
    return [
        fact
        for fact in facts
        if fact.kind not in _YESES
        and fact.purpose in lineage
        and fact.channel in {said.channel, EVERY}
        and fact.at >= said.asked_at
    ]


def standing_no(organization: Organization, said: Confirmation, *, facts: Facts) -> Fact | None:
    """Return the no that says already what a no by a link would; none where it was said yes to, or asked, since."""
    last = max(noes(organization, said, facts=facts), key=lambda fact: fact.at, default=None)
    if last is None or any(
        fact.kind in _YESES and (fact.purpose, fact.channel) == (said.purpose, said.channel) and fact.at > last.at
        for fact in facts
    ):
        return None
    return last
