"""Telling: what entries say in codes, auditors and admins read in sentences; the code always stands beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, cast

import msgspec
from markupsafe import Markup

from vault.console.charts import Sort
from vault.console.desk import Desk
from vault.console.log.kinds import GROUPS
from vault.domain.audit.wanted import Hit
from vault.domain.decision.reason import REASONS, Code
from vault.words.catalogue import Words

DECISION: Final = "decision"
FACT: Final = "fact"

_NAMES: Final = {kind: name for group in GROUPS.values() for kind, name in group.items()}
_SAID: Final = {
    "granted": "Yes said",
    "refused": "No said",
    "withdrawn": "Yes taken back",
    "objected": "Objected",
    "asked": "Asked to confirm",
}
_NOES: Final = frozenset({"refused", "withdrawn", "objected", "deny"})
_ACTORS: Final = {
    "client": "a client",
    "customer": "the customer",
    "auditor": "an auditor",
    "admin": "an admin",
    "operator": "the operator",
    "import": "an import",
    "link": "a link in a message",
}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in words: the shape beside it, what it was, and which of three sorts it is in a drawing."""

    mark: str
    says: str
    sort: Sort


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in a list."""

    hit: Hit
    told: Told
    by: str
    short: Markup
    codes: Sequence[str]


def told(kind: str, outcome: str | None, words: Words) -> Told:
    """Return what an entry of a kind says; `outcome` is a decision's, or what was said."""
    if kind == DECISION:
        return decided(outcome, words)
    if kind == FACT:
        says = words.say(_SAID.get(outcome or "", "Yes or no said"))
        if outcome == "granted":
            return Told(mark="yes", says=says, sort="yes")
        return Told(mark="no", says=says, sort="no") if outcome in _NOES else Told(mark="wait", says=says, sort="later")
    is_read = kind in GROUPS["Read"] or kind in GROUPS["Samples"]
    return Told(mark="read" if is_read else "change", says=name(kind, words), sort="later")


def decided(outcome: str | None, words: Words) -> Told:
    """Return what a decision says."""
    match outcome:
        case "allow":
            return Told(mark="yes", says=words.say("Allowed"), sort="yes")
        case "defer":
            return Told(mark="wait", says=words.say("Told to wait"), sort="later")
        case _:
            return Told(mark="no", says=words.say("Not allowed"), sort="no")


def name(kind: str, words: Words) -> str:
    """Return what a kind is called; of one nobody named the code."""
    return words.say(_NAMES[kind]) if kind in _NAMES else kind


def sentence(code: str, words: Words) -> str:
    """Return the sentence of a reason for whoever checks; none for a code of another list."""
    return words.say(REASONS[cast("Code", code)].to_developer) if code in REASONS else ""


def short(subject: str) -> Markup:
    """Return a pseudonym as it is shown: the first four and four of it, apart to the eye and copied as one."""
    own = subject.partition("_")[2]
    return Markup('p-{}<span class="apart">{}</span>').format(own[:4], own[4:8])


def acting(desk: Desk, kind: str | None, client: str | None) -> str:
    """Return who acted: a client by its key, staff and all others by what they are."""
    if client is not None:
        return desk.clients.get(client, client)
    return desk.frame.words.say(_ACTORS.get(kind or "", kind or "the vault"))


def lines(desk: Desk, hits: Sequence[Hit]) -> Iterator[Line]:
    """Yield entries as a list shows them."""
    for hit in hits:
        yield Line(
            hit=hit,
            told=told(hit.kind, hit.outcome, desk.frame.words),
            by=acting(desk, hit.actor, hit.client),
            short=short(hit.subject) if hit.subject is not None else Markup(),
            codes=hit.reasons,
        )
