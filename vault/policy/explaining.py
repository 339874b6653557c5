"""Policies explained: each with what it tells, whom, by which law, and the tests that show when it speaks."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from vault.base.errors import Invalid
from vault.domain.decision.reason import REASONS, Code
from vault.policy.check import read_cases
from vault.policy.loader import parse, problems, read, rules_of
from vault.policy.quoting import quoted


class Explained(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A policy, its reason with both sentences, its text with the comment above, and the tests it determines."""

    policy: str
    effect: str
    reason: Code | None
    law: str | None
    to_customer: str | None
    to_developer: str | None
    text: str
    tests: tuple[str, ...]


def explain(folder: Path, wanted: Collection[str] = ()) -> list[Explained]:
    """Return the policies of these names, or all in the order they are written; `Invalid` for one that is not here."""
    texts = read(folder)
    if found := problems(texts):
        raise Invalid("bad_policy", "; ".join(found))
    rules = {rule.id: rule for rule in rules_of(parse(texts)).values()}
    if unknown := sorted(set(wanted) - set(rules)):
        raise Invalid("unknown_policy", f"no policy here is called {', '.join(unknown)}")
    cases = read_cases(folder)
    return [
        Explained(
            policy=rule.id,
            effect=rule.effect,
            reason=rule.code,
            law=rule.law,
            to_customer=REASONS[rule.code].to_customer if rule.code else None,
            to_developer=REASONS[rule.code].to_developer if rule.code else None,
            text=quoted(texts, rule.id) or "",
            tests=tuple(case.name for case in cases if rule.id in case.reason),
        )
        for rule in rules.values()
        if not wanted or rule.id in wanted
    ]
