"""What every policy must be, read off its parsed form.

A permit for offers exists only behind a granted standing, a system is let in only for a scope of its token, and an
organization's own policies only forbid, and only decisions: no policy of theirs keeps a no from being recorded. All of
it is checked by form and not by trying: whatever channel, client or purpose a policy may name, the promise holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Literal

import msgspec
from cedarpy import pst

from vault.domain.decision.reason import MADE_BY_THE_ENGINE, REASONS, Code

_CONTACT: Final = "contact"
_OF_DECISIONS: Final = frozenset({"ask", _CONTACT, "release"})

_Part = tuple[pst.Expr, bool]
"""A condition, and the value it must have."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy is called and tells. `code` is none where it tells nothing: to ask, to receive, to come in."""

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
    if own:
        yield from _problems_of_own(policy)
    yield from _problems_of_reason(policy)
    if policy.effect == "permit":
        yield from _problems_of_permit(policy)


def _problems_of_own(policy: pst.Template) -> Iterator[str]:
    if policy.effect != "forbid":
        yield "an organization may only add forbids; it can be stricter than the vault, never looser"
    actions = _actions(policy)
    if actions is None or not actions <= _OF_DECISIONS:
        yield (
            "an organization forbids decisions and nothing else, so that no policy of its own keeps a no out; "
            'name Action::"ask", Action::"contact" or Action::"release", and say by the ceilings who may do what'
        )


def _problems_of_reason(policy: pst.Template) -> Iterator[str]:
    told = policy.annotations.get("reason")
    if told is None:
        if (policy.effect == "forbid" and not _is_of_access(policy)) or _touches(policy, _CONTACT):
            yield 'it tells no reason; write @reason("…") above it, with a reason code'
    elif told not in REASONS:
        yield f"{told!r} is no reason code"
    elif REASONS[told].code in MADE_BY_THE_ENGINE:
        yield f"the reason {told} is the vault's own; no policy can give it"
    elif REASONS[told].allows != (policy.effect == "permit"):
        yield f"the reason {told} {'allows' if REASONS[told].allows else 'refuses'}, and a {policy.effect} does not"


def _problems_of_permit(policy: pst.Template) -> Iterator[str]:
    actions = _actions(policy)
    if actions is None:
        yield "this permit allows whatever there is; write the actions it means"
    if _touches(policy, _CONTACT) and not _holds_only_if(policy, _excludes_an_offer_without_a_yes):
        yield (
            "this permit could allow an offer without a yes; "
            'join context.standing == "granted" or context.kind != "offer" to its conditions with &&'
        )
    if actions is None or not actions <= _OF_DECISIONS:
        yield from _problems_of_letting_in(policy)


def _problems_of_letting_in(policy: pst.Template) -> Iterator[str]:
    match policy.principal:
        case pst.ScopeIs(entity_type=kind) | pst.ScopeEq(entity=pst.EntityUid(type=kind)):
            kinds = {str(kind)}
        case _:
            kinds = {"Client", "Customer"}
    by_client = "Client" in kinds and not _holds_only_if(policy, _keeps_clients_out)
    by_acting = "Customer" in kinds and not _holds_only_if(policy, _keeps_acting_out)
    if by_client or by_acting:
        yield (
            "this permit could let a system in without a scope of its token; "
            'join context.scopes.contains("…"), or for a customer !context.acted_for, to its conditions with &&'
        )


def _is_of_access(policy: pst.Template) -> bool:
    """Whether it is about who may do what in the vault, where a refusal is called by its policy and tells no reason."""
    actions = _actions(policy)
    return actions is not None and actions.isdisjoint(_OF_DECISIONS)


def _actions(policy: pst.Template) -> frozenset[str] | None:
    """Return the actions a policy names, or none where it names any. No action is in another: the schema is held so."""
    match policy.action:
        case pst.ActionEq(entity=action):
            return frozenset({action.id})
        case pst.ActionIn(entities=actions):
            return frozenset(action.id for action in actions)
        case _:
            return None


def _touches(policy: pst.Template, action: str) -> bool:
    actions = _actions(policy)
    return actions is None or action in actions


def _holds_only_if(policy: pst.Template, wanted: Callable[[_Part], bool]) -> bool:
    """Whether a policy applies only where something that is wanted holds.

    Sound whatever else the policy says: all of a conjunction holds or none of it does, of alternatives each has to
    assure it, and a part that cannot be evaluated makes Cedar skip the permit.
    """
    return any(_assures(clause.expr, wanted, truth=isinstance(clause, pst.When)) for clause in policy.clauses)


def _assures(expr: pst.Expr, wanted: Callable[[_Part], bool], *, truth: bool) -> bool:
    """Whether something that is wanted holds wherever `expr` has the value `truth`."""
    match expr:
        case pst.BinaryOp(op="and" | "or" as op, left=left, right=right):
            both = (_assures(left, wanted, truth=truth), _assures(right, wanted, truth=truth))
            return any(both) if (op == "and") == truth else all(both)
        case pst.UnaryOp(op="not", arg=arg):
            return _assures(arg, wanted, truth=not truth)
        case _:
            return wanted((expr, truth))


def _excludes_an_offer_without_a_yes(part: _Part) -> bool:
    match part:
        case (
            pst.BinaryOp(
                op="eq" | "not_eq" as op,
                left=pst.GetAttr(base=pst.Var(name="context"), attr=fact),
                right=pst.StringLit(value=word),
            ),
            truth,
        ):
            equal = (op == "eq") == truth
            return (fact == "standing" and equal and word == "granted") or (
                fact == "kind" and equal != (word == "offer")
            )
        case _:
            return False


def _keeps_clients_out(part: _Part) -> bool:
    match part:
        case (pst.Is(base=pst.Var(name="principal"), entity_type=kind, in_expr=None), False):
            return str(kind) == "Client"
        case _:
            return _wants_a_scope(part)


def _keeps_acting_out(part: _Part) -> bool:
    return part == (pst.GetAttr(base=pst.Var(name="context"), attr="acted_for"), False) or _wants_a_scope(part)


def _wants_a_scope(part: _Part) -> bool:
    match part:
        case (
            pst.BinaryOp(
                op="contains", left=pst.GetAttr(base=pst.Var(name="context"), attr="scopes"), right=pst.StringLit()
            ),
            True,
        ):
            return True
        case _:
            return False
