"""The entrance to the log's API: the console's session and nothing else, and no word to whoever has none."""

from __future__ import annotations

import pytest
from litestar.routes import HTTPRoute

from tests import make
from tests.e2e.auditing import desk
from tests.e2e.colleague import CONSOLE
from tests.e2e.doors import sign_in, somebody
from tests.stage import Json, Stage, refused
from tests.visitor import Visitor

READ = "/v1/log/fernhill/health"
NEEDING = ("/consistency", "/allowed")
NOTHING = "/v1/log/nowhere/health"


def told(problem: Json) -> Json:
    return {name: problem[name] for name in ("status", "code", "detail")}


async def test_without_a_session_every_log_looks_the_same(stage: Stage) -> None:
    answers = [refused(await stage.http.get(place), 401, "session_over") for place in (READ, NOTHING)]
    assert told(answers[0]) == told(answers[1])
    assert (await stage.http.get(READ)).headers["www-authenticate"].startswith("Cookie")


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "A" * 5_000])
async def test_a_cookie_that_is_none_of_ours_opens_nothing(stage: Stage, cookie: str) -> None:
    response = await stage.http.get(READ, headers={"cookie": f"{CONSOLE}={cookie}"})
    refused(response, 401, "session_over")


async def test_a_session_opens_the_log_of_its_own_organization_alone(stage: Stage) -> None:
    await stage.apply(make.organization("ridgeway"))
    auditor = await desk(stage)
    assert (await auditor.get("/health"))["generation"] == 1
    for place in ("/v1/log/ridgeway/health", NOTHING):
        response = await auditor.colleague.send("GET", place)
        refused(response, 401, "session_over")


async def test_a_session_that_was_ended_opens_nothing_any_more(stage: Stage) -> None:
    auditor = await desk(stage)
    await stage.rows("DELETE FROM keystore.session")
    refused(await auditor.send("GET", "/health"), 401, "session_over")


async def test_a_clients_token_opens_no_log(stage: Stage) -> None:
    client = await stage.client("everything")
    refused(await client.send("GET", READ), 401, "session_over")


async def test_a_customers_session_opens_no_log(stage: Stage) -> None:
    client = await stage.client("everything")
    _, address = await somebody(client)
    visitor = Visitor(stage.http)
    await sign_in(stage, visitor, address)
    [secret] = visitor.cookies.values()
    response = await stage.http.get(READ, headers={"cookie": f"{CONSOLE}={secret}"})
    refused(response, 401, "session_over")


async def test_what_changes_something_carries_the_token_of_its_session(stage: Stage) -> None:
    auditor, other = await desk(stage), await desk(stage)
    before = await stage.count("vault.log_capability")
    for token in ("", "x", "\u00e9", other.cookie):
        headers = {"x-csrf-token": token.encode()}
        refused(await auditor.send("POST", "/capabilities", headers=headers), 403, "bad_csrf_token")
    assert await stage.count("vault.log_capability") == before


@pytest.mark.parametrize(
    ("method", "path", "site", "code"),
    [
        ("POST", "/capabilities", "cross-site", "another_site"),
        ("POST", "/capabilities", "same-site", "another_site"),
        ("POST", "/capabilities", "none", "another_site"),
        ("GET", "/search", "cross-site", "another_site"),
        ("GET", "/search", "same-site", "another_site"),
    ],
)
async def test_what_another_site_sends_is_refused(stage: Stage, method: str, path: str, site: str, code: str) -> None:
    auditor = await desk(stage)
    refused(await auditor.send(method, path, headers={"sec-fetch-site": site}), 403, code)


@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_a_read_may_be_typed_into_the_address_bar(stage: Stage, site: str) -> None:
    auditor = await desk(stage)
    response = await auditor.send("GET", "/health", headers={"sec-fetch-site": site})
    assert response.status_code == 200


@pytest.mark.parametrize("slug", ["FERNHILL", "fern%00hill", "fernhill%0A", "_", "x" * 200, "..", "%F0%9F%A6%98"])
async def test_what_cannot_be_an_organization_tells_nothing(stage: Stage, slug: str) -> None:
    response = await stage.http.get(f"/v1/log/{slug}/health")
    assert response.status_code in {401, 404, 422}, response.text


async def test_no_route_about_the_log_answers_without_a_session(stage: Stage) -> None:
    asked = 0
    for route in stage.apps[0].routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith("/v1/log/"):
            continue
        path = route.path.replace("{slug:str}", "fernhill")
        for name, value in (
            ("entry:str", "ent_06h0090m41t835kpwqjv10s1y0"),
            ("subject:str", "sub_06h0090m41t835kpwqjv10s1y0"),
            ("sample:str", "smp_06h0090m41t835kpwqjv10s1y0"),
            ("capability:str", "cap_06h0090m41t835kpwqjv10s1y0"),
            ("leaf:int", "1"),
            ("rest:path", "000"),
        ):
            path = path.replace(f"{{{name}}}", value)
        assert "{" not in path, f"{route.path}: give this test a value for it"
        for method in sorted(route.methods - {"OPTIONS"}):
            response = await stage.http.request(method, path, headers={"sec-fetch-site": "same-origin"})
            if any(name in route.path for name in NEEDING):  # a parameter is missed before anybody is looked for
                refused(response, 422, "invalid_request")
                continue
            refused(response, 401, "session_over")
            asked += 1
    assert asked > 15
