"""`decide`: POST /v1/decisions over 128 connections, everything on, against a bare POST and against no gathering."""

from __future__ import annotations

import json
import os
from pathlib import Path
from statistics import median
from typing import Any

import httpx2

from tests.bench.load import Load, drive, post
from tests.bench.result import held
from tests.bench.world import World, serving, world

RATIO, UNGATHERED_RATIO = 0.60, 2.5


async def decide(
    *, customers: int = 500, connections: int = 128, seconds: float = 5, rounds: int = 3
) -> dict[str, Any]:
    """Measure the three servers in turn, `rounds` times, and return the medians and their ratios."""
    async with world(customers) as made:
        with serving("gathered") as gathered, serving("ungathered") as ungathered:
            token = await made.token(gathered)
            requests = questions(made, token)
            await keep_answer(gathered, made, token)
            with serving("bare") as bare:
                ports = {"bare": bare, "gathered": gathered, "ungathered": ungathered}
                loads: dict[str, list[Load]] = {name: [] for name in ports}
                for port in ports.values():
                    await drive(port, requests, connections=connections, seconds=min(1.0, seconds))
                for _ in range(rounds):
                    for name, port in ports.items():
                        loads[name].append(await drive(port, requests, connections=connections, seconds=seconds))
    return _result(loads)


def asked(made: World) -> list[dict[str, str]]:
    """Return two questions about each customer."""
    return [
        {"customer": customer, "purpose": purpose, "channel": "email"}
        for customer in made.customers
        for purpose in ("sales", "events")
    ]


def questions(made: World, token: str) -> list[bytes]:
    """Return a request for each question."""
    return [post("/v1/decisions", json.dumps(body).encode(), token) for body in asked(made)]


async def keep_answer(port: int, made: World, token: str) -> None:
    """Ask once, and keep the answer for the bare server, which gives one as long."""
    async with httpx2.AsyncClient() as http:
        answer = await http.post(
            f"http://127.0.0.1:{port}/v1/decisions", json=asked(made)[0], headers={"authorization": f"Bearer {token}"}
        )
    assert answer.json()["allowed"] is True, answer.text
    keep(answer.content)


def keep(answer: bytes) -> None:
    """Keep an answer for the bare server."""
    Path(os.environ["BENCH_ANSWER"]).write_bytes(answer)


def _result(loads: dict[str, list[Load]]) -> dict[str, Any]:
    rates = {name: median(load.rate for load in measured) for name, measured in loads.items()}
    latency = {name: round(median(load.latency for load in measured), 2) for name, measured in loads.items()}
    measured = {
        "rate": round(rates["gathered"]),
        "bare_rate": round(rates["bare"]),
        "ungathered_rate": round(rates["ungathered"]),
        "ratio": round(rates["gathered"] / rates["bare"], 3),
        "ungathered_ratio": round(rates["gathered"] / rates["ungathered"], 2),
        "latency_ms": latency,
    }
    return held("decide", measured, at_least={"ratio": RATIO, "ungathered_ratio": UNGATHERED_RATIO})
