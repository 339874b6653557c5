"""Who may do what: every route asks a policy that is tested both ways, or stands on the one list of open doors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Final, NamedTuple, get_args

import pytest
from cedarpy import pst
from litestar.routes import HTTPRoute
from structlog.testing import capture_logs

from tests.asking import TEXTS, organization
from tests.mutating import CASES, STATIC, named, noticed
from vault.app import create_app
from vault.base.settings import Settings
from vault.domain.access import PRINCIPALS
from vault.domain.organization import Action
from vault.policy.decide import Policies, Verdict
from vault.policy.loader import SCHEMA, load, problems

OPEN: Final = {
    "GET /health": "a load balancer has no token, and it is told nothing but up or down",
    "POST /oauth/token": "here a client proves who it is to get a token in the first place",
    "POST /oauth/revoke": "a client proves who it is here, and ends tokens of its own alone (RFC 7009 section 2.1)",
    "POST /oauth/introspect": "a client proves who it is here, and is told of its own organization's tokens alone",
    "GET /.well-known/oauth-authorization-server": "clients read it before they have a token (RFC 8414 section 3)",
    "GET /.well-known/jwks.json": "public keys, by which anybody may verify a token",
    "GET /.well-known/authzen-configuration": "enforcement points read it before they have a token",
    "GET /assets/passkeys.js": "a script, the same for everybody",
    "GET /assets/verify.js": "a script, the same for everybody",
    "GET /assets/verifying.js": "a script, the same for everybody",
    "GET /console/{slug:str}/verify": "words and a script: the bundle it fetches asks the policy",
    "GET /console": "asks whose console it should be, and never says whose there are",
    "GET /console/{slug:str}/sign-in": "where auditors and admins come in",
    "POST /console/{slug:str}/sign-in": "the same, with a passkey",
    "POST /console/{slug:str}/sign-in/provider": "the same, by way of the organization's provider",
    "GET /console/{slug:str}/sign-in/provider/back": "the way back from there",
    "GET /console/{slug:str}/enrol/{token:str}": "the link is the right; opening it changes nothing",
    "POST /console/{slug:str}/enrol/{token:str}": "the link is the right, once",
    "GET /console/{slug:str}/{rest:path}": "no page at all: it is told so as a page",
    "GET /.well-known/gpc.json": "that a browser's signal is heeded here, the same for everybody",
    "GET /assets/vault.css": "how pages look where no organization is known",
    "GET /assets/icon.svg": "a mark, the same for everybody",
    "GET /assets/fonts/{name:str}": "letters, the same for everybody",
    "GET /p/{slug:str}/erase": "words alone: it says what erasing does, and has a button that asks the policy",
    "GET /p/{slug:str}/vault.css": "an organization's colours, which its website shows as well",
    "GET /p/{slug:str}/keys.json": "public keys, by which anybody may verify a receipt",
    "GET /p/{slug:str}/sign-in": "where customers come in",
    "POST /p/{slug:str}/sign-in": "the same, with an address nobody is told is known",
    "POST /p/{slug:str}/sign-in/passkey": "the same, with a passkey",
    "GET /p/{slug:str}/sign-in/code": "the same, for the code sent there",
    "POST /p/{slug:str}/sign-in/code": "the code is the right, once",
    "GET /p/{slug:str}/contact-points/{point:str}/code": "a field for a code, for whoever was sent one while signed in",
    "GET /p/{slug:str}/in/{token:str}": "the link is the right; opening it changes nothing",
    "POST /p/{slug:str}/in": "the link is the right, once",
    "POST /p/{slug:str}/in/deny": "whoever was sent a link they did not ask for may kill it",
    "GET /p/{slug:str}/stop-address": "words and a field: where to ask for a link that stops what goes to an address",
    "POST /p/{slug:str}/stop-address": "whoever reads the mail of an address may stop it; nobody is told it is known",
    "GET /u/{token:str}": "the link is the right; opening it changes nothing",
    "HEAD /u/{token:str}": "the same, for whoever only looks whether it leads anywhere",
    "GET /c/{token:str}": "the link is the right; opening it changes nothing",
    "HEAD /c/{token:str}": "the same, for whoever only looks whether it leads anywhere",
    "GET /p/{slug:str}/{rest:path}": "no page at all: it is told so as a page",
    "GET /log/{slug:str}/{generation:str}/{capability:str}/checkpoint": "the capability is the right",
    "GET /log/{slug:str}/{generation:str}/{capability:str}/tile/{rest:path}": "the same; a tile names nobody",
    "GET /schema": "the contract, the same for everybody and printed in the repository",
    "GET /schema/openapi.json": "the same",
    "GET /schema/{path:str}": "no page at all: every path below it is answered 404",
}
"""Routes that ask no policy, each with the reason."""

LINK: Final = PRINCIPALS["link"]
OF_LINKS: Final = {"leave_by_link", "less_by_link", "undo_leaving", "answer_by_link"}
"""The operations that the schema lets a link be asked about; of any other it is an error to ask."""
KINDS: Final = tuple(PRINCIPALS.values())
SCOPES: Final = tuple(get_args(Action))
ACCESS: Final = "Vault"
OWN_CASES: Final = [case for case in CASES if case.request.resource.startswith(f"{ACCESS}::")]


class Asked(NamedTuple):
    """What the policies are told of whoever comes."""

    scopes: tuple[str, ...] = ()
    fresh: bool = False
    acted_for: bool = False


@pytest.fixture(scope="module")
def policies() -> Policies:
    return load(TEXTS, organization())


def routes() -> Iterator[tuple[str, str | None]]:
    """Yield every route as `METHOD path` with its operation. OPTIONS is the framework's own and tells methods alone."""
    for route in create_app(Settings(), "postgresql://nowhere").routes:
        assert isinstance(route, HTTPRoute), f"{route.path}: neither a policy nor this test knows of such a route"
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods):
                if method == "OPTIONS":
                    assert handler.fn.__module__ == "litestar.routes.http", route.path
                else:
                    operation = handler.operation_id
                    assert operation is None or isinstance(operation, str)
                    yield f"{method} {route.path}", operation


ROUTES: Final = sorted(routes(), key=str)  # their order is chance's


def operations() -> list[str]:
    """Return the operations the schema declares."""
    found = []
    for text in TEXTS[SCHEMA].split("action ")[1:]:
        names, _, rest = text.partition("appliesTo")
        if f"resource: [{ACCESS}]" in rest:
            found += [name.strip().strip('"') for name in names.replace("\n", " ").split(",")]
    return found


def everybody() -> Iterator[tuple[str, Asked]]:
    """Yield whoever may come: all kinds, with no scope, with any one, with all, with all but one."""
    one = [(scope,) for scope in SCOPES]
    all_but = [tuple(other for other in SCOPES if other != scope) for scope in SCOPES]
    for scopes, fresh in product(((), *one, *all_but, SCOPES), (False, True)):
        for kind in KINDS:
            yield kind, Asked(scopes, fresh)
        yield "Customer", Asked(scopes, fresh, acted_for=True)


def asked(policies: Policies, kind: str, who: Asked, *, operation: str) -> Verdict:
    return policies.access(who._asdict(), principal=(kind, "crm"), operation=operation)


def allowed(policies: Policies, kind: str, who: Asked, *, operation: str) -> bool:
    return asked(policies, kind, who, operation=operation).allowed


def decided(operation: str, kind: str) -> set[str]:
    """Return how the tests of the policies decide this for this kind."""
    return {
        case.decision
        for case in OWN_CASES
        if case.request.action == f'Action::"{operation}"' and case.request.principal.startswith(f"{kind}::")
    }


@pytest.mark.parametrize(("route", "operation"), ROUTES)
def test_every_route_has_a_policy_tested_both_ways_or_stands_open_for_a_reason(
    route: str, operation: str | None
) -> None:
    if route in OPEN:
        assert operation not in operations()
        return
    assert operation in operations(), f"{route}: declare its operation in {SCHEMA}, or give a reason in OPEN"
    both = set().union(*(decided(operation, kind) for kind in KINDS))
    assert both == {"allow", "deny"}, f"{route}: policies/tests/access.json wants a case for and one against"


def test_every_open_door_is_there_and_says_why() -> None:
    assert set(OPEN) <= {route for route, _ in ROUTES}
    assert all(len(reason.split()) > 1 for reason in OPEN.values())


@pytest.mark.parametrize("operation", operations())
def test_every_operation_is_tested_for_each_kind_that_comes(policies: Policies, operation: str) -> None:
    for kind in KINDS:
        ever = any(allowed(policies, other, who, operation=operation) for other, who in everybody() if other == kind)
        if kind == LINK and operation not in OF_LINKS:
            assert not ever
            continue
        wanted = {"allow", "deny"} if ever else {"deny"}
        # A right that nothing takes away again has nothing to be denied by.
        always = ever and all(
            allowed(policies, other, who, operation=operation) for other, who in everybody() if other == kind
        )
        assert decided(operation, kind) == (wanted - {"deny"} if always else wanted), f"{operation} for {kind}"


def test_no_operation_is_declared_that_nobody_may_do(policies: Policies) -> None:
    at_the_machine = {"import", "add_staff", "show_staff", "remove_staff"}
    at_the_machine |= {"finish_rotation", "suspend_client", "resume_client", "end_tokens"}
    at_the_machine |= {"export_everything", "restore_everything"}
    for operation in operations():
        ever = any(allowed(policies, kind, who, operation=operation) for kind, who in everybody())
        assert ever != (operation in at_the_machine), operation


def test_every_system_may_bring_a_no_and_without_a_scope_none_may_do_anything(policies: Policies) -> None:
    for operation in operations():
        assert not allowed(policies, "Client", Asked(fresh=True), operation=operation), operation
        assert not allowed(policies, "Customer", Asked(fresh=True, acted_for=True), operation=operation), operation
    for operation in ("withdraw", "refuse", "object", "suppress", "hear_sms"):
        assert allowed(policies, "Client", Asked(("withdraw",)), operation=operation)


def test_only_a_system_is_ever_handed_a_field(policies: Policies) -> None:
    for kind, who in everybody():
        wanted = kind == "Client" and "release" in who.scopes
        assert allowed(policies, kind, who, operation="receive_fields") == wanted


def test_only_a_system_that_sends_messages_lifts_a_stop(policies: Policies) -> None:
    for kind, who in everybody():
        wanted = kind == "Client" and "outcome" in who.scopes
        assert allowed(policies, kind, who, operation="lift_stop") == wanted


def test_to_have_signed_in_just_now_opens_nothing_to_a_system_and_never_closes_a_withdrawal(
    policies: Policies,
) -> None:
    for operation, (kind, who) in product(operations(), everybody()):
        stale = allowed(policies, kind, who._replace(fresh=False), operation=operation)
        fresh = allowed(policies, kind, who._replace(fresh=True), operation=operation)
        assert fresh or not stale
        if kind == "Client" or who.acted_for or "withdraw" in operation:
            assert fresh == stale, operation


def test_a_system_acting_for_a_customer_may_never_do_more_than_the_customer(policies: Policies) -> None:
    for operation in operations():
        if allowed(policies, "Customer", Asked(SCOPES, fresh=True, acted_for=True), operation=operation):
            assert allowed(policies, "Customer", Asked(fresh=True), operation=operation), operation


def test_an_operation_nobody_declared_is_refused_and_told_of(policies: Policies) -> None:
    verdict = asked(policies, "Client", Asked(SCOPES), operation="dance")
    assert (verdict.allowed, verdict.error) == (False, True)


def test_that_no_policy_opens_a_door_is_an_ordinary_no(policies: Policies) -> None:
    verdict = asked(policies, "Client", Asked(), operation="decide")
    assert (verdict.allowed, verdict.error, verdict.policies) == (False, False, ())


BROKEN: Final = """
@id("broken")
forbid (principal, action == Action::"decide", resource)
when { 9223372036854775807 + (if context.scopes.contains("decide") then 1 else 0) == 0 };
"""


def test_a_policy_on_access_that_cannot_be_evaluated_refuses_and_is_told_of() -> None:
    policies = load({**TEXTS, "broken.cedar": BROKEN}, organization())
    with capture_logs():
        verdict = asked(policies, "Client", Asked(SCOPES), operation="decide")
    assert (verdict.allowed, verdict.error, verdict.policies) == (False, True, ())
    assert allowed(policies, "Client", Asked(SCOPES), operation="decide_batch")


# ── Every line of it is needed, and nothing can be added unnoticed ───────────────────────────────────────────────────
OWN: Final = {
    policy.annotations["id"]: place for place, policy in STATIC.items() if named(policy) & frozenset(operations())
}
PERMITS: Final = [name for name, place in OWN.items() if STATIC[place].effect == "permit"]


def with_actions(policy: pst.Template, actions: frozenset[str]) -> pst.Template:
    kind = pst.EntityType(basename="Action", namespace=())
    return replace(
        policy, action=pst.ActionIn(entities=tuple(pst.EntityUid(type=kind, id=one) for one in sorted(actions)))
    )


@pytest.mark.parametrize("name", OWN)
def test_without_any_one_operation_of_a_policy_a_test_fails(name: str) -> None:
    policy = STATIC[OWN[name]]
    for operation in named(policy):
        fewer = with_actions(policy, named(policy) - {operation})
        assert noticed({**STATIC, OWN[name]: fewer}, by=frozenset({operation})), f"{name} does not need {operation}"


@pytest.mark.parametrize("name", PERMITS)
def test_with_any_one_operation_more_in_a_permit_a_test_fails(name: str) -> None:
    policy = STATIC[OWN[name]]
    possible = OF_LINKS if named(policy) <= OF_LINKS else operations()
    for operation in frozenset(possible) - named(policy):
        more = with_actions(policy, named(policy) | {operation})
        assert noticed({**STATIC, OWN[name]: more}, by=frozenset({operation})), f"{name} could open {operation}"


@pytest.mark.parametrize("name", PERMITS)
def test_with_a_permit_for_whoever_comes_a_test_fails(name: str) -> None:
    policy = STATIC[OWN[name]]
    if policy.principal != pst.ScopeAny():
        assert noticed({**STATIC, OWN[name]: replace(policy, principal=pst.ScopeAny())}, by=named(policy)), (
            f"{name} for all"
        )


# ── What may be loaded ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", ["contact", "everything"])
def test_an_action_in_another_is_refused_so_that_no_group_slips_a_permit_through(name: str) -> None:
    grouped = TEXTS[SCHEMA].replace("action contact appliesTo", 'action contact in ["ask", "everything"] appliesTo')
    grouped += "action everything;"
    more = f'@id("more") permit (principal, action in Action::"{name}", resource) when {{ true }};'
    assert problems({**TEXTS, SCHEMA: grouped, "more.cedar": more}) == [
        f"{SCHEMA}: an action is in another; each stands alone, so that a policy's form tells what it is about"
    ]


OWN_FILE: Final = "organization/own.cedar"
DECIDE: Final = 'action == Action::"decide", resource'
SCOPE: Final = 'context.scopes.contains("decide")'


@pytest.mark.parametrize(
    ("principal", "condition"),
    [
        ("principal is Client", ""),
        ("principal", ""),
        ("principal is Customer", ""),
        ('principal == Client::"crm"', "when { context.fresh }"),
        ('principal in Client::"crm"', "when { !context.acted_for }"),
        ("principal is Client", "when { !context.acted_for }"),
        ("principal is Client", f"unless {{ {SCOPE} }}"),
        ("principal is Client", f"when {{ {SCOPE} || context.fresh }}"),
        ("principal is Client", f"when {{ !{SCOPE} }}"),
        ("principal is Client", "when { context.scopes.containsAny(context.scopes) }"),
        ("principal is Client", 'when { ["decide"].contains("decide") }'),
        ("principal", "unless { principal is Client }"),
        ("principal", "unless { context.acted_for }"),
        ("principal is Customer", f"when {{ context.fresh || {SCOPE} }}"),
        ("principal is Customer", f"unless {{ context.acted_for && {SCOPE} }}"),
        ("principal is Client", f"when {{ !context.acted_for || {SCOPE} }}"),
        ("principal", 'unless { principal is Client in Client::"crm" || context.acted_for }'),
    ],
)
def test_a_permit_that_could_let_a_system_in_without_a_scope_is_refused(principal: str, condition: str) -> None:
    found = problems({**TEXTS, "more.cedar": f'@id("more") permit ({principal}, {DECIDE}) {condition};'})
    (problem,) = [problem for problem in found if problem.startswith("more.cedar")]
    assert problem.startswith("more.cedar, more: this permit could let a system in without a scope of its token; join")


@pytest.mark.parametrize(
    ("principal", "condition"),
    [
        ("principal is Client", f"when {{ {SCOPE} }}"),
        ('principal == Client::"crm"', f"when {{ context.fresh && {SCOPE} }}"),
        ("principal", f"unless {{ !{SCOPE} }}"),
        ("principal is Customer", "when { !context.acted_for }"),
        ("principal is Customer", f"when {{ {SCOPE} }}"),
        ("principal is Customer", f"when {{ !context.acted_for || {SCOPE} }}"),
        ("principal is Customer", f"unless {{ context.acted_for && !{SCOPE} }}"),
        ("principal", f"when {{ {SCOPE} || !(principal is Client || context.acted_for) }}"),
        ("principal is Auditor", ""),
        ("principal is Admin", "when { context.fresh }"),
        ("principal", "unless { principal is Client || context.acted_for }"),
    ],
)
def test_a_permit_that_wants_a_scope_or_lets_no_system_in_may_be_loaded(principal: str, condition: str) -> None:
    assert problems({**TEXTS, "more.cedar": f'@id("more") permit ({principal}, {DECIDE}) {condition};'}) == []


def test_a_permit_says_what_it_allows() -> None:
    text = '@id("more") @reason("opted_in") permit (principal is Admin, action, resource) when { context.fresh };'
    found = problems({**TEXTS, "more.cedar": text})
    assert "more.cedar, more: this permit allows whatever there is; write the actions it means" in found


@pytest.mark.parametrize(
    "actions", ["action", 'action == Action::"withdraw"', 'action in [Action::"contact", Action::"show_consents"]']
)
def test_an_organization_forbids_decisions_and_never_that_a_no_is_recorded(actions: str) -> None:
    (problem,) = problems(
        {**TEXTS, OWN_FILE: f'@id("own") @reason("not_allowed") forbid (principal, {actions}, resource);'}
    )
    assert problem.startswith(f"{OWN_FILE}, own: an organization forbids decisions and nothing else, so that no policy")
