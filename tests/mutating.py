"""The shipped policies, one of them changed, and what their own tests say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cedarpy import PolicySet, Schema, pst

from tests.asking import TEXTS
from vault.base.files import shipped
from vault.policy.check import Outcome, read_cases, run
from vault.policy.loader import SCHEMA, parse

SHAPES: Final = Schema.from_str(TEXTS[SCHEMA])
STATIC: Final[Mapping[str, pst.Template]] = parse(TEXTS).to_pst().static_policies
CASES: Final = read_cases(shipped("policies"))


def named(policy: pst.Template) -> frozenset[str]:
    """Return the actions a policy names; none: it is about all there are."""
    match policy.action:
        case pst.ActionEq(entity=action):
            return frozenset({action.id})
        case pst.ActionIn(entities=actions):
            return frozenset(action.id for action in actions)
    return frozenset()


def with_policies(static: Mapping[str, pst.Template]) -> PolicySet:
    return PolicySet.from_pst(pst.PolicySet(templates={}, static_policies=pst.FrozenMap(static), template_links=()))


def outcomes(static: Mapping[str, pst.Template], *, by: frozenset[str]) -> list[Outcome]:
    """Return how the tests about these actions go; none: all of them. Policies about others alone are left out."""
    heard = {place: policy for place, policy in static.items() if not by or not named(policy) or named(policy) & by}
    cases = [case for case in CASES if not by or case.request.action.split('"')[1] in by]
    return run(with_policies(heard), SHAPES, cases=cases)


def noticed(static: Mapping[str, pst.Template], *, by: frozenset[str]) -> bool:
    """Whether a test about these actions fails."""
    return not all(outcome.passed for outcome in outcomes(static, by=by))
