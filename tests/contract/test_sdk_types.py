"""The SDK speaks the contract: the same fields with the same types, and a method for every operation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
import yaml
from consent_vault import (
    Choice,
    Contact,
    ContactPoint,
    Problem,
    Question,
    Reference,
    TextMessage,
    Vault,
    access,
    answers,
    audiences,
    imports,
    promises,
    questions,
)

CONTRACT = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text("utf-8"))
SCHEMAS = CONTRACT["components"]["schemas"]
BY_SESSION = {path: methods for path, methods in CONTRACT["paths"].items() if path.startswith("/v1/log/")}
"""What people ask who are signed in; no client does."""
CUSTOMER = "cus_06h0090m41t835kpwqjv10s1y0"
POINT = "ctp_06h0090m41t835kpwqjv10s1y0"
AUDIENCE = "aud_06h0090m41t835kpwqjv10s1y0"
REQUEST = "rgt_06h0090m41t835kpwqjv10s1y0"
IMPORT = "imp_06h0090m41t835kpwqjv10s1y0"
DECISION = "dec_06h0090m41t835kpwqjv10s1y0"
IN_PATHS = {
    CUSTOMER: "customer",
    POINT: "contact_point",
    DECISION: "decision",
    REQUEST: "request_id",
    AUDIENCE: "audience",
    IMPORT: "import_id",
    "newsletter.csv": "path",
}

ANSWERS: dict[type, str] = {
    access.Token: "TokenIssued",
    answers.Answered: "PromptAnswered",
    answers.Asked: "PromptShown",
    answers.AtMost: "AtMost",
    answers.Chosen: "ChoiceStated",
    answers.ChannelTold: "ChannelTold",
    answers.Consent: "ConsentShown",
    answers.Consents: "Consents",
    answers.Customer: "CustomerShown",
    answers.Decision: "Decision",
    answers.Decisions: "Answers",
    answers.Found: "Found",
    answers.Heard: "Understood",
    answers.Logged: "LogTold",
    answers.Outcome: "OutcomeKept",
    answers.PointAdded: "PointAdded",
    answers.PointShown: "PointShown",
    answers.PolicyChange: "Change",
    answers.PolicyEffect: "Effect",
    answers.PolicyProblems: "PoliciesChecked",
    answers.Preferences: "Preferences",
    answers.Prompt: "Prompt",
    answers.Reason: "ReasonTold",
    answers.PermitKey: "PermitKeyShown",
    answers.Registered: "Registered",
    answers.RevokedPermit: "RevokedPermit",
    answers.RevokedPermits: "RevokedPermits",
    answers.RightsRequest: "RequestTold",
    answers.RightsRequests: "Requests",
    answers.Standing: "StandingTold",
    answers.Stated: "Stated",
    answers.Suppression: "Suppression",
    answers.Suppressions: "Suppressed",
    answers.Withheld: "Withheld",
    audiences.Audience: "AudienceTold",
    audiences.AudienceLine: "AudienceLine",
    audiences.Progress: "Progress",
    audiences.Totals: "Totals",
    imports.Import: "ImportTold",
    imports.ImportFile: "ImportFile",
    imports.ImportPage: "Imports",
    imports.ImportProgress: "ImportProgress",
    imports.ImportRow: "ImportRow",
    imports.ImportRows: "ImportRows",
    imports.ImportRowsPage: "ImportRowsPage",
    imports.ImportSent: "ImportFileReceived",
    imports.ImportUndone: "Undoing",
    promises.Promise: "Promise",
}
REQUESTS: dict[Any, str] = {
    questions.Answer: "PromptAnswer",
    questions.Ask: "NewPrompt",
    questions.Choice: "Choice",
    questions.Contact: "ContactValue",
    questions.ContactPoint: "NewContactPoint",
    questions.Correction: "Correction",
    questions.Limit: "AtMost",
    questions.Dealing: "NewDealing",
    questions.No: "NewNo",
    questions.Question: "Question",
    questions.Reference: "Reference",
    questions.Registration: "Registration",
    questions.TextMessage: "TextMessage",
    questions.Wishes: "Wanted",
    questions.Yes: "NewGrant",
}
NAMES = {kind.__name__: name for kind, name in {**ANSWERS, **REQUESTS}.items()}
NOT_FOR_METHODS = {"token", "revoke", "introspect", "authorization_server_metadata", "jwks", "health"}
NOT_READ = {"scope", "authorization_details", "issued_token_type", "act"}
"""Of a token: how far it goes is for the vault to check."""
ON_THE_LINE = {
    "send_code",
    "me_show",
    "me_consents",
    "me_withdraw",
    "me_preferences",
    "me_prefer",
    "me_rights",
    "me_ask_right",
    "me_receipts",
    "me_receipt",
}
"""For a customer on the line a client carries another token, which any OAuth library exchanges for."""
AUTHZEN_METHODS = {"evaluate", "evaluate_batch", "authzen_metadata"}
"""Enforcement points speak AuthZEN; the SDK asks the same by `decide`."""
AUTHZEN = {
    "AllEvaluated",
    "Circumstances",
    "Deed",
    "Entity",
    "Evaluated",
    "EvaluatedContext",
    "Evaluation",
    "EvaluationError",
    "EvaluationOptions",
    "Evaluations",
    "PolicyDecisionPoint",
}

CALLS: dict[str, Callable[[Vault], object]] = {
    "decide": lambda vault: vault.decide(customer=CUSTOMER, purpose="sales", channel="email"),
    "decide_batch": lambda vault: vault.decide_batch([Question(customer=CUSTOMER, purpose="sales", channel="email")]),
    "register_customer": lambda vault: vault.register(external=[Reference(source="crm", id="1")]),
    "lookup_customer": lambda vault: vault.lookup(external=Reference(source="crm", id="1")),
    "show_customer": lambda vault: vault.show_customer(CUSTOMER),
    "show_preferences": lambda vault: vault.preferences(CUSTOMER),
    "tell_outcome": lambda vault: vault.outcome(DECISION, "sent"),
    "make_audience": lambda vault: vault.audience([CUSTOMER], purpose="sales", channel="email", release=["contact"]),
    "show_audience": lambda vault: vault.audience_so_far(AUDIENCE),
    "audience_result": lambda vault: vault.audience_result(AUDIENCE),
    "cancel_audience": lambda vault: vault.cancel_audience(AUDIENCE),
    "make_import": lambda vault: vault.new_import(exported_at=datetime(2026, 10, 31, tzinfo=UTC)),
    "upload_import": lambda vault: vault.send_file(IMPORT, "newsletter.csv", data=b"quokka"),
    "run_import": lambda vault: vault.run_import(IMPORT),
    "list_imports": lambda vault: vault.imports(before=IMPORT),
    "show_import": lambda vault: vault.import_so_far(IMPORT),
    "import_rows": lambda vault: vault.import_rows(IMPORT, "review"),
    "discard_import": lambda vault: vault.discard_import(IMPORT),
    "undo_import": lambda vault: vault.undo_import(IMPORT, with_noes=True, reason="another company's"),
    "permit_key": lambda vault: vault.permit_key(),
    "revoked_permits": lambda vault: vault.revoked_permits(),
    "prefer": lambda vault: vault.prefer(CUSTOMER, order=["email"]),
    "correct_customer": lambda vault: vault.correct_customer(CUSTOMER, locale="en"),
    "add_contact_point": lambda vault: vault.add_contact_point(CUSTOMER, ContactPoint(kind="email", value="a@b.test")),
    "remove_contact_point": lambda vault: vault.remove_contact_point(CUSTOMER, POINT),
    "show_consents": lambda vault: vault.consents(CUSTOMER),
    "merge_customers": lambda vault: vault.merge(CUSTOMER, CUSTOMER),
    "unmerge_customer": lambda vault: vault.unmerge(CUSTOMER),
    "grant": lambda vault: vault.grant(CUSTOMER, purpose="sales", channel="email"),
    "deal": lambda vault: vault.deal(CUSTOMER, what="purchased"),
    "make_prompt": lambda vault: vault.prompt(purposes=["sales"], method="form"),
    "answer_prompt": lambda vault: vault.answer_prompt(
        prompt="p", customer=CUSTOMER, choices=[Choice(purpose="sales", channel="email", say="yes")]
    ),
    "refuse": lambda vault: vault.refuse(CUSTOMER, purpose="sales"),
    "withdraw": lambda vault: vault.withdraw(CUSTOMER, purpose="sales"),
    "object": lambda vault: vault.object(CUSTOMER, purpose="sales"),
    "suppress": lambda vault: vault.suppress(Contact(kind="email", value="a@b.test"), channel="email"),
    "hear_sms": lambda vault: vault.hear_sms(TextMessage(sender="+4479110001", text="STOP", id="1")),
    "list_rights_requests": lambda vault: vault.rights_requests(after=REQUEST),
    "show_rights_request": lambda vault: vault.rights_request(REQUEST),
    "finish_rights_request": lambda vault: vault.finish_rights_request(REQUEST),
    "refuse_rights_request": lambda vault: vault.refuse_rights_request(REQUEST, reason="we cannot tell"),
    "extend_rights_request": lambda vault: vault.extend_rights_request(REQUEST, reason="we cannot tell"),
    "check_policies": lambda vault: vault.check_policies({"quiet.cedar": ""}),
    "replay_policies": lambda vault: vault.replay_policies({"quiet.cedar": ""}, last=10),
    "list_suppressions": lambda vault: vault.suppressions(after="sup_06h0090m41t835kpwqjv10s1y0"),
}


def schema_of(kind: Any) -> dict[str, Any]:
    def released(custom: type) -> dict[str, Any]:
        assert custom is answers.Released
        return {"anyOf": [{"type": "object", "additionalProperties": {"type": "string"}}, {"type": "null"}]}

    _, components = msgspec.json.schema_components([kind], schema_hook=released)
    found: dict[str, Any] = components[kind.__name__]
    return found


def kinds(schema: dict[str, Any], names: dict[str, str]) -> set[str]:
    """Every kind of JSON value that fits, in words; objects by the contract's names for them."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return {names.get(name, name)}
    if "anyOf" in schema:
        return set[str]().union(*(kinds(way, names) for way in schema["anyOf"]))
    match schema.get("type"):
        case "array":
            return {f"array of {sorted(kinds(schema['items'], names))}"}
        case "object":
            return {f"map of {sorted(kinds(schema['additionalProperties'], names))}"}
        case plain:
            return {f"{plain} {schema.get('format', '')}"}


def properties(schema: dict[str, Any], names: dict[str, str]) -> dict[str, set[str]]:
    return {name: kinds(described, names) for name, described in schema["properties"].items()}


@pytest.mark.parametrize(("kind", "name"), ANSWERS.items(), ids=lambda value: getattr(value, "__name__", value))
def test_every_field_of_an_answer_is_read_with_a_type_it_fits(kind: type, name: str) -> None:
    ours, theirs = schema_of(kind), SCHEMAS[name]
    read_here = {field: way for field, way in theirs["properties"].items() if field not in NOT_READ}
    told = properties({"properties": read_here}, {})
    read = properties(ours, NAMES)
    assert read.keys() == told.keys()
    assert {field: fits - read[field] for field, fits in told.items() if not fits <= read[field]} == {}
    assert {*ours.get("required", ())} <= {*theirs.get("required", ())}


@pytest.mark.parametrize(("kind", "name"), REQUESTS.items(), ids=lambda value: getattr(value, "__name__", value))
def test_every_field_of_a_request_can_be_sent(kind: Any, name: str) -> None:
    ours, theirs = schema_of(kind), SCHEMAS[name]
    sent = {field: fits - {"null "} for field, fits in properties(ours, NAMES).items()}
    taken = {field: fits - {"null "} for field, fits in properties(theirs, {}).items()}
    assert sent == taken
    assert {*ours["required"]} == {*theirs.get("required", [])}


def test_a_suppression_and_a_lookup_can_be_sent_in_full() -> None:
    stop = properties(schema_of(questions.Stop), NAMES).keys()
    assert {*stop, "contact"} == SCHEMAS["NewSuppression"]["properties"].keys()
    assert SCHEMAS["Lookup"]["properties"].keys() == {"contact", "external"}


def spoken(paths: object) -> set[str]:
    """Return the schemas that these paths lead to, however far."""
    found: set[str] = set()
    rest = [json.dumps([paths, CONTRACT["components"]["responses"]])]
    while rest:
        new = {*re.findall(r"schemas/(\w+)", rest.pop())} - found
        rest += [json.dumps(SCHEMAS[name]) for name in new]
        found |= new
    return found


def test_every_schema_of_the_contract_is_spoken() -> None:
    elsewhere = {
        "NewAudience",
        "AudienceMember",
        "NewImport",
        "NewUndoing",
        "NewMerge",
        "NewSuppression",
        "NewPolicies",
        "PoliciesTried",
        "OutcomeTold",
        "Lookup",
        "Questions",
        "Health",
        "Problem",
        "TokenRequest",
        "TokenRefused",
    }
    elsewhere |= {
        "OutcomeTold",
        "TokenAbout",
        "TokenRevoked",
        "TokenState",
        "OwnNo",
        "CodeSent",
        "Receipts",
        "NoReceipt",
        "NewRequest",
        "OwnRequests",
        "Because",
    }
    others = {path: methods for path, methods in CONTRACT["paths"].items() if path not in BY_SESSION}
    assert {*NAMES.values(), *elsewhere, *AUTHZEN} == SCHEMAS.keys() - (spoken(BY_SESSION) - spoken(others))


@pytest.mark.parametrize("name", CALLS)
def test_every_method_calls_its_operation(name: str) -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        match request.url.path:
            case "/.well-known/oauth-authorization-server":
                issuer = "https://vault.test"
                return httpx2.Response(200, json={"issuer": issuer, "token_endpoint": f"{issuer}/oauth/token"})
            case "/oauth/token":
                return httpx2.Response(200, json={"access_token": "t", "token_type": "Bearer", "expires_in": 300})
        return httpx2.Response(418)

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as http:
        vault = Vault("https://vault.test", client_id="fernhill.crm", client_secret="s", http=http)
        with pytest.raises(Problem):
            CALLS[name](vault)
    request = seen[-1]
    path = request.url.path
    for own, place in IN_PATHS.items():
        path = path.replace(own, f"{{{place}}}")
    operation = CONTRACT["paths"][path][request.method.lower()]
    assert operation["operationId"] == name
    named = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"}
    assert {*request.url.params} <= named
    takes_key = any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ()))
    assert ("idempotency-key" in request.headers) == takes_key


def test_every_operation_has_a_method() -> None:
    operations = {operation["operationId"] for methods in CONTRACT["paths"].values() for operation in methods.values()}
    by_session = {operation["operationId"] for methods in BY_SESSION.values() for operation in methods.values()}
    assert operations - by_session - NOT_FOR_METHODS - AUTHZEN_METHODS - ON_THE_LINE == CALLS.keys()
