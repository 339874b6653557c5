"""No client endpoint but a decision returns a personal value: every route of the application, with every scope."""

from __future__ import annotations

from typing import Any, Final

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from tests import make
from tests.house import Canaries, decisions, without_releases
from tests.stage import Api, Stage

Json = dict[str, Any]
OPEN: Final = frozenset(
    {"authorization_server_metadata", "authzen_metadata", "jwks", "health", "/.well-known/gpc.json"}
)
FORMS: Final = frozenset({"token", "revoke", "introspect"})  # of the authorization server, which knows nobody
PEOPLE: Final = (
    "/p/",
    "/u/",
    "/c/",
    "/console",
    "/assets/",
    "/log/",
    "/v1/log/",
)  # where people come, and no client does
FIELDS: Final = ("contact", *make.attributes(), "email", "phone")


def routes(app: Litestar) -> dict[str, tuple[str, str]]:
    """Return method and path of every operation, by its id."""
    return {
        str(getattr(handler, "operation_id", None) or path): (method, path)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        for path in (route.path,)
        if method not in {"OPTIONS", "HEAD"} and not path.startswith(("/schema", *PEOPLE))
    }


def bodies(registration: Json) -> dict[str, list[object]]:
    """Return plausible bodies for every operation: an operation nobody thought of here fails the test."""
    email, external = registration["contact_points"][0], registration["external"][0]
    wide = {"release": list(FIELDS)}
    asked = [make.asked(**by, **wide) for by in ({"contact": email}, {"external": external})]
    no: list[object] = [{"purpose": "surveys"}]
    evaluated = {
        "subject": {"type": "client", "id": "fernhill.crm"},
        "action": {"name": "contact"},
        "resource": {"type": "customer", "id": "cus_06h0090m41t835kpwqjv10s1y0"},
        "context": {"purpose": "newsletter", "channel": "email"},
    }
    return {
        "decide": [*asked, make.asked(contact=email, purpose="newsletter")],
        "decide_batch": [{"questions": asked}],
        "tell_outcome": [{"outcome": "complained"}],
        "make_audience": [{"everyone": True, "purpose": "sales", "channel": "email", **wide}],
        "show_audience": [None],
        "audience_result": [None],
        "cancel_audience": [None],
        "make_import": [{"exported_at": "2026-10-31T18:00:00Z"}],
        "upload_import": ["quokka"],
        "run_import": [None],
        "list_imports": [None],
        "show_import": [None],
        "import_rows": [None],
        "discard_import": [None],
        "undo_import": [{"with_noes": True, "reason": "the quokka list"}, {}],
        "permit_key": [None],
        "revoked_permits": [None],
        "register_customer": [registration, make.customer()],
        "lookup_customer": [{"contact": email}, {"external": external}],
        "show_customer": [None],
        "show_consents": [None],
        "correct_customer": [{"attributes": make.attributes(), "locale": "de"}],
        "add_contact_point": [email, make.point("email", make.email())],
        "make_prompt": [{"purposes": ["sales"], "method": "kiosk"}],
        "answer_prompt": [make.prompted("cus_06h0090m41t835kpwqjv10s1y0")],
        "grant": [make.granted()],
        "deal": [{"what": "inquired", "reference": "quokka"}],
        "merge_customers": [{"customer": "cus_06h0090m41t835kpwqjv10s1y0"}],
        "unmerge_customer": [None],
        "refuse": no,
        "withdraw": no,
        "object": no,
        "suppress": [{"contact": make.point("phone", make.phone())}],
        "list_suppressions": [None],
        "hear_sms": [{"from": make.phone(), "text": "Quokka, stop", "id": "1"}],
        "remove_contact_point": [None],
        "send_code": [None],
        "evaluate": [evaluated],
        "evaluate_batch": [{"evaluations": [evaluated]}],
        "me_show": [None],
        "me_consents": [None],
        "me_receipts": [None],
        "me_receipt": [None],
        "me_withdraw": no,
        "show_preferences": [None],
        "prefer": [{"quiet": {"*": "22:00-07:00"}}],
        "me_preferences": [None],
        "me_prefer": [{"quiet": {"*": "22:00-07:00"}}],
        "me_rights": [None],
        "me_ask_right": [{"right": "rectification", "field": "boot_size", "text": "my quokka boots"}],
        "list_rights_requests": [None],
        "show_rights_request": [None],
        "finish_rights_request": [None],
        "refuse_rights_request": [{"reason": "the quokka boots fit"}],
        "extend_rights_request": [{"reason": "the quokka boots are far"}],
        "check_policies": [{"policies": {"quiet.cedar": "quokka"}}],
        "replay_policies": [{"policies": {"quiet.cedar": text}} for text in ("quokka", "// quokka")],
    }


async def call_everything(api: Api, app: Litestar, registration: Json, ids: Json) -> None:
    told = bodies(registration)
    found = routes(app)
    assert found.keys() - OPEN - FORMS == told.keys()
    for operation, sent in told.items():
        method, path = found[operation]
        for kind in ("str", "uuid", "path"):
            for name, value in ids.items():
                path = path.replace(f"{{{name}:{kind}}}", value)
        assert "{" not in path
        for body in sent:
            response = await api.send(method, path, body)
            assert response.status_code < 500, response.text


@pytest.mark.parametrize("key", ["everything", "discreet", "crm", *(f"only_{action}" for action in make.ACTIONS)])
async def test_no_route_but_a_decision_hands_out_a_value(stage: Stage, key: str) -> None:
    everything, api = await stage.client("everything"), await stage.client(key)
    registration = make.customer()
    customer = str((await everything.post("/v1/customers", registration))["id"])
    fact = (await everything.grant(customer))["id"]
    ids = {"customer": customer, "contact_point": (await everything.points(customer))["postal_address"]}
    ids["fact"] = fact
    ids["request_id"] = "rgt_06h0090m41t835kpwqjv10s1y0"
    ids["audience"] = "aud_06h0090m41t835kpwqjv10s1y0"
    ids |= {"import_id": "imp_06h0090m41t835kpwqjv10s1y0", "path": "newsletter.csv"}
    ids["decision"] = (await everything.decide(customer=customer, release=["contact"]))["id"]
    before = len(stage.seen.exchanges)
    await call_everything(api, stage.apps[0], registration, ids)
    exchanges = stage.seen.exchanges[before:]
    canaries = Canaries(stage.seen.exchanges)
    for one in exchanges:
        assert canaries.within(without_releases(one)) == [], one.route
    released = [name for answer in decisions(exchanges) for name in answer.get("released", ())]
    allowed = [answer for answer in decisions(exchanges) if answer.get("allowed")]
    assert bool(released) == (key in {"everything", "discreet"}) or key == "crm"
    assert len(allowed) >= (2 if released else 0)


async def test_the_open_routes_tell_nothing_of_anybody(stage: Stage) -> None:
    everything = await stage.client("everything")
    await everything.register()
    found = routes(stage.apps[0])
    for operation in OPEN:
        method, path = found[operation]
        response = await stage.http.request(method, path)
        assert response.status_code == 200, path
    schema = await stage.http.get("/schema/openapi.json")
    assert schema.status_code in {200, 404}
