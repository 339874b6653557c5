"""The shortcut answers as the route does: every word but the ids, whatever is sent."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx2
import pytest

from tests import make
from tests.stage import ISSUER, Recorder, Stage
from vault.api.parameters import LARGEST_BODY
from vault.api.shortcut import shortcut

IDS = re.compile(r'"(dec|ent)_[0-9a-z]{26}"')
SALES = {"purpose": "sales", "channel": "email"}
Pair = tuple[httpx2.AsyncClient, httpx2.AsyncClient]


@pytest.fixture
async def pair(stage: Stage) -> AsyncIterator[Pair]:
    """The application as it is served, and its route alone."""
    ways = [cast("Any", shortcut(stage.apps[0])), cast("Any", stage.apps[0])]
    clients = [httpx2.AsyncClient(transport=Recorder(way, stage.seen), base_url=ISSUER) for way in ways]
    async with clients[0], clients[1]:
        yield clients[0], clients[1]


async def both(pair: Pair, body: bytes, headers: dict[str, str]) -> httpx2.Response:
    """Send the same to both, hold the answers to each other, and return the shortcut's."""
    short, long = [await way.post("/v1/decisions", content=body, headers=headers) for way in pair]
    assert short.status_code == long.status_code
    assert IDS.sub("", short.text) == IDS.sub("", long.text)
    kept = {"content-type", "content-length", "www-authenticate", "retry-after", "cache-control", "allow"}
    assert {k: v for k, v in short.headers.items() if k in kept} == {k: v for k, v in long.headers.items() if k in kept}
    return short


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


async def test_a_token_without_the_scope_reads_alike(stage: Stage, pair: Pair) -> None:
    api = await stage.client("everything", "withdraw")
    answer = await both(pair, json.dumps({**SALES, "customer": NOBODY}).encode(), bearing(api.token))
    assert answer.status_code == 403


async def test_everything_else_goes_on_to_the_application(pair: Pair) -> None:
    assert (await pair[0].get("/health")).status_code == 200
    assert (await pair[0].get("/v1/decisions")).status_code == 405
