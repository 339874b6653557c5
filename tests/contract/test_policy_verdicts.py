"""What is made of Cedar's answers: reasons, errors, memory, and texts that are kept."""

from __future__ import annotations

from typing import Final, get_args

import cedarpy
import pytest

from tests.asking import TEXTS, YES, organization
from vault.domain.decision.reason import Code, strength
from vault.domain.organization import Kind
from vault.policy import decide
from vault.policy.decide import Policies, Verdict, verdict_of
from vault.policy.loader import load


@pytest.fixture(scope="module")
def policies() -> Policies:
    return load(TEXTS, organization())


def contact(policies: Policies, **changes: str | bool) -> Verdict:
    return policies.contact({**YES, **changes}, client="crm", purpose="news")


def codes(verdict: Verdict) -> list[Code]:
    return [ground.code for ground in verdict.reasons]


def test_a_verdict_names_the_policies_that_determined_it_and_their_laws(policies: Policies) -> None:
    verdict = contact(policies, standing="objected", suppressed=True)
    assert verdict.policies == ("objected", "suppressed")
    assert [(ground.code, ground.policy, ground.law) for ground in verdict.reasons] == [
        ("suppressed", "suppressed", None),
        ("objected", "objected", "GDPR Art. 21"),
    ]


def test_other_facts_have_a_verdict_of_their_own_even_where_it_reads_alike(policies: Policies) -> None:
    reached = contact(policies, standing="objected")
    assert contact(policies, standing="objected") is reached
    same = contact(policies, standing="objected", implied="casl_purchase")
    assert same == reached
    assert same is not reached


def test_a_plain_client_is_told_one_bare_reason_for_all_it_may_not_know(policies: Policies) -> None:
    told = contact(policies, standing="objected", suppressed=True, minor=True, reachable=False).plain()
    assert [(ground.code, ground.policy, ground.law) for ground in told] == [
        ("not_allowed", None, None),
        ("unreachable", "unreachable", None),
    ]
    assert [ground.policy for ground in contact(policies, standing="withdrawn").plain()] == ["withdrawn"]


def test_a_plain_client_cannot_tell_a_hidden_reason_from_a_rule_that_refuses(policies: Policies) -> None:
    by_rule = contact(policies, basis="legitimate_interest", standing="never_asked")
    by_stop = contact(policies, suppressed=True)
    assert by_rule.reasons != by_stop.reasons
    assert by_rule.plain() == by_stop.plain()


BROKEN: Final = """
@id("broken")
@reason("not_allowed")
forbid (principal, action == Action::"contact", resource)
when { 9223372036854775807 + (if context.minor then 1 else 0) == 0 };
"""


def test_a_forbid_that_cannot_be_evaluated_refuses() -> None:
    policies = load({**TEXTS, "organization/broken.cedar": BROKEN}, organization())
    verdict = contact(policies, minor=True, kind="research")
    assert (verdict.allowed, codes(verdict), verdict.policies, verdict.error) == (False, ["policy_error"], (), True)
    assert contact(policies, kind="research").allowed


def test_an_error_beside_a_refusal_leaves_the_refusal_its_reasons() -> None:
    policies = load({**TEXTS, "organization/broken.cedar": BROKEN}, organization())
    verdict = contact(policies, minor=True, kind="research", standing="withdrawn")
    assert (verdict.allowed, codes(verdict), verdict.error) == (False, ["withdrawn", "policy_error"], True)


@pytest.mark.parametrize(
    "wrong", [{"standing": "on_holiday"}, {"basis": "vital_interest", "kind": "service"}, {"minor": "no"}]
)
def test_a_fact_nobody_foresaw_refuses(policies: Policies, wrong: dict[str, str]) -> None:
    verdict = contact(policies, **wrong)
    assert (verdict.allowed, codes(verdict), verdict.error) == (False, ["policy_error"], True)


def test_a_callers_json_cannot_enter_the_facts(policies: Policies) -> None:
    entity = {"__entity": {"type": "Client", "id": "crm"}}
    with pytest.raises(TypeError):
        policies.contact({**YES, "channel": entity}, client="crm", purpose="news")  # type: ignore[dict-item]  # the point


def test_an_unknown_answer_of_cedar_is_a_no() -> None:
    answer = cedarpy.AuthzResult({"decision": "NoDecision", "diagnostics": {}})
    assert codes(verdict_of(answer, {})) == ["policy_error"]


def test_the_same_question_is_answered_from_memory_and_another_fact_or_client_is_another_question(
    policies: Policies,
) -> None:
    first = contact(policies)
    assert contact(policies) is first
    assert policies.contact(YES, client="shop", purpose="news") is not first
    assert policies.contact(YES, client="crm", purpose="offers") is not first
    assert not contact(policies, suppressed=True).allowed


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "MEMORY", 3)
    policies = load(TEXTS, organization())
    for standing in ("never_asked", "pending", "refused", "withdrawn", "objected", "expired"):
        contact(policies, standing=standing)
        assert len(policies._seen) <= 3
    assert contact(policies).allowed


def test_kept_texts_make_the_same_policies_again(policies: Policies) -> None:
    again = load(dict(reversed(list(policies.texts().items()))), organization())
    assert again.digest == policies.digest
    for kind in get_args(Kind):
        assert contact(again, kind=kind, minor=True) == contact(policies, kind=kind, minor=True)


def test_another_text_is_another_digest(policies: Policies) -> None:
    texts = {**TEXTS, "organization/more.cedar": "// nothing yet\n"}
    assert load(texts, organization()).digest != policies.digest


def test_a_text_handed_out_cannot_change_the_policies(policies: Policies) -> None:
    texts = dict(policies.texts())
    texts.clear()
    assert policies.texts() == TEXTS


def test_reasons_of_a_refusal_stand_strongest_first(policies: Policies) -> None:
    verdict = contact(policies, standing="expired", minor=True, reachable=False, unverified=True, suppressed=True)
    strengths = [strength(code) for code in codes(verdict)]
    assert strengths == sorted(strengths)
    assert codes(verdict)[0] == "minor"
