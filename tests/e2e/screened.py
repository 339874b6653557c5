"""What stories of audiences are told with: people who said yes or nothing, lists of them, and what comes out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from tests.stage import Api, Json, Stage
from vault.actions.audience import working

NOBODY = "cus_06h0090m41t835kpwqjv10s1y0"
SALES = {"purpose": "sales", "channel": "email"}
LINES = {"content-type": "application/x-ndjson"}


async def people(api: Api, *, yes: int, no: int = 0) -> list[str]:
    """Register some who said yes to sales by e-mail, then some who said nothing."""
    found = [await api.register() for _ in range(yes + no)]
    for customer in found[:yes]:
        await api.grant(customer)
    return found


async def everyone(api: Api, *, key: str | None = None, **more: Any) -> Json:
    return await api.post("/v1/audiences", {"everyone": True} | SALES | more, key=key)


def listed(lines: list[Any]) -> bytes:
    return b"".join(one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n" for one in lines)


async def upload(
    api: Api, body: bytes | AsyncIterator[bytes], *, key: str | None = None, **asked: Any
) -> httpx2.Response:
    return await api.send("POST", "/v1/audiences", key=key, params=SALES | asked, headers=LINES, content=body)


async def work(stage: Stage) -> int:
    """Do all there is to do, and return how many steps it took."""
    steps = 0
    while await working.once(stage.vault, {}):
        steps += 1
    return steps


async def read(api: Api, audience: str) -> list[Json]:
    """Read a result whole."""
    answer = await api.send("GET", f"/v1/audiences/{audience}/result")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    *lines, end = [json.loads(line) for line in answer.content.splitlines()]
    assert end == {"end": len(lines)}
    return lines


async def decided(stage: Stage) -> Counter[str]:
    """Return how many decisions the log has of each subject."""
    return Counter(str(entry.get("subject")) for entry in await stage.entries("decision"))
