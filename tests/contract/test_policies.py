"""The shipped policies keep their promises: by tests, by mutation, by trying everything there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import cycle, product
from pathlib import Path
from typing import Final, get_args

import cedarpy
import pytest
from cedarpy import PolicySet, pst

from tests.asking import TEXTS, YES, organization
from tests.mutating import CASES, SHAPES, STATIC, named, noticed, outcomes, with_policies
from vault.base.files import shipped
from vault.domain.decision.reason import MADE_BY_THE_ENGINE, REASONS, Code, ordered
from vault.domain.organization import Basis, Kind
from vault.policy.check import Case, check, run, run_tests
from vault.policy.decide import Facts, Policies, Verdict
from vault.policy.loader import SCHEMA, load, parse, rules_of

FOLDER: Final = shipped("policies")
RULES: Final = rules_of(parse(TEXTS))
PLACES: Final = {rule.id: place for place, rule in RULES.items()}

STANDINGS: Final = ("never_asked", "pending", "granted", "refused", "withdrawn", "objected", "expired", "outdated")
BOTH: Final = (False, True)
DOMAIN: Final[dict[str, tuple[str | bool, ...]]] = {
    "known": BOTH,
    "standing": STANDINGS,
    "pending_for": ("double_opt_in", "evidence", ""),
    "implied": ("casl", "soft_opt_in", ""),
    "basis": get_args(Basis),
    "kind": get_args(Kind),
    "channel": ("email",),
    "suppressed": BOTH,
    "restricted": BOTH,
    "minor": BOTH,
    "guardian": BOTH,
    "reachable": BOTH,
    "unverified": BOTH,
}
NOW: Final[Facts] = {"paused": False, "quiet": "", "outside_frame": False, "budget_spent": ""}
NOT_NOW: Final[tuple[Facts, ...]] = (
    {**NOW, "paused": True},
    {**NOW, "quiet": "own"},
    {**NOW, "outside_frame": True},
    {**NOW, "budget_spent": "week"},
    {"paused": True, "quiet": "client", "outside_frame": True, "budget_spent": "day"},
)


@pytest.fixture(scope="module")
def policies() -> Policies:
    return load(TEXTS, organization())


def everything() -> Iterator[Facts]:
    """Yield all there is to ask now, and each of it once when the time is wrong, in one way after another."""
    for values, not_now in zip(product(*DOMAIN.values()), cycle(NOT_NOW), strict=False):
        asked = dict(zip(DOMAIN, values, strict=True))
        yield {**asked, **NOW}
        yield {**asked, **not_now}


def contact(policies: Policies, **changes: str | bool) -> Verdict:
    return policies.contact({**YES, **changes}, client="crm", purpose="news")


def codes(verdict: Verdict) -> list[Code]:
    return [ground.code for ground in verdict.reasons]


def test_the_shipped_policies_have_no_problem_and_pass_their_own_tests() -> None:
    assert check(FOLDER) == []
    assert [outcome for outcome in run_tests(FOLDER) if not outcome.passed] == []


def test_the_shipped_tests_have_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_each_tests_file_runs_with_its_own_policies_alone_as_cedars_runner_runs_it() -> None:
    resources = {"access": ("Vault",), "contact": ("Purpose",), "release": ("Field",)}
    assert {f"{name}.cedar" for name in resources} == {name for name in TEXTS if name != SCHEMA}
    for name, kinds in resources.items():
        alone = PolicySet.from_str(TEXTS[f"{name}.cedar"])
        cases = [case for case in CASES if case.request.resource.startswith(kinds)]
        assert all(outcome.passed for outcome in run(alone, SHAPES, cases=cases))


@pytest.mark.parametrize("name", PLACES)
def test_each_policy_speaks_in_some_test_and_is_silent_in_another(name: str) -> None:
    def of_its_action(case: Case) -> bool:
        actions = named(STATIC[PLACES[name]])
        return not actions or case.request.action.split('"')[1] in actions

    spoken = {name in case.reason for case in CASES if of_its_action(case)}
    assert spoken == {True, False}


@pytest.mark.parametrize("name", PLACES)
def test_with_every_policy_as_it_is_no_test_fails(name: str) -> None:
    assert not noticed(STATIC, by=named(STATIC[PLACES[name]]))


@pytest.mark.parametrize("name", PLACES)
def test_without_any_one_policy_a_test_fails(name: str) -> None:
    rest = {place: policy for place, policy in STATIC.items() if place != PLACES[name]}
    assert noticed(rest, by=named(STATIC[PLACES[name]]))


def parts_of(expr: pst.Expr) -> Iterator[tuple[pst.Expr, pst.Expr]]:
    """Yield each part of a conjunction or of alternatives, with what is left of it without that part."""
    match expr:
        case pst.BinaryOp(op="or", left=left, right=right):
            yield left, right
            yield right, left
        case pst.BinaryOp(op="and", left=left, right=right):
            yield from ((part, replace(expr, left=rest)) for part, rest in parts_of(left))
            yield from ((part, replace(expr, right=rest)) for part, rest in parts_of(right))
        case _:
            yield expr, pst.BoolLit(value=True)


def mutants(name: str) -> Iterator[tuple[str, dict[str, pst.Template]]]:
    """Yield the policies with `name` lacking one part of its conditions at a time, then all of them."""
    static = STATIC
    policy = static[PLACES[name]]
    for at, clause in enumerate(policy.clauses):
        for part, rest in parts_of(clause.expr):
            clauses = (*policy.clauses[:at], replace(clause, expr=rest), *policy.clauses[at + 1 :])
            yield str(part), {**static, PLACES[name]: replace(policy, clauses=clauses)}
    if policy.clauses:
        yield "its conditions", {**static, PLACES[name]: replace(policy, clauses=())}


@pytest.mark.parametrize("name", [rule.id for rule in RULES.values() if rule.effect == "forbid"])
def test_without_any_one_part_of_a_forbids_condition_a_test_fails(name: str) -> None:
    for part, mutant in mutants(name):
        assert noticed(mutant, by=named(STATIC[PLACES[name]])), f"{name} does not need {part}"


@pytest.mark.parametrize("name", [rule.id for rule in RULES.values() if rule.effect == "permit"])
def test_without_any_one_part_of_a_permits_condition_a_test_would_fail_were_there_no_forbids(name: str) -> None:
    def decisions(static: Mapping[str, pst.Template]) -> list[str]:
        permits = {place: policy for place, policy in static.items() if policy.effect == "permit"}
        return [outcome.detail for outcome in outcomes(permits, by=named(STATIC[PLACES[name]]))]

    unchanged = decisions(STATIC)
    for part, mutant in mutants(name):
        assert decisions(mutant) != unchanged, f"{name} does not need {part}"


def test_every_reason_code_is_given_by_a_policy_or_made_by_the_engine() -> None:
    assert {rule.code for rule in RULES.values()} - {None} == set(REASONS) - MADE_BY_THE_ENGINE


def test_each_policy_names_the_law_its_reason_rests_on() -> None:
    for rule in RULES.values():
        if rule.code is not None and rule.code != "not_allowed":
            assert REASONS[rule.code].law in {rule.law, None}, rule.id


def test_each_policy_has_a_comment_that_can_be_read_aloud() -> None:
    for name, text in TEXTS.items():
        for block in text.split("\n\n"):
            if "@id(" in block:
                assert block.startswith("// "), name
                comment = block.partition("@id(")[0]
                assert comment.rstrip().endswith("."), block
                assert "context" not in comment


def test_the_schema_knows_exactly_the_facts_of_the_domain(policies: Policies) -> None:
    assert not contact(policies).error
    for fact in YES:
        fewer: Facts = {name: value for name, value in YES.items() if name != fact}
        assert codes(policies.contact(fewer, client="crm", purpose="news")) == ["policy_error"]
    assert codes(contact(policies, name="Ada")) == ["policy_error"]


def expected(facts: Facts) -> tuple[bool, set[Code]]:
    """Say again, in plain Python, what the policies should say."""
    if not facts["known"]:
        return False, {"unknown_customer"}
    basis, kind, standing = facts["basis"], facts["kind"], facts["standing"]
    sold = standing == "granted" and facts["implied"] == "soft_opt_in"
    refusing: dict[Code, bool] = {
        "restricted": bool(facts["restricted"]),
        "minor": bool(facts["minor"]) and (kind == "profiling" or (kind == "offer" and not facts["guardian"])),
        "suppressed": bool(facts["suppressed"]),
        "not_allowed": kind == "offer" and basis != "consent" and not (basis == "legitimate_interest" and sold),
        "objected": standing == "objected" and basis in {"consent", "legitimate_interest"},
        "unreachable": not facts["reachable"],
        "unverified": bool(facts["unverified"]),
        "paused": bool(facts["paused"]) and kind in {"offer", "research"},
        "budget_spent": facts["budget_spent"] != "" and kind in {"offer", "research"},
        "quiet_hours": (facts["quiet"] != "" or bool(facts["outside_frame"])) and kind in {"offer", "research"},
    }
    words: dict[str, Code] = {
        "never_asked": "never_asked",
        "refused": "refused",
        "withdrawn": "withdrawn",
        "expired": "consent_expired",
        "outdated": "notice_outdated",
        "pending": "evidence_missing" if facts["pending_for"] == "evidence" else "double_opt_in_pending",
    }
    refused = {code for code, applies in refusing.items() if applies}
    if basis == "consent" and standing in words:
        refused.add(words[str(standing)])
    if refused:
        return False, refused
    allowing: dict[str, Code] = {
        "consent": "opted_in",
        "contract": "service_message",
        "legal_obligation": "legal_obligation",
        "legitimate_interest": "legitimate_interest",
    }
    if basis == "legitimate_interest" and sold:
        return True, {"implied_consent"} if kind == "offer" else {"implied_consent", "legitimate_interest"}
    if basis == "consent" and facts["implied"]:
        return True, {"implied_consent"}
    return True, {allowing[str(basis)]}


def test_over_everything_there_is_to_ask_the_policies_say_what_they_should(policies: Policies) -> None:
    for facts in everything():
        verdict = policies.contact(facts, client="crm", purpose="news")
        assert (verdict.allowed, set(codes(verdict))) == expected(facts), facts
        assert verdict.codes == ordered(codes(verdict))
        assert not verdict.error
        if verdict.allowed:
            assert facts["known"]
            assert facts["basis"] != "consent" or facts["standing"] == "granted"
            assert facts["kind"] != "offer" or facts["standing"] == "granted"


def test_no_single_permit_ever_allows_an_offer_without_a_yes() -> None:
    permits = {place: policy for place, policy in STATIC.items() if policy.effect == "permit"}
    alone = with_policies(permits)
    for facts in everything():
        if facts["kind"] == "offer" and facts["standing"] != "granted":
            request = {
                "principal": {"type": "Client", "id": "crm"},
                "action": {"type": "Action", "id": "contact"},
                "resource": {"type": "Purpose", "id": "news"},
                "context": facts,
            }
            assert not cedarpy.is_authorized(request, alone, [], schema=SHAPES).allowed


@pytest.mark.parametrize("values", list(product(BOTH, repeat=5)))
def test_a_client_asks_only_what_it_was_trusted_with_and_sent_for(policies: Policies, values: tuple[bool, ...]) -> None:
    suspended, purpose, channel, purpose_too, channel_too = values
    facts = {
        "suspended": suspended,
        "purpose_granted": purpose,
        "channel_granted": channel,
        "purpose_in_token": purpose_too,
        "channel_in_token": channel_too,
    }
    verdict = policies.ask(facts, client="crm", purpose="news")
    wanted: list[Code] = []
    if suspended:
        wanted.append("client_suspended")
    if not purpose:
        wanted.append("purpose_not_granted_to_client")
    if not channel:
        wanted.append("channel_not_granted_to_client")
    if (purpose and not purpose_too) or (channel and not channel_too):
        wanted.append("outside_token")
    assert (verdict.allowed, codes(verdict), verdict.error) == (not wanted, wanted, False)


@pytest.mark.parametrize("values", list(product(BOTH, repeat=4)))
def test_a_field_leaves_only_where_it_is_needed_and_granted(policies: Policies, values: tuple[bool, ...]) -> None:
    is_contact, for_channel, for_purpose, granted = values
    facts = {
        "contact": is_contact,
        "for_channel": for_channel,
        "for_purpose": for_purpose,
        "granted_to_client": granted,
    }
    verdict = policies.release(facts, client="crm", field="contact")
    wanted: set[Code] = set()
    if not granted:
        wanted.add("field_not_granted_to_client")
    if is_contact and not for_channel:
        wanted.add("field_not_for_channel")
    if not is_contact and not for_purpose:
        wanted.add("field_not_for_purpose")
    assert (verdict.allowed, set(codes(verdict)), verdict.error) == (not wanted, wanted, False)


def test_policies_and_their_tests_are_shipped() -> None:
    assert sorted(path.relative_to(FOLDER).as_posix() for path in Path(FOLDER).rglob("*") if path.is_file()) == [
        "access.cedar",
        "contact.cedar",
        "release.cedar",
        "tests/access.json",
        "tests/contact.json",
        "tests/release.json",
        "vault.cedarschema",
    ]
