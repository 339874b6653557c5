"""What every policy must be, read off its parsed form.

A permit for offers exists only behind a granted standing, and an organization's own policies only forbid. Both are
checked by form and not by trying: whatever channel, client or purpose a policy may name, the promise holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec
from cedarpy import pst

from vault.domain.decision.reason import MADE_BY_THE_ENGINE, REASONS, Code

_CONTACT: Final = "contact"
_OF_DECISIONS: Final = frozenset({"ask", _CONTACT, "release"})


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy is called and tells. `code` is none for permits to ask or to receive, which tell nothing."""

    id: str
    effect: Literal["permit", "forbid"]
    code: Code | None
    law: str | None


def rule_of(policy: pst.Template) -> Rule:
    """Return what a checked policy is called and tells."""
    told = policy.annotations.get("reason")
    return Rule(
        id=policy.annotations["id"],
        effect=policy.effect,
        code=REASONS[told].code if told is not None else None,
        law=policy.annotations.get("law"),
    )


def problems_of(policy: pst.Template, *, own: bool) -> Iterator[str]:
    """Yield what is wrong with a policy, in sentences; `own` says that an organization wrote it."""
    if not policy.annotations.get("id"):
        yield 'a policy has no name; write @id("…") above it'
    if own and policy.effect != "forbid":
        yield "an organization may only add forbids; it can be stricter than the vault, never looser"
    yield from _problems_of_reason(policy)
    if policy.effect == "permit" and _touches_contact(policy) and not _wants_a_yes_for_offers(policy):
        yield (
            "this permit could allow an offer without a yes; "
            'join context.standing == "granted" or context.kind != "offer" to its conditions with &&'
        )


def _problems_of_reason(policy: pst.Template) -> Iterator[str]:
    told = policy.annotations.get("reason")
    if told is None:
        if (policy.effect == "forbid" and not _is_of_access(policy)) or _touches_contact(policy):
            yield 'it tells no reason; write @reason("…") above it, with a reason code'
    elif told not in REASONS:
        yield f"{told!r} is no reason code"
    elif REASONS[told].code in MADE_BY_THE_ENGINE:
        yield f"the reason {told} is the vault's own; no policy can give it"
    elif REASONS[told].allows != (policy.effect == "permit"):
        yield f"the reason {told} {'allows' if REASONS[told].allows else 'refuses'}, and a {policy.effect} does not"


def _is_of_access(policy: pst.Template) -> bool:
    """Whether it is about who may do what in the vault, where a refusal is called by its policy and tells no reason."""
    match policy.action:
        case pst.ActionEq(entity=action):
            return action.id not in _OF_DECISIONS
        case pst.ActionIn(entities=actions):
            return all(action.id not in _OF_DECISIONS for action in actions)
        case _:
            return False


def _touches_contact(policy: pst.Template) -> bool:
    match policy.action:
        case pst.ActionEq(entity=action):
            return action.id == _CONTACT
        case pst.ActionIn(entities=actions):
            return any(action.id == _CONTACT for action in actions)
        case _:  # any action
            return True


def _wants_a_yes_for_offers(policy: pst.Template) -> bool:
    """Whether one of the conditions that must all hold is that the standing is granted, or that it is no offer.

    Sound whatever else the policy says, because a conjunction holds only where each of its parts does, and a part that
    cannot be evaluated makes Cedar skip the permit.
    """
    return any(
        _excludes(part, truth=truth)
        for clause in policy.clauses
        for part, truth in _parts(clause.expr, truth=isinstance(clause, pst.When))
    )


def _parts(expr: pst.Expr, *, truth: bool) -> Iterator[tuple[pst.Expr, bool]]:
    """Yield expressions with the value each must have for `expr` to have the value `truth`."""
    match expr:
        case pst.BinaryOp(op="and", left=left, right=right) if truth:
            yield from _parts(left, truth=True)
            yield from _parts(right, truth=True)
        case pst.BinaryOp(op="or", left=left, right=right) if not truth:
            yield from _parts(left, truth=False)
            yield from _parts(right, truth=False)
        case pst.UnaryOp(op="not", arg=arg):
            yield from _parts(arg, truth=not truth)
        case _:
            yield expr, truth


def _excludes(expr: pst.Expr, *, truth: bool) -> bool:
    match expr:
        case pst.BinaryOp(
            op="eq" | "not_eq" as op,
            left=pst.GetAttr(base=pst.Var(name="context"), attr=fact),
            right=pst.StringLit(value=word),
        ):
            equal = (op == "eq") == truth
            return (fact == "standing" and equal and word == "granted") or (
                fact == "kind" and equal != (word == "offer")
            )
        case _:
            return False
