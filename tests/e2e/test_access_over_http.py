"""At every door of the application: nobody, a token for less, one of another organization, and what each gets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import httpx2
import pytest
from structlog.testing import capture_logs

from tests import make
from tests.contract.test_access import OPEN, ROUTES
from tests.e2e.colleague import CONSOLE, HOME, at_the_desk
from tests.e2e.doors import code, sign_in, somebody
from tests.e2e.test_batches_and_epochs import add_policy
from tests.e2e.test_tokens_exchanged import exchange
from tests.evaluating import NOBODY, asking, listing
from tests.house import read_tables
from tests.stage import BY_THE_CLOCK, ISSUER, Api, Stage, raw_id, refused, said
from tests.visitor import Visitor
from vault.pages.cookies import PORTAL

Json = dict[str, Any]

OTHER: Final = "larkspur"
NO_FACT: Final = "fct_06h0090m41t835kpwqjv10s1y0"
NO_REQUEST: Final = "rgt_06h0090m41t835kpwqjv10s1y0"
NO_AUDIENCE: Final = "aud_06h0090m41t835kpwqjv10s1y0"
NO_CUSTOMER: Final = "cus_06h0090m41t835kpwqjv10s1y0"
NO_IMPORT: Final = "imp_06h0090m41t835kpwqjv10s1y0"
NO_DECISION: Final = "dec_06h0090m41t835kpwqjv10s1y0"
REASON: Final = re.compile(r'"code":"([a-z_]+)"')
ALWAYS: Final = {"refuse", "withdraw", "object", "suppress", "list_suppressions", "hear_sms"}
"""What every client may: it has the scope `withdraw`."""

BODIES: Final[dict[str, Callable[[str], object]]] = {
    "decide": lambda customer: make.asked(customer=customer, release=["contact"]),
    "decide_batch": lambda customer: {"questions": [make.asked(customer=customer)]},
    "make_audience": lambda _: {"everyone": True, "purpose": "sales", "channel": "email"},
    "show_audience": lambda _: None,
    "audience_result": lambda _: None,
    "cancel_audience": lambda _: None,
    "tell_outcome": lambda _: {"outcome": "sent"},
    "make_import": lambda _: {"exported_at": "2026-10-31T18:00:00Z"},
    "upload_import": lambda _: "quokka",
    "run_import": lambda _: None,
    "list_imports": lambda _: None,
    "show_import": lambda _: None,
    "import_rows": lambda _: None,
    "discard_import": lambda _: None,
    "undo_import": lambda _: {},
    "permit_key": lambda _: None,
    "revoked_permits": lambda _: None,
    "evaluate": asking,
    "evaluate_batch": listing,
    "register_customer": lambda _: make.customer(),
    "lookup_customer": lambda _: {"external": make.reference()},
    "show_customer": lambda _: None,
    "correct_customer": lambda _: {"locale": "de"},
    "add_contact_point": lambda _: make.point("email", make.email()),
    "remove_contact_point": lambda _: None,
    "show_consents": lambda _: None,
    "make_prompt": lambda _: {"purposes": ["sales"], "method": "form"},
    "answer_prompt": make.prompted,
    "grant": lambda _: make.granted(),
    "deal": lambda _: {"what": "purchased"},
    "merge_customers": lambda _: {"customer": NO_CUSTOMER},
    "unmerge_customer": lambda _: None,
    "refuse": lambda _: {"purpose": "sales"},
    "withdraw": lambda _: {"purpose": "sales"},
    "object": lambda _: {"purpose": "sales"},
    "suppress": lambda _: {"contact": make.point("email", make.email())},
    "list_suppressions": lambda _: None,
    "hear_sms": lambda _: {"from": make.phone(), "text": "Quokka, stop", "id": "1"},
    "send_code": lambda _: None,
    "me_show": lambda _: None,
    "me_consents": lambda _: None,
    "me_receipts": lambda _: None,
    "me_receipt": lambda _: None,
    "me_withdraw": lambda _: {"purpose": "sales"},
    "show_preferences": lambda _: None,
    "prefer": lambda _: {"quiet": {"*": "22:00-07:00"}},
    "me_preferences": lambda _: None,
    "me_prefer": lambda _: {"quiet": {"*": "22:00-07:00"}},
    "me_rights": lambda _: None,
    "me_ask_right": lambda _: {"right": "rectification", "text": "quokka"},
    "list_rights_requests": lambda _: None,
    "show_rights_request": lambda _: None,
    "finish_rights_request": lambda _: None,
    "refuse_rights_request": lambda _: {"reason": "not one of ours"},
    "extend_rights_request": lambda _: {"reason": "not one of ours"},
    "check_policies": lambda _: {"policies": {"quiet.cedar": "// nothing"}},
    "replay_policies": lambda _: {"policies": {"quiet.cedar": "// nothing"}},
}
"""For each operation a body that makes sense."""

Door = tuple[str, str, str]
DOORS: Final[list[Door]] = sorted(
    (*route.partition(" ")[::2], operation or "") for route, operation in ROUTES if route not in OPEN
)
PAGES: Final = [door for door in DOORS if door[1].startswith(("/p/", "/console/"))]
API: Final = [door for door in DOORS if not door[1].startswith(("/p/", "/u/", "/c/", "/console/", "/v1/log/"))]
"""Doors that a token opens; a session opens the log's (`test_audit_entrance`), a link those below `/u/` and `/c/`."""


@dataclass
class Home:
    """Somebody in the first organization, and whoever comes to them."""

    stage: Stage
    api: Api
    customer: str
    point: str

    async def knock(self, door: Door, headers: dict[str, str], *, slug: str = "fernhill") -> httpx2.Response:
        """Knock without any right but what the headers bring; `slug` is whose client it says it is."""
        method, path, operation = door
        body = json.dumps(BODIES[operation](self.customer)).replace("fernhill.", f"{slug}.")
        place = path.replace("{customer:str}", self.customer).replace("{contact_point:str}", self.point)
        place = place.replace("{decision:str}", NO_DECISION).replace("{fact:str}", NO_FACT)
        place = place.replace("{request_id:str}", NO_REQUEST).replace("{audience:str}", NO_AUDIENCE)
        place = place.replace("{import_id:str}", NO_IMPORT).replace("{path:path}", "newsletter.csv")
        given = {"content-type": "application/json"} if body != "null" else {}
        return await self.stage.http.request(
            method, place, content=body if given else None, headers={**given, **headers}
        )

    async def held(self) -> dict[str, int]:
        """Return how many rows each table holds of the first organization, but for what the clock writes."""
        own = raw_id(await self.stage.organization())
        tables = await read_tables(self.stage.url)
        return {
            name: sum(row.get("organization") == own for row in rows)
            for name, rows in tables.items()
            if name not in BY_THE_CLOCK
        }


def file(slug: str = "fernhill") -> Json:
    """Return an organization whose client of all scopes acts for customers as well."""
    found = make.organization(slug)
    found["clients"]["everything"]["acts_for_customers"] = True
    return found


@pytest.fixture
async def home(stage: Stage) -> Home:
    await stage.apply(file())
    api = await stage.client("everything")
    customer = await api.register()
    return Home(stage, api, customer, (await api.points(customer))["email"])


def bearing(api: Api) -> dict[str, str]:
    return {"authorization": f"Bearer {api.token}"}


async def test_every_door_of_the_api_is_knocked_at() -> None:
    assert {operation for _, _, operation in API} == BODIES.keys()


@pytest.mark.parametrize("door", API, ids=str)
async def test_without_a_token_it_is_401(home: Home, door: Door) -> None:
    before = await home.held()
    for headers in ({}, {"authorization": "Bearer quokka"}, {"authorization": "Basic cXVva2thOng="}):
        answer = await home.knock(door, headers)
        refused(answer, 401, "invalid_token")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert await home.held() == before


@pytest.mark.parametrize("door", API, ids=str)
async def test_with_no_scope_but_withdraw_it_is_403_and_an_entry_by_the_operations_name(home: Home, door: Door) -> None:
    operation = door[2]
    weak = await home.stage.client("everything", "withdraw")
    before = await home.held()
    answer = await home.knock(door, bearing(weak))
    denied = await home.stage.entries("denied")
    if operation in ALWAYS:
        assert answer.status_code == 200, answer.text
        assert denied == []
        return
    refused(answer, 403, "insufficient_scope")
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
    assert [(entry["action"], entry["reason"]) for entry in denied] == [(operation, "insufficient_scope")]
    assert "subject" not in denied[0]
    one_more = dict.fromkeys(("vault.log_entry", "vault.log_pending"), 1)
    assert await home.held() == {name: count + one_more.get(name, 0) for name, count in before.items()}


@pytest.mark.parametrize("door", API, ids=str)
async def test_to_another_organization_nobody_is_here(home: Home, door: Door) -> None:
    await home.stage.apply(file(OTHER))
    stranger = await home.stage.client("everything", slug=OTHER)
    before = await home.held()
    answer = await home.knock(door, bearing(stranger), slug=OTHER)
    if "{customer" in door[1] or door[2] == "answer_prompt":
        refused(answer, 404, "unknown_customer")
    elif "{decision" in door[1]:
        refused(answer, 404, "unknown_decision")
    elif "{request_id" in door[1]:
        refused(answer, 404, "unknown_request")
    elif "{audience" in door[1]:
        refused(answer, 404, "unknown_audience")
    elif "{import_id" in door[1]:
        refused(answer, 404, "unknown_import")
    elif door[2].startswith("me_"):
        refused(answer, 403, "insufficient_scope")
    elif door[2] in {"decide", "decide_batch", "evaluate", "evaluate_batch"}:
        assert set(REASON.findall(answer.text)) == {"unknown_customer"}
    else:
        assert answer.status_code == 200, answer.text
        assert home.customer not in answer.text
    assert await home.held() == before


BROKEN: Final = """
@id("broken")
forbid (principal, action in [Action::"show_customer", Action::"decide"], resource)
when { 9223372036854775807 + (if context.scopes.contains("lookup") then 1 else 0) == 0 };
"""


async def test_a_policy_that_cannot_be_evaluated_refuses_and_the_operator_is_told(home: Home) -> None:
    await add_policy(home.stage, BROKEN, name="broken.cedar")
    with capture_logs() as told:
        for operation in ("show_customer", "decide"):
            [door] = [door for door in API if door[2] == operation]
            refused(await home.knock(door, bearing(home.api)), 403, "policy_error")
            weak = await home.stage.client("everything", "decide release")
            assert (await home.knock(door, bearing(weak))).status_code == (200 if operation == "decide" else 403)
    denied = [(entry["action"], entry["reason"]) for entry in await home.stage.entries("denied")]
    assert denied == [
        ("show_customer", "policy_error"),
        ("show_customer", "insufficient_scope"),
        ("decide", "policy_error"),
    ]
    assert {line["operation"] for line in told if line["event"] == "policy_error"} == {"show_customer", "decide"}


async def test_a_method_nobody_wrote_does_nothing_and_options_tells_methods_alone(stage: Stage) -> None:
    before = await stage.written()
    for route, _ in ROUTES:
        place = re.sub(r"{slug:[a-z]+}", "fernhill", route.partition(" ")[2])
        place = re.sub(r"{customer:[a-z]+}", NOBODY, place)
        place = ISSUER + re.sub(r"{[a-z_]+:[a-z]+}", "something", re.sub(r"{[a-z_]+:int}", "1", place))
        options = await stage.http.options(place)
        assert (options.status_code, options.content) == (204, b""), route
        assert "OPTIONS" in options.headers["allow"]
        written = {
            method for method, _, same in (one.partition(" ") for one, _ in ROUTES) if route.endswith(f" {same}")
        }
        for other in {"HEAD", "PUT", "TRACE"} - written:
            lost = {404, 405} if "/u/" in place else {405}  # there, whatever is no link looks alike
            assert (await stage.http.request(other, place)).status_code in lost, (other, route)
    assert await stage.written() == before


@pytest.mark.parametrize("door", API, ids=str)
async def test_on_the_line_with_a_customer_a_client_does_for_them_what_is_theirs_and_nothing_else(
    home: Home, door: Door
) -> None:
    stage, operation = home.stage, door[2]
    said(await home.api.send("POST", f"/v1/customers/{home.customer}/codes"))
    token = said(await exchange(stage, home.customer, await code(stage), client="everything"))["access_token"]
    before = await home.held()
    answer = await home.knock(door, {"authorization": f"Bearer {token}"})
    if operation.startswith("me_"):
        asked_of = 404 if operation == "me_receipt" else 200  # nothing was said yet, so there is nothing to hand out
        assert answer.status_code == asked_of, answer.text
        return
    refused(answer, 403, "insufficient_scope")
    [entry] = await stage.entries("denied")
    assert (entry["action"], entry["reason"], entry["actor"]["kind"]) == (operation, "insufficient_scope", "customer")
    assert {"client", "token"} <= entry["actor"].keys()
    one_more = dict.fromkeys(("vault.log_entry", "vault.log_pending"), 1)
    assert await home.held() == {name: count + one_more.get(name, 0) for name, count in before.items()}


async def test_with_every_scope_a_client_is_no_customer(home: Home) -> None:
    for door in API:
        if door[2].startswith("me_"):
            refused(await home.knock(door, bearing(home.api)), 403, "insufficient_scope")


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_every_page_behind_a_door_is_knocked_at() -> None:
    portal = {
        "me_consents",
        "me_grant",
        "me_withdraw",
        "me_asked",
        "me_history",
        "me_receipts",
        "me_receipt",
        "me_erase",
        "me_details",
        "me_correct",
        "me_add_point",
        "me_prove_point",
        "me_remove_point",
        "me_add_passkey",
        "me_no_passkey",
        "me_rights",
        "me_ask_right",
        "me_take_back",
        "me_unlock",
        "sign_out",
    }
    console = {"open_console", "add_passkey", "sign_out", "show_overview", "search_log", "show_entry", "open_details"}
    console |= {"show_story", "resolve", "was_it_allowed", "list_samples", "draw_sample", "show_sample"}
    console |= {"show_policies", "replay_policies", "list_imports", "show_import", "undo_import"}
    console |= {"show_merge_suggestions", "merge_customers", "unmerge_customer", "keep_customers_apart"}
    console |= {"list_rights_requests", "finish_rights_request", "refuse_rights_request", "extend_rights_request"}
    assert portal <= {operation for _, place, operation in PAGES if place.startswith("/p/")}
    assert {operation for _, place, operation in PAGES if place.startswith("/console/")} == console | {"find_in_sample"}


async def secrets(stage: Stage) -> dict[str, str]:
    """Return what the cookies of a customer, an auditor and an admin hold."""
    visitor = Visitor(stage.http)
    _, address = await somebody(await stage.client("everything"))
    await sign_in(stage, visitor, address)
    found = {"customer": visitor.cookies[PORTAL]}
    roles: tuple[Literal["auditor", "admin"], ...] = ("auditor", "admin")
    for role in roles:
        colleague, _ = await at_the_desk(stage, role)
        found[role] = colleague.cookies[CONSOLE]
    return found


@pytest.mark.parametrize("door", PAGES, ids=str)
async def test_whoever_is_not_signed_in_here_is_sent_to_the_door(stage: Stage, door: Door) -> None:
    method, path, _ = door
    held = await secrets(stage)
    place = path.replace("{slug:str}", "fernhill").replace("{number:int}", "1")
    here, there, base = (PORTAL, CONSOLE, ISSUER) if place.startswith("/p/") else (CONSOLE, PORTAL, HOME)
    others = ("auditor", "admin") if here == PORTAL else ("customer",)
    before = await stage.written()
    cookies = ["", f"{here}=quokka", *(f"{there}={secret}" for secret in held.values())]
    for cookie in (*cookies, *(f"{here}={held[other]}" for other in others)):
        headers = {"cookie": cookie, "sec-fetch-site": "same-origin"}
        answer = await stage.http.request(method, base + place, headers=headers)
        stage.http.cookies.clear()
        assert answer.status_code == 303, cookie
        assert answer.headers["location"].endswith("/fernhill/sign-in")
    assert await stage.written() == before


async def test_no_session_is_a_token_and_no_token_a_session(home: Home) -> None:
    held = await secrets(home.stage)
    for secret in held.values():
        for door in API:
            more = {"authorization": f"Bearer {secret}", "cookie": f"{PORTAL}={secret}; {CONSOLE}={secret}"}
            refused(await home.knock(door, more), 401, "invalid_token")
            home.stage.http.cookies.clear()
    for place, name in ((f"{ISSUER}/p/fernhill", PORTAL), (f"{HOME}/console/fernhill", CONSOLE)):
        answer = await home.stage.http.get(place, headers={**bearing(home.api), "cookie": f"{name}={home.api.token}"})
        assert answer.status_code == 303
