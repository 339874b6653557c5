"""Checking a folder of policies and running its tests, for whoever writes policies.

Tests stand in `tests/*.json` in the format of Cedar's own `cedar run-tests`: a list of
`{name, request, entities, decision, reason, num_errors}`. Where Cedar is content when the policies named are among
those that determined the decision, this runner wants exactly them: whoever passes here passes there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from cedarpy import PolicySet, Schema, is_authorized

from vault.base.errors import Invalid
from vault.policy.loader import SCHEMA, parse, problems, read, rules_of


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who asks what of whom, as Cedar writes it: `Client::"crm"`, `Action::"contact"`, `Purpose::"news"`."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, str | bool | int | list[str]]


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One test. `reason` names the policies that must have determined the decision, all of them."""

    request: Request
    decision: Literal["allow", "deny"]
    reason: tuple[str, ...]
    num_errors: int
    entities: list[dict[str, Any]]  # Cedar's own JSON form; Cedar reads it
    name: str = "unnamed"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a test went; `detail` says what was otherwise than it wanted."""

    name: str
    passed: bool
    detail: str = ""


def check(folder: Path) -> list[str]:
    """Return everything that is wrong with the policies in a folder, in sentences; none if they may be loaded."""
    try:
        return problems(read(folder))
    except Invalid as refused:
        return [refused.detail]


def run_tests(folder: Path) -> list[Outcome]:
    """Return how each test of a folder went; `Invalid` when its policies may not be loaded or its tests not be read."""
    texts = read(folder)
    if found := problems(texts):
        raise Invalid("bad_policy", "; ".join(found))
    return run(parse(texts), Schema.from_str(texts[SCHEMA]), cases=read_cases(folder))


def read_cases(folder: Path) -> list[Case]:
    """Return the tests in a folder; `Invalid` names the file that cannot be read, or says that there is none."""
    cases: list[Case] = []
    for path in sorted((folder / "tests").glob("*.json")):
        try:
            cases += msgspec.json.decode(path.read_bytes(), type=list[Case])
        except (OSError, msgspec.DecodeError) as error:
            raise Invalid("bad_policy_test", f"tests/{path.name}: {error}") from None
    if not cases:
        raise Invalid("no_policy_tests", "there are no tests; put them into tests/*.json beside the policies")
    return cases


def run(policies: PolicySet, schema: Schema, *, cases: Iterable[Case]) -> list[Outcome]:
    """Return how each test goes with these policies."""
    called = {place: rule.id for place, rule in rules_of(policies).items()}
    return [_run(case, policies, schema=schema, called=called) for case in cases]


def _run(case: Case, policies: PolicySet, *, schema: Schema, called: Mapping[str, str]) -> Outcome:
    request = msgspec.to_builtins(case.request)
    answer = is_authorized(request, policies, case.entities, schema=schema)
    spoke = sorted(called[place] for place in answer.diagnostics.reasons)
    wrong: list[str] = []
    if answer.decision.value.lower() != case.decision:
        wrong.append(f"expected {case.decision}, got {answer.decision.value.lower()}")
    if spoke != sorted(case.reason):
        wrong.append(f"expected {_listed(sorted(case.reason))} to determine it, got {_listed(spoke)}")
    if len(answer.diagnostics.errors) != case.num_errors:
        wrong.append(f"expected {case.num_errors} errors, got {len(answer.diagnostics.errors)}")
        wrong.extend(answer.diagnostics.errors)
    return Outcome(name=case.name, passed=not wrong, detail="; ".join(wrong))


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "no policy"
