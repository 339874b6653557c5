"""Undoing a stop of everything: which yeses it ended that nobody has spoken of since, each as it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from vault.base.ids import FactId, Subject
from vault.domain.fact import Fact
from vault.domain.leaving.link import Link
from vault.domain.leaving.stopping import Offer, offer
from vault.domain.merging.merged import Facts
from vault.domain.organization import EVERY, Notice, Organization, Purpose, Words
from vault.domain.standing import Instants, rule, standing

LASTS: Final = timedelta(days=1)
_STEP: Final = timedelta(microseconds=1)


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """A yes that may be said again: for what, and in which words."""

    purpose: Purpose
    channel: str
    offer: Offer
    words: Words


def at_once(facts: Sequence[Fact], first: FactId) -> list[Fact]:
    """Return the noes that one press wrote, beginning with this one: each an instant after the one before."""
    noes = sorted((one for one in facts if _is_stop(one)), key=lambda one: one.at)
    start = next((place for place, one in enumerate(noes) if one.id == first), len(noes))
    found: list[Fact] = []
    for one in noes[start:]:
        if found and one.at - found[-1].at != _STEP:
            break
        found.append(one)
    return found


def backs(organization: Organization, facts: Facts, *, own: Sequence[Fact], first: FactId, now: datetime) -> list[Back]:
    """Return what may be taken back of a stop, for a day. `facts` are all that a decision reads, `own` those in full.

    A yes to words that no longer count is not brought back: it would be none.
    """
    noes = {one.id: one for one in at_once(own, first)}
    if not noes or now >= (began := noes[first].at) + LASTS:
        return []
    found: list[Back] = []
    full = {one.id: one for one in own}
    for purpose, channel in organization.ways():
        way = rule(organization, purpose, channel=channel)
        after = standing(facts, way, instants=Instants(now=now))
        before = standing(facts, way, instants=Instants(now=now, at=began - _STEP))
        if after.rests_on is None or after.rests_on.id not in noes or before.rests_on is None:
            continue
        before = msgspec.structs.replace(before, rests_on=full.get(before.rests_on.id, before.rests_on))
        made = offer(organization, before=before, after=after, link=_named(purpose, channel, at=now), locale="")
        if made is not None and _counts(made[1], organization.notices[purpose.notice or ""], now=now):
            found.append(Back(purpose=purpose, channel=channel, offer=made[0], words=made[1].texts[made[0].locale]))
    return found


def _is_stop(one: Fact) -> bool:
    return (one.source, one.method, one.channel) == ("person", "portal", EVERY) and one.kind in {
        "withdrawn",
        "objected",
    }


def _counts(cited: Notice, notices: Sequence[Notice], *, now: datetime) -> bool:
    return not any(one.version > cited.version and one.published <= now and not one.compatible for one in notices)


def _named(purpose: Purpose, channel: str, *, at: datetime) -> Link:
    return Link(about="person", subject=Subject(""), purpose=purpose.key, channel=channel, sent_at=at)
