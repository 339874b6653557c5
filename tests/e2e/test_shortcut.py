"""The shortcut answers as the route does: every word but the ids, whatever is sent."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx2
import jwt
import msgspec
import pytest

from tests import make
from tests.stage import ISSUER, JWT_BEARER, Recorder, Stage, now
from vault.actions.vault import Memory
from vault.api.parameters import LARGEST_BODY
from vault.api.shortcut import shortcut
from vault.api.tokens import LARGEST_FORM
from vault.base.ids import raw
from vault.base.network import networks
from vault.store.database import INSTALLATION

IDS = re.compile(r'"(dec|ent)_[0-9a-z]{26}"|"access_token":"[^"]*"|"promise":\{[^}]*\}|/u/[\w-]+')
KEPT = {
    "content-type",
    "content-length",
    "www-authenticate",
    "retry-after",
    "cache-control",
    "pragma",
    "allow",
    "log-promise",
}
_WAITS = {("retry-after", "1"), ("retry-after", "2")}
SALES = {"purpose": "sales", "channel": "email"}
Pair = tuple[httpx2.AsyncClient, httpx2.AsyncClient]


@pytest.fixture
async def pair(stage: Stage) -> AsyncIterator[Pair]:
    """The application as it is served, and its route alone."""
    ways = [cast("Any", shortcut(stage.apps[0])), cast("Any", stage.apps[0])]
    clients = [httpx2.AsyncClient(transport=Recorder(way, stage.seen), base_url=ISSUER) for way in ways]
    async with clients[0], clients[1]:
        yield clients[0], clients[1]


async def both(pair: Pair, body: bytes, headers: dict[str, str], *, path: str = "/v1/decisions") -> httpx2.Response:
    """Send the same to both, hold the answers to each other, and return the shortcut's."""
    return alike(*[await way.post(path, content=body, headers=headers) for way in pair])


def alike(short: httpx2.Response, long: httpx2.Response) -> httpx2.Response:
    """Hold two answers to each other, and return the first."""
    assert short.status_code == long.status_code
    assert IDS.sub("", short.text) == IDS.sub("", long.text)
    assert kept(short) == kept(long)
    return short


def kept(answer: httpx2.Response) -> dict[str, str]:
    """Return the headers that must be the same; how long to wait changes while one waits."""
    found = {name: value for name, value in answer.headers.items() if name in KEPT}
    some = {name: "some" for name, value in found.items() if name == "log-promise" or (name, value) in _WAITS}
    return found | some


def bearing(token: str, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", "content-type": "application/json", **more}


async def test_yes_and_no_read_alike(stage: Stage, pair: Pair) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    question = {**SALES, "customer": customer, "release": ["contact", "first_name", "birth_date"]}
    no = await both(pair, json.dumps(question).encode(), bearing(api.token))
    await api.grant(customer)
    yes = await both(pair, json.dumps(question).encode(), bearing(api.token))
    assert (no.json()["allowed"], yes.json()["allowed"]) == (False, True)
    assert yes.json()["released"]["contact"]


async def test_the_same_key_gives_the_same_id_on_both(stage: Stage, pair: Pair) -> None:
    api = await stage.client("everything")
    body = json.dumps({**SALES, "customer": await api.register()}).encode()
    ids = [
        (await way.post("/v1/decisions", content=body, headers=bearing(api.token, **{"idempotency-key": "k"}))).json()
        for way in pair
    ]
    assert ids[0]["id"] == ids[1]["id"]


NOBODY = "cus_06h0090m41t835kpwqjv10s1y0"
ODD: list[tuple[str, bytes, dict[str, str]]] = [
    ("an unknown customer", json.dumps({**SALES, "customer": NOBODY}).encode(), {}),
    ("an unknown purpose", json.dumps({**SALES, "purpose": "walks", "customer": NOBODY}).encode(), {}),
    ("an unknown field", json.dumps({**SALES, "customer": NOBODY, "colour": 1}).encode(), {}),
    ("a wrong type", json.dumps({**SALES, "customer": 5}).encode(), {}),
    ("a time as a number", json.dumps({**SALES, "customer": NOBODY, "at": 1700000000}).encode(), {}),
    (
        "two people",
        json.dumps({**SALES, "customer": NOBODY, "contact": make.point("email", "q@x.example")}).encode(),
        {},
    ),
    ("an unreadable address", json.dumps({**SALES, "contact": make.point("email", "quokka")}).encode(), {}),
    ("no JSON", b"{quokka", {}),
    ("nothing", b"", {}),
    ("no UTF-8", b'{"purpose": "\xff"}', {}),
    ("too deep", b"[" * 5000, {}),
    ("too long", b" " * (LARGEST_BODY + 10), {}),
    ("an empty key", json.dumps({**SALES, "customer": NOBODY}).encode(), {"idempotency-key": ""}),
    ("a long key", json.dumps({**SALES, "customer": NOBODY}).encode(), {"idempotency-key": "k" * 300}),
    ("another media type", json.dumps({**SALES, "customer": NOBODY}).encode(), {"content-type": "text/plain"}),
    ("no token", json.dumps({**SALES, "customer": NOBODY}).encode(), {"authorization": ""}),
    ("a bad token", json.dumps({**SALES, "customer": NOBODY}).encode(), {"authorization": "Bearer quokka"}),
]


@pytest.mark.parametrize(("body", "headers"), [pytest.param(body, headers, id=name) for name, body, headers in ODD])
async def test_what_is_out_of_the_ordinary_reads_alike(
    stage: Stage, pair: Pair, body: bytes, headers: dict[str, str]
) -> None:
    api = await stage.client("everything")
    await both(pair, body, bearing(api.token) | headers)


MANY = "/v1/decisions/batch"


async def test_a_batch_reads_alike(stage: Stage, pair: Pair) -> None:
    api = await stage.client("everything")
    asked = [{**SALES, "customer": await api.register()} for _ in range(9)]
    await api.grant(asked[3]["customer"])
    body = json.dumps({"questions": [*asked, {**SALES, "customer": NOBODY}]}).encode()
    answer = await both(pair, body, bearing(api.token), path=MANY)
    assert [one["allowed"] for one in answer.json()["decisions"]] == [place == 3 for place in range(10)]
    repeated = await both(pair, body, bearing(api.token, **{"idempotency-key": "k"}), path=MANY)
    again = await pair[1].post(MANY, content=body, headers=bearing(api.token, **{"idempotency-key": "k"}))
    assert [one["id"] for one in repeated.json()["decisions"]] == [one["id"] for one in again.json()["decisions"]]


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param([], id="none"),
        pytest.param([{**SALES, "customer": NOBODY}] * 1001, id="too many"),
        pytest.param([{**SALES, "customer": NOBODY}, {**SALES, "customer": 5}], id="a wrong type"),
        pytest.param([{**SALES, "customer": NOBODY}, {**SALES, "purpose": "walks", "customer": NOBODY}], id="unknown"),
        pytest.param({**SALES, "customer": NOBODY}, id="one that is no list"),
    ],
)
async def test_a_batch_that_is_refused_reads_alike(stage: Stage, pair: Pair, asked: object) -> None:
    api = await stage.client("everything")
    answer = await both(pair, json.dumps({"questions": asked}).encode(), bearing(api.token), path=MANY)
    assert answer.status_code == 422


async def test_a_batch_without_the_scope_reads_alike(stage: Stage, pair: Pair) -> None:
    api = await stage.client("everything", "withdraw")
    body = json.dumps({"questions": [{**SALES, "customer": NOBODY}]}).encode()
    assert (await both(pair, body, bearing(api.token), path=MANY)).status_code == 403


async def test_a_token_without_the_scope_reads_alike(stage: Stage, pair: Pair) -> None:
    api = await stage.client("everything", "withdraw")
    answer = await both(pair, json.dumps({**SALES, "customer": NOBODY}).encode(), bearing(api.token))
    assert answer.status_code == 403


# ── Tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def grant(client_id: str = "fernhill.everything", **claims: Any) -> dict[str, str]:
    """Return a request for a token, with an assertion of its own."""
    signed = make.assertion(client_id, audience=ISSUER, now=now(), **claims)
    return {"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER, "client_assertion": signed}


async def test_a_token_is_the_same_on_both(pair: Pair) -> None:
    short, long = [await way.post("/oauth/token", data=grant()) for way in pair]
    assert alike(short, long).status_code == 200
    read = [jwt.decode(one.json()["access_token"], options={"verify_signature": False}) for one in (short, long)]
    for claims in read:
        del claims["jti"], claims["iat"], claims["exp"]
    assert read[0] == read[1]


FORMS: list[tuple[str, Any, dict[str, str]]] = [
    ("an unknown client", lambda: grant("fernhill.nobody"), {}),
    ("an unknown organization", lambda: grant("nowhere.crm"), {}),
    ("a wrong claim", lambda: grant(iss="quokka"), {}),
    ("a scope beyond the ceiling", lambda: {**grant("fernhill.only_decide"), "scope": "admin"}, {}),
    ("another grant", lambda: {**grant(), "grant_type": "password"}, {}),
    ("no grant", lambda: {"scope": "decide"}, {}),
    ("a parameter twice", lambda: {**grant(), "scope": ["decide", "decide"]}, {}),
    ("a secret nobody gave", lambda: {"grant_type": "client_credentials"}, {"authorization": "Basic cXVva2thOng="}),
    ("nothing", dict, {}),
    ("too much", lambda: {**grant(), "scope": "x" * LARGEST_FORM}, {}),
    ("a long parameter", lambda: {**grant(), "scope": "x" * 9000}, {}),
    ("a bad proof of possession", grant, {"dpop": "quokka"}),
]


@pytest.mark.parametrize(("form", "headers"), [pytest.param(form, headers, id=name) for name, form, headers in FORMS])
async def test_a_refused_token_request_reads_alike(pair: Pair, form: Any, headers: dict[str, str]) -> None:
    answer = alike(*[await way.post("/oauth/token", data=form(), headers=headers) for way in pair])
    assert answer.status_code >= 400


@pytest.mark.parametrize("body", [b"\xff\xfe=\xff&quokka", b"grant_type=%ff", b"&&&=", b'{"grant_type": "quokka"}'])
async def test_a_form_that_cannot_be_read_reads_alike(pair: Pair, body: bytes) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert alike(*[await way.post("/oauth/token", content=body, headers=kind) for way in pair]).status_code == 400


async def test_headers_that_come_twice_are_for_the_route(pair: Pair) -> None:
    twice = [("authorization", "Basic cXVva2thOng="), ("authorization", "Basic cXVva2thOnk=")]
    alike(*[await way.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=twice) for way in pair])


async def test_too_many_requests_read_alike(stage: Stage, pair: Pair) -> None:
    file = make.organization()
    file["clients"]["everything"]["limits"] = make.LIMITS | {"tokens_per_second": 1, "decisions_per_second": 1}
    await stage.apply(file)
    api = await stage.client("everything")
    question = json.dumps({**SALES, "customer": NOBODY}).encode()
    while (await pair[0].post("/v1/decisions", content=question, headers=bearing(api.token))).status_code == 200:
        pass
    assert (await both(pair, question, bearing(api.token))).status_code == 429
    while (await pair[0].post("/oauth/token", data=grant())).status_code == 200:
        pass
    assert alike(*[await way.post("/oauth/token", data=grant()) for way in pair]).status_code == 429


async def test_a_proxy_is_believed_on_both(stage: Stage) -> None:
    stage.apps[0].state.vault = msgspec.structs.replace(
        stage.vault, proxies=networks(make.ADDRESS), per_network=10, memory=Memory()
    )
    for way in (shortcut(stage.apps[0]), stage.apps[0]):
        transport = Recorder(cast("Any", way), stage.seen)
        async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as http:
            for place in range(4):
                heard = {"x-forwarded-for": f"203.0.113.{place}"}
                answer = await http.post("/oauth/token", data=grant(iss="quokka"), headers=heard)
                assert answer.status_code in {401, 429}, place
    names = await stage.rows("SELECT name FROM vault.allowance WHERE organization = $1", raw(INSTALLATION))
    assert len(names) == 4


async def test_everything_else_goes_on_to_the_application(pair: Pair) -> None:
    assert (await pair[0].get("/health")).status_code == 200
    assert (await pair[0].get("/v1/decisions")).status_code == 405
