"""Whatever is sent, the answer is a problem document that repeats nothing, and nothing is left half-written."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import make
from tests.stage import PROBLEM, Api, Stage, refused

NOBODY: Final = "cus_06h0090m41t835kpwqjv10s1y0"
JSON: Final = {"content-type": "application/json"}
FIRST: Final = "0001-01-01T00:00:00+14:00"
LAST: Final = "9999-12-31T23:59:59-12:00"
ROUTES: Final = (
    ("POST", "/v1/decisions"),
    ("POST", "/v1/decisions/batch"),
    ("POST", "/v1/customers"),
    ("POST", "/v1/customers/lookup"),
    ("PATCH", "/v1/customers/{customer}"),
    ("POST", "/v1/customers/{customer}/contact-points"),
    ("POST", "/v1/customers/{customer}/grants"),
    ("POST", "/v1/customers/{customer}/refusals"),
    ("POST", "/v1/customers/{customer}/withdrawals"),
    ("POST", "/v1/customers/{customer}/objections"),
    ("POST", "/v1/suppressions"),
)


def problem(response: httpx2.Response, *statuses: int) -> dict[str, Any]:
    """Return a problem document with one of these statuses."""
    found: dict[str, Any] = refused(response, response.status_code, response.json()["code"])
    assert response.status_code in statuses, response.text
    return found


UNREADABLE: Final[list[tuple[str, bytes, tuple[int, ...]]]] = [
    ("empty", b"", (400, 422)),
    ("cut", b'{"purpose": "sal', (400,)),
    ("not JSON", b"quokka", (400,)),
    ("a list", b"[]", (422,)),
    ("a word", b'"quokka"', (422,)),
    ("null", b"null", (400, 422)),
    ("a number", b"5", (422,)),
    ("not UTF-8", b'{"purpose": "quokka\xff\xfe"}', (400, 422)),
    ("UTF-16", '{"purpose": "quokka"}'.encode("utf-16"), (400,)),
    ("half a surrogate pair", b'{"purpose": "quokka\\ud800"}', (400, 422)),
    ("NUL", b'{"purpose": "quokka\\u0000"}', (422,)),
    ("a raw NUL", b'{"purpose": "quokka\x00"}', (400, 422)),
    ("deep", b'{"purpose":' * 5_000 + b"1" + b"}" * 5_000, (400, 422)),
    ("deep and open", b"[" * 100_000, (400,)),
    ("infinite", b'{"purpose": 1e999}', (400, 422)),
    ("huge", b'{"purpose": ' + b"9" * 5_000 + b"}", (400, 422)),
    ("unknown field", b'{"quokka@quokkamail.example": 1}', (422,)),
    ("not a number", b'{"purpose": NaN}', (400,)),
]


@pytest.mark.parametrize(("body", "statuses"), [one[1:] for one in UNREADABLE], ids=[one[0] for one in UNREADABLE])
async def test_a_body_nobody_can_read_is_a_problem_on_every_route(
    stage: Stage, api: Api, body: bytes, statuses: tuple[int, ...]
) -> None:
    customer = await api.register()
    before = await stage.written()
    for method, path in ROUTES:
        response = await api.send(method, path.format(customer=customer), content=body, headers=JSON)
        found = problem(response, *statuses)
        assert found["status"] in statuses, path
    assert await stage.written() == before


async def test_ten_megabytes_are_too_large(stage: Stage, api: Api) -> None:
    for method, path in ROUTES:
        body = json.dumps({"purpose": "quokka" * 1_700_000}).encode()
        problem(await api.send(method, path.format(customer=NOBODY), content=body, headers=JSON), 413)
    response = await stage.http.post("/oauth/token", content=b"grant_type=" + b"q" * 10_000_000)
    problem(response, 413)
    assert await stage.entries("decision") == []


async def test_another_content_type_is_not_read_as_json(stage: Stage, api: Api) -> None:
    customer = await api.register()
    body = json.dumps(make.asked(customer=customer)).encode()
    for kind in ("text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded", "x"):
        response = await api.send("POST", "/v1/decisions", content=body, headers={"content-type": kind})
        if response.status_code != 200:
            problem(response, 400, 415, 422)
    assert len(await stage.entries("decision")) <= 5


FAULTS: Final[list[tuple[str, str, dict[str, Any], str]]] = [
    ("POST", "/v1/decisions", make.asked(customer=NOBODY, **{"Quokka Rex": 1}), "invalid_request"),
    ("POST", "/v1/decisions", make.asked(customer=5), "invalid_request"),
    ("POST", "/v1/decisions", make.asked(customer=["quokka"]), "invalid_request"),
    ("POST", "/v1/decisions", make.asked(customer="quokka"), "invalid_request"),
    ("POST", "/v1/decisions", make.asked(customer=NOBODY.upper()), "invalid_request"),
    ("POST", "/v1/decisions", make.asked(customer=f"{NOBODY}\n"), "invalid_request"),
    ("POST", "/v1/decisions", make.asked(customer=f"{NOBODY[:-1]}1"), "invalid_request"),
    ("POST", "/v1/decisions", make.asked(customer="ctp_06h0090m41t835kpwqjv10s1y0"), "invalid_request"),
    ("POST", "/v1/decisions", make.asked(customer=NOBODY, purpose="quokka_walks"), "unknown_purpose"),
    ("POST", "/v1/decisions", make.asked(customer=NOBODY, channel="quokka"), "unknown_channel"),
    ("POST", "/v1/decisions", make.asked(customer=NOBODY, channel="*"), "unknown_channel"),
    ("POST", "/v1/decisions", make.asked(customer=NOBODY, channel="post"), "channel_not_for_purpose"),
    ("POST", "/v1/decisions", make.asked(customer=NOBODY, purpose="Quokka!"), "invalid_request"),
    ("POST", "/v1/decisions", make.asked(customer=NOBODY, release=["quokka"]), "unknown_field"),
    ("POST", "/v1/decisions", make.asked(customer=NOBODY, release=["contact"] * 65), "invalid_request"),
    ("POST", "/v1/decisions", make.asked(customer=NOBODY, release="contact"), "invalid_request"),
    ("POST", "/v1/decisions", make.asked(customer=NOBODY, at="yesterday"), "invalid_request"),
    ("POST", "/v1/decisions", make.asked(customer=NOBODY, at="2026-01-01T00:00:00"), "naive_time"),
    ("POST", "/v1/decisions", make.asked(), "one_person"),
    ("POST", "/v1/decisions", make.asked(customer=NOBODY, external=make.reference()), "one_person"),
    ("POST", "/v1/decisions", make.asked(contact=make.point("email", "quokka")), "unreadable_email"),
    ("POST", "/v1/decisions", make.asked(contact=make.point("pigeon", "quokka")), "unknown_contact_point_kind"),
    ("POST", "/v1/decisions", make.asked(contact={"kind": "email"}), "invalid_request"),
    ("POST", "/v1/decisions", {"channel": "email", "customer": NOBODY}, "invalid_request"),
    ("POST", "/v1/customers/lookup", {"contact": make.point("phone", "quokka")}, "unreadable_phone"),
    ("POST", "/v1/customers/lookup", {"contact": make.point("email", "quokka\0@a.b")}, "unreadable_email"),
    ("POST", "/v1/suppressions", {}, "invalid_request"),
    ("POST", "/v1/suppressions", {"contact": make.point("email", "quokka"), "kind": "manual"}, "unreadable_email"),
    ("POST", "/v1/suppressions", {"contact": make.point("email", make.email()), "kind": "bounce"}, "only_manual"),
    ("POST", "/v1/suppressions", {"contact": make.point("email", make.email()), "channel": "sms"},
     "channel_not_for_kind"),
    ("POST", "/v1/suppressions", {"contact": make.point("email", make.email()), "channel": "quokka"},
     "unknown_channel"),
    ("POST", "/v1/suppressions", {"contact": make.point("email", make.email()), "at": "2026-02-01T00:00:00Z",
                                  "until": "2026-01-01T00:00:00Z"}, "ends_before_it_begins"),
]  # fmt: skip


async def test_a_question_that_makes_no_sense_says_what_would(stage: Stage, api: Api) -> None:
    before = await stage.written()
    for method, path, body, code in FAULTS:
        refused(await api.send(method, path, body), 422, code)
    assert await stage.written() == before
    assert await stage.entries("decision") == []


async def test_a_fault_names_its_place_and_not_its_value(api: Api) -> None:
    response = await api.send("POST", "/v1/decisions", make.asked(customer=NOBODY, purpose=5))
    assert "purpose" in refused(response, 422, "invalid_request")["detail"]
    body = {"questions": [make.asked(customer=NOBODY), make.asked(customer="quokka")]}
    response = await api.send("POST", "/v1/decisions/batch", body)
    assert "customer" in refused(response, 422, "invalid_request")["detail"]


@pytest.mark.parametrize(("path", "body", "where"), [
    ("/grants", make.granted(notice="2"), "notice"),
    ("/grants", make.granted(at=1_767_225_600), "at"),
    ("/withdrawals", {"purpose": "sales", "at": 5}, "at"),
    ("/withdrawals", {"purpose": "sales", "at": "5"}, "at"),
    ("/contact-points", make.point("email", make.email(), primary="true"), "primary"),
])  # fmt: skip
async def test_a_body_is_read_to_the_letter(api: Api, path: str, body: dict[str, Any], where: str) -> None:
    found = problem(await api.send("POST", f"/v1/customers/{await api.register()}{path}", body), 422)
    assert found["detail"].startswith(f"{where}: ")


async def test_a_question_is_read_to_the_letter_one_by_one_and_in_a_batch(api: Api) -> None:
    asked = make.asked(customer=await api.register()) | {"at": 1_767_225_600}
    assert problem(await api.send("POST", "/v1/decisions", asked), 422)["detail"].startswith("at: ")
    found = problem(await api.send("POST", "/v1/decisions/batch", {"questions": [asked]}), 422)
    assert found["detail"].startswith("questions[0].at: ")


async def test_a_malformed_id_in_the_path_is_a_problem(api: Api) -> None:
    for one in ("wombat", "cus_", NOBODY[:-1], NOBODY.upper(), "cus_%00", "%F0%9F%A6%98", "..", "ctp" + NOBODY[3:]):
        for method, tail, body in (("GET", "", None), ("GET", "/consents", None), ("POST", "/objections", {})):
            problem(await api.send(method, f"/v1/customers/{one}{tail}", body), 404, 405, 422)
    response = await api.send("DELETE", f"/v1/customers/{NOBODY}/contact-points/ctp_1")
    problem(response, 422)


async def test_parameters_that_make_no_sense_are_problems(api: Api) -> None:
    customer = await api.register()
    for path in (
        "/v1/suppressions?limit=0",
        "/v1/suppressions?limit=1001",
        "/v1/suppressions?limit=lots",
        "/v1/suppressions?limit=99999999999999999999",
        "/v1/suppressions?after=sup_1",
        f"/v1/customers/{customer}/consents?at=yesterday",
        f"/v1/customers/{customer}/consents?at=2026-01-01T00:00:00",
    ):
        problem(await api.send("GET", path), 400, 422)
    response = await api.send("POST", "/v1/decisions", make.asked(customer=customer), key="k" * 256)
    problem(response, 400, 422)


@pytest.mark.parametrize("at", [FIRST, LAST, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
async def test_the_ends_of_the_calendar_are_no_error_of_ours(api: Api, at: str) -> None:
    customer = await api.register()
    point = make.point("email", make.email())
    for method, path, body in (
        ("POST", "/v1/decisions", make.asked(customer=customer, at=at)),
        ("POST", f"/v1/customers/{customer}/grants", make.granted(at=at)),
        ("POST", f"/v1/customers/{customer}/grants", make.granted(until=at)),
        ("POST", f"/v1/customers/{customer}/withdrawals", {"purpose": "sales", "at": at}),
        ("POST", "/v1/suppressions", {"contact": point, "at": at}),
        ("POST", "/v1/suppressions", {"contact": point, "until": at}),
        ("GET", f"/v1/customers/{customer}/consents?at={at.replace('+', '%2B')}", None),
        ("GET", f"/v1/customers/{customer}/consents?known_at={at.replace('+', '%2B')}", None),
    ):
        response = await api.send(method, path, body)
        if response.status_code != 200:
            problem(response, 422)
    await api.decide(customer=customer)
    await api.get("/v1/suppressions")


async def test_there_is_no_such_route_and_no_such_method(stage: Stage, api: Api) -> None:
    for path in ("/", "/v1", "/v1/wombats", "/v2/decisions", "/v1/decisions/wombat"):
        refused(await api.send("GET", path), 404, "not_found")
    for method, path in (("GET", "/v1/decisions"), ("PUT", "/v1/customers"), ("DELETE", "/v1/suppressions")):
        response = await api.send(method, path)
        refused(response, 405, "method_not_allowed")
        assert "POST" in response.headers["allow"]
    refused(await stage.http.get("/oauth/token"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer quokka", "Bearer a.b.c", "Basic cXVva2thOng=", "bearer  x", "é"]
)
async def test_without_a_good_token_nothing_is_told(stage: Stage, header: str | None) -> None:
    given = {} if header is None else {b"authorization": header.encode()}
    for method, path in (*ROUTES, ("GET", "/v1/suppressions"), ("GET", "/v1/customers/{customer}")):
        response = await stage.http.request(
            method, path.format(customer=NOBODY), content=b"{}", headers={b"content-type": b"application/json", **given}
        )
        refused(response, 401, "invalid_token")
        assert response.headers["www-authenticate"].startswith("Bearer")


async def test_a_bad_token_request_is_answered_as_oauth_says(stage: Stage) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body, error in (
        (b"", "invalid_request"),
        (b"\xff\x00=quokka&&&", "invalid_request"),
        (b"grant_type=password&username=quokka", "unsupported_grant_type"),
        (b"grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        (b"grant_type=client_credentials&client_id=fernhill.crm&client_secret=quokka", "invalid_client"),
        (b"&".join(b"a%d=1" % place for place in range(500)), "invalid_request"),
    ):
        response = await stage.http.post("/oauth/token", content=body, headers=form)
        assert (response.status_code in {400, 401}, response.json()["error"]) == (True, error), body


async def test_a_token_request_is_small(stage: Stage) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    response = await stage.http.post("/oauth/token", content=b"a=&" * 30_000, headers=form)
    problem(response, 413)


ANYTHING: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
WORDS: Final = st.sampled_from([
    "purpose", "channel", "customer", "contact", "external", "at", "release", "kind", "value", "source", "id",
    "contact_points", "attributes", "locale", "time_zone", "notice", "evidence", "method", "until", "reference",
    "questions", "contact_point", "primary",
])  # fmt: skip
PLAUSIBLE: Final[st.SearchStrategy[Any]] = st.sampled_from([
    "sales", "email", "*", "post", "newsletter", NOBODY, "en", "Europe/London", "2026-01-01T00:00:00Z", 1, 2, True,
    "contact", "first_name", "birth_date", "phone", "", "crm", "\0", "\ud800", 2**70, -1, 1.5, [], {}, None, LAST,
])  # fmt: skip
BODIES: Final = ANYTHING | st.dictionaries(WORDS, PLAUSIBLE | st.dictionaries(WORDS, PLAUSIBLE, max_size=4), max_size=8)


@settings(max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(route=st.sampled_from(ROUTES), body=BODIES, key=st.none() | st.text("kE y\t", min_size=1, max_size=9))
async def test_no_body_whatever_is_an_error_of_ours(
    stage: Stage, route: tuple[str, str], body: object, key: str | None
) -> None:
    api = await stage.client("everything")
    method, path = route
    content = json.dumps(body).encode()
    response = await api.send(
        method, path.format(customer=NOBODY), content=content, headers=JSON, key=key and key.strip()
    )
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert response.headers["content-type"] == PROBLEM
        problem(response, response.status_code)
