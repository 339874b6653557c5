"""Replaying: what a decision's entry says, held against what the same facts and rules say again.

No question of clocks: the entry names every fact it rests on, the flat facts that Cedar was handed, and the
configuration. What differs is named by its field; a field that agrees is not told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

import msgspec

from vault.base.errors import Conflict, Invalid
from vault.base.ids import EntryId, FactId
from vault.domain.decision.basis import Flat
from vault.domain.decision.told import AChannel
from vault.domain.fact import Fact
from vault.domain.merging.merged import Facts, only, read
from vault.domain.organization import Organization, Purpose
from vault.domain.standing import Instants, rule, standing

DECISION: Final = "decision"
NOTHING: Final = ""


class By(msgspec.Struct, frozen=True, kw_only=True):
    """Which client asked."""

    client: str


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as its entry tells it: `asked_with` where the client might not ask, else `flat`.

    `facts` are all that the question rests on, `facts_elsewhere` those about another contact point than the question's.
    Of whoever was merged, `parts` are the facts of each subject, and `merges` say which were made one and when. Asked
    over any channel, `channel` is the one that was chosen, and `any` tells of each that might be asked about.
    """

    at: datetime
    actor: By
    any: Mapping[str, AChannel] | None = None
    purpose: str
    channel: str
    outcome: str
    reasons: tuple[str, ...]
    policies: tuple[str, ...]
    configuration: str
    asked_at: datetime | None = None
    defer_until: datetime | None = None
    asked_with: Mapping[str, bool] | None = None
    flat: Flat | None = None
    subject: str | None = None
    standing: str | None = None
    facts: tuple[FactId, ...] | None = None
    parts: tuple[str, ...] = ()
    merges: tuple[str, ...] = ()
    facts_elsewhere: tuple[FactId, ...] = ()

    def over_each(self) -> dict[str, Flat]:
        """Return what Cedar was handed, by channel; nothing where the client might not ask."""
        if self.flat is None:
            return {}
        others = self.any or {}
        return {channel: one.flat for channel, one in others.items() if one.flat} | {self.channel: self.flat}


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One field in which the entry and the replay differ; several codes or ids stand with a blank between them."""

    field: str
    logged: str
    replayed: str


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """A decision taken again from its entry alone: what it says now, and in what that differs from the entry.

    `asked_at` is the instant of a question about the past. `checked` are the fields that were compared. `standing` is
    absent where no facts were read.
    """

    entry: EntryId
    decided_at: datetime
    asked_at: datetime | None = None
    purpose: str
    channel: str
    client: str
    same: bool
    outcome: str
    reasons: tuple[str, ...]
    policies: tuple[str, ...]
    configuration: str
    checked: tuple[str, ...]
    differences: tuple[Difference, ...]
    facts: int
    subject: str | None = None
    standing: str | None = None


class _Kind(msgspec.Struct):
    kind: str


def read_decision(body: bytes) -> Logged:
    """Return the decision an entry tells of; `Invalid` for an entry of anything else.

    `Conflict` for one that is not as the vault writes them: somebody changed it.
    """
    try:
        kind = msgspec.json.decode(body, type=_Kind).kind
        if kind == DECISION:
            return msgspec.json.decode(body, type=Logged)
    except msgspec.DecodeError as error:
        field = str(error).rpartition("$.")[2].strip("`") if "$." in str(error) else "its form"
        raise Conflict("unreadable_entry", f"this entry is not as the vault writes them: {field}") from None
    raise Invalid("no_decision", "this entry tells of no decision; only a decision can be taken again")


def fold(declared: Organization, logged: Logged, *, facts: Collection[Fact]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the entry says of what Cedar was handed, and the same made again: of facts, purpose and channel.

    Of a person nobody knew nothing was folded, and nothing is compared.
    """
    if logged.facts is None or logged.flat is None:
        return {}, {}
    elsewhere = set(logged.facts_elsewhere)
    purpose = declared.purpose(logged.purpose)
    country = _country(purpose, logged.flat)
    whole: Facts = [*facts]
    if logged.parts:
        whole = read(facts, parts=logged.parts, joins=logged.merges, country=country)
    counted = only(whole, lambda fact: fact.kind not in {"granted", "asked"} or fact.id not in elsewhere)
    way = rule(declared, purpose, channel=logged.channel).within(country)
    instants = Instants(now=logged.at, at=logged.asked_at)
    stands = standing(counted, way, instants=instants, minor=bool(logged.flat.get("minor", True)))
    again = {
        "facts": words(sorted(fact.id for fact in facts)),
        "standing": stands.state,
        "flat.standing": stands.state,
        "flat.pending_for": stands.pending_for or NOTHING,
        "flat.basis": purpose.basis,
        "flat.kind": purpose.kind,
        "flat.channel": way.channel,
    }
    if "guardian" in logged.flat:  # decisions were logged before there was such a fact
        again["flat.guardian"] = str(stands.guardian)
    if "implied" in logged.flat:
        again["flat.implied"] = stands.implied
    told = {"facts": words(sorted(set(logged.facts))), "standing": logged.standing or NOTHING}
    return told | {name: str(logged.flat.get(name.removeprefix("flat."), NOTHING)) for name in list(again)[2:]}, again


def _country(purpose: Purpose, flat: Flat) -> str | None:
    """Return a country in which a law implied what was logged; the entry names the law and not the country."""
    return next((law.countries[0] for law in purpose.implied if law.rule == flat.get("implied")), None)


def differences(told: Mapping[str, str], again: Mapping[str, str]) -> tuple[Difference, ...]:
    """Return the fields in which two tellings differ, in the order of the first."""
    return tuple(
        Difference(field=field, logged=told[field], replayed=again[field])
        for field in told
        if told[field] != again[field]
    )


def words(several: Collection[str]) -> str:
    """Return codes or ids as one text."""
    return " ".join(several)
