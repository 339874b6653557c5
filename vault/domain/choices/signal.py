"""The signal of a browser (Global Privacy Control): what it says no to, and where it does not fit an earlier yes.

It speaks for whoever sits before the browser, as a link does: it can say no, never yes. It is heeded once. What the
person chose knowing of it stands, however often it comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from vault.domain.consent import Said
from vault.domain.fact import Fact, FactKind
from vault.domain.merging.merged import Facts
from vault.domain.organization import Organization, Purpose
from vault.domain.standing import Instants, rule, standing

_STEP = timedelta(microseconds=1)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A yes that the signal does not fit. `honoured` is the no it led to; none while the yes still stands."""

    purpose: Purpose
    channel: str
    yes: Fact
    honoured: Fact | None


def noes(organization: Organization, facts: Facts, *, instants: Instants) -> list[Said]:
    """Return what the signal says: nothing where a no stands, nor where the person chose with it."""
    found: list[Said] = []
    for purpose, channel in _heeding(organization):
        stands = standing(facts, rule(organization, purpose, channel=channel), instants=instants)
        last = stands.rests_on
        if stands.state in {"refused", "withdrawn", "objected"} or (last is not None and last.method == "gpc"):
            continue
        interest = purpose.basis == "legitimate_interest"
        kind: FactKind = "objected" if interest else "withdrawn" if stands.state == "granted" else "refused"
        found.append(Said(kind=kind, purpose=purpose.key, channel=channel, source="link", method="gpc"))
    return found


def conflicts(organization: Organization, facts: Facts, *, instants: Instants) -> list[Kept]:
    """Return the yeses a person has to choose about: ended by the signal, or said before it came."""
    found: list[Kept] = []
    for purpose, channel in _heeding(organization):
        way = rule(organization, purpose, channel=channel)
        stands = standing(facts, way, instants=instants)
        last = stands.rests_on
        if last is None or last.kind == "objected":
            continue
        if stands.state == "granted" and last.method != "gpc":
            found.append(Kept(purpose=purpose, channel=channel, yes=last, honoured=None))
        elif (last.source, last.method) == ("link", "gpc"):
            before = standing(facts, way, instants=msgspec.structs.replace(instants, at=last.at - _STEP))
            if before.state == "granted" and before.rests_on is not None:
                found.append(Kept(purpose=purpose, channel=channel, yes=before.rests_on, honoured=last))
    return found


def is_heeded(organization: Organization) -> bool:
    """Whether any purpose of this organization heeds the signal."""
    return any(_heeding(organization))


def _heeding(organization: Organization) -> Iterable[tuple[Purpose, str]]:
    return [(purpose, channel) for purpose, channel in organization.ways() if purpose.gpc]
