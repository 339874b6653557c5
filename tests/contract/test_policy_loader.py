"""What may be loaded as a policy, and what is refused, in sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import msgspec
import pytest
from cedarpy import policies_to_pst

from tests.asking import TEXTS, YES
from vault.base.errors import Invalid
from vault.domain.organization import Organization
from vault.policy.check import check, read_cases, run_tests
from vault.policy.decide import Policies
from vault.policy.depth import DEEPEST
from vault.policy.loader import SCHEMA, load, problems, read
from vault.policy.rule import problems_of

OWN: Final = "organization/own.cedar"
CONTACT: Final = 'principal, action == Action::"contact", resource'


def organization() -> Organization:
    def purpose(*lineage: str) -> dict[str, object]:
        return {"key": lineage[0], "lineage": lineage, "title": {"en": "Offers"}, "kind": "offer", "basis": "consent"}

    def client(key: str) -> dict[str, object]:
        return {"key": key, "title": key, "authentication": {"method": "client_secret_basic"}, "ceiling": {}}

    words = dict.fromkeys(("slug", "name", "jurisdiction", "region", "time_zone", "locale"), "x")
    tables = (
        "channels",
        "notices",
        "suppressions",
        "evidence",
        "sources",
        "words",
        "countries",
    )
    declared = {
        **words,
        **{table: {} for table in tables},
        "locales": ["en"],
        "minor_until": 16,
        "attributes": {"first_name": {"key": "first_name", "title": {"en": "First name"}, "purposes": ["offers"]}},
        "clients": {key: client(key) for key in ("crm", "shop")},
        "double_opt_in_needs": [],
        "purposes": {
            "offers": purpose("offers"),
            "sales": purpose("sales", "offers"),
            "deals": purpose("deals", "sales", "offers"),
            "news": purpose("news"),
        },
    }
    return msgspec.convert(declared, Organization)


def own(text: str) -> dict[str, str]:
    return {**TEXTS, OWN: text}


def forbid(name: str, scope: str = CONTACT, *, reason: str = "not_allowed", when: str = "context.suppressed") -> str:
    return f'@id("{name}")\n@reason("{reason}")\nforbid ({scope}) when {{ {when} }};\n'


def permit(when: str, scope: str = CONTACT) -> str:
    return f'@id("more")\n@reason("opted_in")\npermit ({scope})\n{when};\n'


def allowed(policies: Policies, *, client: str = "crm", purpose: str = "sales") -> bool:
    return policies.contact(YES, client=client, purpose=purpose).allowed


def test_an_organization_may_forbid_more_for_a_branch_of_its_purposes() -> None:
    policies = load(own(forbid("no_sales", f'{CONTACT} in Purpose::"sales"', when="true")), organization())
    assert allowed(policies, purpose="news")
    assert allowed(policies, purpose="offers")
    assert not allowed(policies, purpose="sales")
    verdict = policies.contact(YES, client="crm", purpose="deals")
    assert (verdict.allowed, verdict.policies) == (False, ("no_sales",))


def test_an_organization_may_forbid_more_to_one_client() -> None:
    scope = 'principal == Client::"crm", action == Action::"contact", resource'
    policies = load(own(forbid("not_crm", scope, when="true")), organization())
    assert not allowed(policies)
    assert allowed(policies, client="shop")


@pytest.mark.parametrize(
    "scope", [CONTACT, 'principal, action == Action::"ask", resource', "principal, action, resource"]
)
def test_an_organization_may_not_permit_anything(scope: str) -> None:
    found = problems(own(f'@id("more") @reason("opted_in") permit ({scope}) when {{ context.standing == "granted" }};'))
    assert (
        f"{OWN}, more: an organization may only add forbids; it can be stricter than the vault, never looser" in found
    )


def test_two_policies_of_one_name_are_refused() -> None:
    assert problems(own(forbid("suppressed"))) == ["two policies are called suppressed; give one another @id"]
    assert problems(own(forbid("twice") + forbid("twice"))) == ["two policies are called twice; give one another @id"]


@pytest.mark.parametrize("name", ["", '@id("")\n', "@id\n"])
def test_a_policy_without_a_name_is_refused(name: str) -> None:
    text = f'{name}@reason("not_allowed")\nforbid ({CONTACT}) when {{ context.minor }};'
    assert problems(own(text)) == [f'{OWN}, policy0: a policy has no name; write @id("…") above it']


def test_a_forbid_without_a_reason_is_refused() -> None:
    assert problems(own(f'@id("quiet") forbid ({CONTACT}) when {{ context.minor }};')) == [
        f'{OWN}, quiet: it tells no reason; write @reason("…") above it, with a reason code'
    ]


@pytest.mark.parametrize(
    ("reason", "problem"),
    [
        ("because", "'because' is no reason code"),
        ("opted_in", "the reason opted_in allows, and a forbid does not"),
        ("policy_error", "the reason policy_error is the vault's own; no policy can give it"),
    ],
)
def test_a_forbid_with_a_reason_that_is_none_is_refused(reason: str, problem: str) -> None:
    assert problems(own(forbid("odd", reason=reason))) == [f"{OWN}, odd: {problem}"]


def test_a_permit_to_contact_tells_a_reason_that_allows() -> None:
    silent = f'@id("more") permit ({CONTACT}) when {{ context.standing == "granted" }};'
    refusing = f'@id("more") @reason("minor") permit ({CONTACT}) when {{ context.standing == "granted" }};'
    assert problems({**TEXTS, "more.cedar": silent}) == [
        'more.cedar, more: it tells no reason; write @reason("…") above it, with a reason code'
    ]
    assert problems({**TEXTS, "more.cedar": refusing}) == [
        "more.cedar, more: the reason minor refuses, and a permit does not"
    ]


@pytest.mark.parametrize(
    "when",
    [
        "",
        "when { context.known }",
        'when { context.standing == "granted" || context.known }',
        'when { context.standing != "granted" }',
        'unless { context.standing == "granted" }',
        'when { context.standing != "granted" || context.known }',
        'unless { context.standing != "granted" && context.suppressed }',
        'unless { context.standing == "granted" && context.suppressed }',
        'when { !(context.standing == "granted") }',
        'when { context.kind == "offer" && context.basis == "contract" }',
        'when { !(context.kind != "offer") }',
        'when { context.pending_for == "granted" }',
        'when { if context.known then context.standing == "granted" else true }',
        'when { context.channel == "pigeon" }',
        'when { context.channel like "granted*" }',
        'when { principal == Client::"friend" }',
        'when { {standing: "granted"}.standing == "granted" }',
        'when { context == context || context.standing == "granted" }',
        'when { context.standing == "granted" || context.kind == "offer" }',
        'unless { context.standing != "granted" && context.kind != "service" && context.suppressed }',
    ],
)
def test_a_permit_that_could_allow_an_offer_without_a_yes_is_refused(when: str) -> None:
    (problem,) = problems({**TEXTS, "more.cedar": permit(when)})
    assert problem.startswith("more.cedar, more: this permit could allow an offer without a yes; join")


@pytest.mark.parametrize(
    "scope",
    [
        "principal, action, resource",
        'principal, action in [Action::"contact"], resource',
        'principal, action in [Action::"ask", Action::"contact"], resource',
    ],
)
def test_a_permit_that_reaches_contact_by_another_way_is_held_to_the_same(scope: str) -> None:
    policy = policies_to_pst(permit("", scope)).static_policies["policy0"]
    assert any("offer without a yes" in problem for problem in problems_of(policy, own=False))


@pytest.mark.parametrize(
    "when",
    [
        'when { context.standing == "granted" }',
        'when { context.known && (context.suppressed == false && context.standing == "granted") }',
        'when { context.known } when { context.standing == "granted" }',
        'unless { context.standing != "granted" }',
        'unless { context.suppressed || context.standing != "granted" }',
        'when { context.standing == "granted" || context.kind == "service" }',
        'when { context.kind != "offer" }',
        'when { context.kind == "service" }',
        'unless { context.kind == "offer" }',
        'when { !(context.kind == "offer") && context.known }',
        'when { !(context.standing != "granted") }',
    ],
)
def test_a_permit_that_excludes_offers_or_wants_a_yes_may_be_loaded(when: str) -> None:
    assert problems({**TEXTS, "more.cedar": permit(when)}) == []


def test_a_permit_for_another_action_needs_no_yes() -> None:
    text = '@id("more") permit (principal, action == Action::"ask", resource) when { context.purpose_granted };'
    assert problems({**TEXTS, "more.cedar": text}) == []


def test_a_policy_with_a_slot_is_refused() -> None:
    text = '@id("slot") @reason("not_allowed") forbid (principal == ?principal, action, resource);'
    assert problems(own(text)) == [
        f"{OWN}: a policy has a slot (?principal or ?resource); the vault fills none, so write out whom it means"
    ]


def test_a_policy_that_speaks_of_a_fact_nobody_fills_is_refused_by_name() -> None:
    (problem,) = problems(own(forbid("full_moon", when="context.full_moon")))
    assert problem.startswith("full_moon: ")
    assert "full_moon" in problem.partition(": ")[2]


def test_a_text_that_cannot_be_parsed_is_refused_by_its_name() -> None:
    (problem,) = problems(own("forbid (principal"))
    assert problem.startswith(f"{OWN}: ")


@pytest.mark.parametrize(
    "deep",
    [
        "(" * 30_000 + "true" + ")" * 30_000,
        "true" + " && true" * 8_000,
        "context" + ".known" * 8_000,
        "[" * 30_000 + "]" * 30_000 + " == []",
        "if true then " * 3_000 + "true" + " else true" * 3_000,
        '"// no comment" == "" && ' + "(" * 30_000 + "true" + ")" * 30_000,
        "true //\r && " + "(" * 30_000 + "true" + ")" * 30_000,
    ],
    ids=range(7),
)
def test_a_policy_so_deep_that_cedar_would_fall_over_it_is_refused(deep: str) -> None:
    (problem,) = problems(own(forbid("deep", when=deep)))
    assert problem == f"{OWN}: a policy has more than {DEEPEST} brackets and operators; make several of it"


def test_many_policies_are_not_deep_and_words_without_an_end_are_refused() -> None:
    assert problems(own("".join(forbid(f"many_{number}", when="!(context.known)") for number in range(60)))) == []
    (problem,) = problems(own(forbid("open", when='"\\\\" == "')))
    assert problem == f"{OWN}: words in quotes never end; close them with another quote"


def test_a_text_cannot_begin_a_policy_that_the_next_one_ends() -> None:
    begun = f'@id("begun") @reason("not_allowed") forbid ({CONTACT}) when {{ '
    found = problems({**TEXTS, "organization/a.cedar": begun, "organization/b.cedar": "context.minor };"})
    assert len(found) == 2


def test_a_comment_without_a_line_end_swallows_nothing() -> None:
    texts = {**TEXTS, "a.cedar": "// nothing here", OWN: "// nor here"}
    assert allowed(load(texts, organization()))


def test_every_problem_is_told_at_once() -> None:
    found = problems(own(forbid("odd", reason="because") + forbid("suppressed", when="context.full_moon")))
    assert len(found) == 3


def test_texts_with_a_problem_are_not_loaded() -> None:
    with pytest.raises(Invalid, match="bad_policy: two policies are called suppressed"):
        load(own(forbid("suppressed")), organization())


def test_texts_without_a_schema_or_with_a_broken_one_are_refused() -> None:
    assert problems({name: text for name, text in TEXTS.items() if name != SCHEMA}) == [f"{SCHEMA} is missing"]
    (problem,) = problems({**TEXTS, SCHEMA: "entity Client"})
    assert problem.startswith(f"{SCHEMA}: ")


def write(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def case(**changes: object) -> dict[str, object]:
    request = {
        "principal": 'Client::"crm"',
        "action": 'Action::"contact"',
        "resource": 'Purpose::"news"',
        "context": YES,
    }
    plain = {"name": "a yes", "request": request, "entities": [], "decision": "allow", "reason": ["opted_in"]}
    return {**plain, "num_errors": 0, **changes}


def test_a_folder_is_read_with_the_organizations_own_policies(tmp_path: Path) -> None:
    folder = write(tmp_path, own(forbid("own")))
    assert read(folder) == own(forbid("own"))
    assert check(folder) == []


def test_a_folder_without_policies_is_refused(tmp_path: Path) -> None:
    assert check(tmp_path) == [f"this folder wants a {SCHEMA} and policies, readable and in UTF-8"]
    write(tmp_path, {SCHEMA: TEXTS[SCHEMA]})
    assert check(tmp_path) == ["this folder has a schema and no policies; put files that end in .cedar beside it"]
    (tmp_path / "contact.cedar").write_bytes(b"\xff\xfe")
    assert check(tmp_path) == [f"this folder wants a {SCHEMA} and policies, readable and in UTF-8"]


def test_a_folder_with_a_problem_is_told_and_not_tested(tmp_path: Path) -> None:
    folder = write(tmp_path, own(forbid("suppressed")))
    assert check(folder) == ["two policies are called suppressed; give one another @id"]
    with pytest.raises(Invalid, match="bad_policy"):
        run_tests(folder)


def test_a_test_that_wants_something_else_says_what(tmp_path: Path) -> None:
    cases = [
        case(),
        case(name="a no", decision="deny", reason=[]),
        case(name="an error", num_errors=1),
        case(name="more reasons", reason=["opted_in", "minor"]),
    ]
    outcomes = run_tests(write(tmp_path, {**TEXTS, "tests/own.json": json.dumps(cases)}))
    assert [(outcome.name, outcome.passed, outcome.detail) for outcome in outcomes] == [
        ("a yes", True, ""),
        ("a no", False, "expected deny, got allow; expected no policy to determine it, got opted_in"),
        ("an error", False, "expected 1 errors, got 0"),
        ("more reasons", False, "expected minor, opted_in to determine it, got opted_in"),
    ]


def test_a_test_may_bring_its_own_purposes(tmp_path: Path) -> None:
    entities = [
        {"uid": {"type": "Purpose", "id": "news"}, "attrs": {}, "parents": [{"type": "Purpose", "id": "offers"}]},
        {"uid": {"type": "Purpose", "id": "offers"}, "attrs": {}, "parents": []},
    ]
    texts = own(forbid("no_offers", f'{CONTACT} in Purpose::"offers"', when="true"))
    cases = [case(), case(name="a branch", entities=entities, decision="deny", reason=["no_offers"])]
    outcomes = run_tests(write(tmp_path, {**texts, "tests/own.json": json.dumps(cases)}))
    assert [outcome.passed for outcome in outcomes] == [True, True]


def test_a_test_whose_request_makes_no_sense_fails_and_says_why(tmp_path: Path) -> None:
    request = {"principal": 'Client::"crm"', "action": 'Action::"dance"', "resource": 'Purpose::"x"', "context": {}}
    text = json.dumps([case(request=request, decision="deny", reason=[])])
    (outcome,) = run_tests(write(tmp_path, {**TEXTS, "tests/own.json": text}))
    assert not outcome.passed
    assert "dance" in outcome.detail


@pytest.mark.parametrize("text", ["{", "{}", '[{"name": "x"}]', json.dumps([case(reson=[])])])
def test_tests_that_cannot_be_read_are_refused_by_the_name_of_their_file(tmp_path: Path, text: str) -> None:
    write(tmp_path, {**TEXTS, "tests/own.json": text})
    with pytest.raises(Invalid, match=r"bad_policy_test: tests/own\.json: "):
        read_cases(tmp_path)


def test_a_folder_without_tests_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no_policy_tests"):
        run_tests(write(tmp_path, TEXTS))
