"""`token`: client credentials with `private_key_jwt` over 64 connections, against a bare POST of the same size.

Assertions are signed before a round, outside of what is measured; each is used once.
"""

from __future__ import annotations

from statistics import median
from typing import Any
from urllib.parse import urlencode

import httpx2

from tests.bench.decide import keep
from tests.bench.load import Load, drive, form
from tests.bench.result import held
from tests.bench.world import World, serving, world

RATIO = 0.25
FORM = {
    "grant_type": "client_credentials",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
}
SPARE = 1.4  # how many more are signed than the round before used up


async def token(*, connections: int = 64, seconds: float = 4, rounds: int = 5) -> dict[str, Any]:
    """Measure both servers in turn, `rounds` times; return the medians of answers in a second, and of the ratios."""
    async with world(0) as made:
        with serving("gathered") as vault:
            keep(await _answer(vault, made))
            with serving("bare_form") as bare:
                first = await _drive(vault, made, 2000, connections=connections, seconds=min(1.0, seconds))
                await drive(bare, _requests(made, 1), connections=connections, seconds=min(1.0, seconds))
                count = int(first.rate * seconds * SPARE) + connections
                tokens: list[Load] = []
                plain: list[Load] = []
                for _ in range(rounds):
                    plain.append(await drive(bare, _requests(made, 1), connections=connections, seconds=seconds))
                    tokens.append(await _drive(vault, made, count, connections=connections, seconds=seconds))
    return _result(tokens, plain)


async def _drive(port: int, made: World, count: int, *, connections: int, seconds: float) -> Load:
    return await drive(port, _requests(made, count), connections=connections, seconds=seconds, shared=True)


def _requests(made: World, count: int) -> list[bytes]:
    return [form("/oauth/token", urlencode({**FORM, "client_assertion": made.assertion()})) for _ in range(count)]


async def _answer(port: int, made: World) -> bytes:
    async with httpx2.AsyncClient() as http:
        answer = await http.post(
            f"http://127.0.0.1:{port}/oauth/token", data={**FORM, "client_assertion": made.assertion()}
        )
    assert answer.json()["access_token"], answer.text
    return answer.content


def _result(tokens: list[Load], plain: list[Load]) -> dict[str, Any]:
    rate, bare = (median(load.rate for load in loads) for loads in (tokens, plain))
    measured = {
        "rate": round(rate),
        "bare_rate": round(bare),
        "ratio": round(median([one.rate / other.rate for one, other in zip(tokens, plain, strict=True)]), 3),
        "latency_ms": {
            name: round(median(load.latency for load in loads), 2)
            for name, loads in (("token", tokens), ("bare", plain))
        },
    }
    return held("token", measured, at_least={"ratio": RATIO})
