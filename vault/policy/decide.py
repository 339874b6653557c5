"""Asking Cedar: flat facts in, a verdict with all its reasons out.

Allow means that Cedar says Allow *and* reports no error: Cedar skips a `forbid` it cannot evaluate, and what that would
have forbidden must not happen. Everything else refuses, and a refusal always has a reason. The same question gets the
same answer, so answers are remembered by everything that was handed over.

No name, address or id of a person ever enters, and nothing a caller sent: facts are words and booleans of our making.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final

import msgspec
from cedarpy import AuthzResult, Decision, Entities, PolicySet, Schema, is_authorized

from vault.domain.decision.question import ReasonTold
from vault.domain.decision.reason import MATTERS_OF_TIME, REASONS, Code, ordered, plain, strength
from vault.policy.rule import Rule

Facts = Mapping[str, str | bool | tuple[str, ...]]

MEMORY: Final = 65_536
_VAULT: Final = ("Vault", "vault")


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """One reason of a verdict, the policy that gave it and the law it rests on. A reason of ours has no policy."""

    code: Code
    policy: str | None = None
    law: str | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What the policies say. `policies` are those that determined it; `reasons` stand strongest first.

    An allowed `ask` or `release` has no reason to tell. `error` wants an alarm: a policy could not be evaluated, or no
    policy spoke at all.
    """

    allowed: bool
    policies: tuple[str, ...]
    reasons: tuple[Ground, ...]
    error: bool = False

    @cached_property
    def codes(self) -> tuple[Code, ...]:
        """The codes of the reasons, once each: several policies may have one."""
        return tuple(dict.fromkeys(ground.code for ground in self.reasons))

    @cached_property
    def passes(self) -> bool:
        """Whether nothing but time refuses."""
        refused = not self.allowed and not self.error
        return refused and all(ground.code in MATTERS_OF_TIME for ground in self.reasons)

    def plain(self) -> tuple[Ground, ...]:
        """Return the reasons for a client with the ceiling `reasons: plain`, the strongest first.

        `not_allowed` then stands once and bare: its policy or law would tell what the code hides.
        """
        return self._plain

    @cached_property
    def plain_codes(self) -> tuple[Code, ...]:
        """The codes of the same."""
        return tuple(dict.fromkeys(ground.code for ground in self._plain))

    @cached_property
    def told(self) -> tuple[ReasonTold, ...]:
        """The reasons as a client is told them."""
        return _told(self.reasons)

    @cached_property
    def told_plainly(self) -> tuple[ReasonTold, ...]:
        """The reasons as a client with the ceiling `reasons: plain` is told them."""
        return _told(self._plain)

    @cached_property
    def _plain(self) -> tuple[Ground, ...]:
        told = {plain(ground.code): ground for ground in self.reasons}
        return tuple(told[code] if code != "not_allowed" else Ground(code=code) for code in ordered(told))


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Policies parsed once. `rules` are by the id Cedar reports, which is a policy's place in the text.

    `facts` are the names of those that the schema has for an action.
    """

    policies: PolicySet
    schema: Schema
    entities: Entities
    rules: Mapping[str, Rule]
    facts: Mapping[str, frozenset[str]]


class Policies:
    """One organization's policies, as applied: never changed, only replaced whole.

    A question not seen before costs about 100 µs, holds the interpreter lock and does not wait for anything: a caller
    with many yields to the event loop in between.
    """

    def __init__(self, texts: Mapping[str, str], digest: str, *, parts: Parts) -> None:
        self.digest: Final = digest
        self._texts: Final = dict(texts)
        self._parts: Final = parts
        self._seen: Final[dict[tuple[object, ...], Verdict]] = {}

    def texts(self) -> Mapping[str, str]:
        """Return schema and policies by name, to be kept: `load` makes the same policies of them years later."""
        return dict(self._texts)

    def rules(self) -> list[Rule]:
        """Return what each policy is called and tells."""
        return [*self._parts.rules.values()]

    def ask(self, facts: Facts, *, client: str, purpose: str) -> Verdict:
        """Return whether the client, by its key, may ask this at all. Nothing about a person may be read before."""
        return self._remembered("ask", facts, principal=("Client", client), resource=("Purpose", purpose))

    def contact(self, facts: Facts, *, client: str, purpose: str) -> Verdict:
        """Return whether the person the facts are about may be contacted."""
        return self._remembered("contact", facts, principal=("Client", client), resource=("Purpose", purpose))

    def known_of(self, facts: Facts) -> Facts:
        """Return those facts about a person that these policies were ever told.

        For policies of the past alone: they knew nothing of what the vault learnt to tell since, and Cedar refuses what
        its schema does not have. Policies in force are told everything, and one too many is an error.
        """
        known = self._parts.facts["contact"]
        return {name: fact for name, fact in facts.items() if name in known}

    def release(self, facts: Facts, *, client: str, field: str) -> Verdict:
        """Return whether a field may leave: an attribute's key, or `contact`. Only after `contact` allowed."""
        return self._remembered("release", facts, principal=("Client", client), resource=("Field", field))

    def access(self, facts: Facts, *, principal: tuple[str, str], operation: str) -> Verdict:
        """Return whether whoever acts, a type and a key, may do this at all: an operation's name in the API.

        Here it is no error that no policy speaks: nothing is open unless one does.
        """
        return self._remembered(operation, facts, principal=principal, resource=_VAULT)

    def _remembered(
        self, action: str, facts: Facts, *, principal: tuple[str, str], resource: tuple[str, str]
    ) -> Verdict:
        # As many names as values, so two questions never share a key, nor a verdict: who remembers more by it counts on
        # that. Nested JSON cannot pass here: it has no hash.
        key = (action, principal, resource, *facts, *facts.values())
        if (verdict := self._seen.get(key)) is not None:
            return verdict
        verdict = self._asked(action, facts, principal=principal, resource=resource)
        if len(self._seen) >= MEMORY:
            self._seen.clear()
        self._seen[key] = verdict
        return verdict

    def _asked(self, action: str, facts: Facts, *, principal: tuple[str, str], resource: tuple[str, str]) -> Verdict:
        request = {
            "principal": {"type": principal[0], "id": principal[1]},
            "action": {"type": "Action", "id": action},
            "resource": {"type": resource[0], "id": resource[1]},
            "context": {name: [*fact] if isinstance(fact, tuple) else fact for name, fact in facts.items()},
        }
        parts = self._parts
        answer = is_authorized(request, parts.policies, parts.entities, schema=parts.schema)
        return verdict_of(answer, parts.rules, silence_is_an_error=resource != _VAULT)


def verdict_of(answer: AuthzResult, rules: Mapping[str, Rule], *, silence_is_an_error: bool = True) -> Verdict:
    """Return what Cedar's answer means here."""
    failed = bool(answer.diagnostics.errors)
    spoke = [rules[place] for place in answer.diagnostics.reasons]
    if answer.decision is Decision.Allow and not failed:
        return _verdict(spoke, allowed=True)
    # Where Cedar says Allow beside an error, those who spoke are permits: no reason for a no.
    against = [rule for rule in spoke if rule.effect == "forbid"]
    spoken = bool(against) or (answer.decision is Decision.Deny and not silence_is_an_error)
    return _verdict(against, allowed=False, error=failed or not spoken)


def _told(grounds: Iterable[Ground]) -> tuple[ReasonTold, ...]:
    return tuple(
        ReasonTold(code=one.code, message=REASONS[one.code].to_developer, policy=one.policy, law=one.law)
        for one in grounds
    )


def _verdict(spoke: Sequence[Rule], *, allowed: bool, error: bool = False) -> Verdict:
    grounds = [Ground(code=rule.code, policy=rule.id, law=rule.law) for rule in spoke if rule.code is not None]
    if error:
        grounds.append(Ground(code="policy_error"))
    return Verdict(
        allowed=allowed,
        policies=tuple(sorted(rule.id for rule in spoke)),
        reasons=tuple(sorted(grounds, key=lambda ground: (strength(ground.code), ground.policy or ""))),
        error=error,
    )
