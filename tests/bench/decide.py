"""`decide`: POST /v1/decisions over 128 connections, everything on, against a bare POST and against no gathering."""

from __future__ import annotations

import json
import os
from pathlib import Path
from statistics import median
from typing import Any

import httpx2

from tests.bench.load import Load, drive, post
from tests.bench.world import World, machine, serving, world

BUDGET = {"ratio": 0.40, "ungathered_ratio": 2.5}


async def decide(
    *, customers: int = 500, connections: int = 128, seconds: float = 5, rounds: int = 3
) -> dict[str, Any]:
    """Measure the three servers in turn, `rounds` times, and return the medians and their ratios."""
    async with world(customers) as made:
        with serving("gathered") as gathered, serving("ungathered") as ungathered:
            token = await made.token(gathered)
            requests = _requests(made, token)
            _keep(await _answer(gathered, made, token))
            with serving("bare") as bare:
                ports = {"bare": bare, "gathered": gathered, "ungathered": ungathered}
                loads: dict[str, list[Load]] = {name: [] for name in ports}
                for port in ports.values():
                    await drive(port, requests, connections=connections, seconds=min(1.0, seconds))
                for _ in range(rounds):
                    for name, port in ports.items():
                        loads[name].append(await drive(port, requests, connections=connections, seconds=seconds))
    return _result(loads)


def _requests(made: World, token: str) -> list[bytes]:
    bodies = [
        {"customer": customer, "purpose": purpose, "channel": "email"}
        for customer in made.customers
        for purpose in ("sales", "events")
    ]
    return [post("/v1/decisions", json.dumps(body).encode(), token) for body in bodies]


def _keep(answer: bytes) -> None:
    Path(os.environ["BENCH_ANSWER"]).write_bytes(answer)


async def _answer(port: int, made: World, token: str) -> bytes:
    question = {"customer": made.customers[0], "purpose": "sales", "channel": "email"}
    async with httpx2.AsyncClient() as http:
        answer = await http.post(
            f"http://127.0.0.1:{port}/v1/decisions", json=question, headers={"authorization": f"Bearer {token}"}
        )
    assert answer.json()["allowed"] is True, answer.text
    return answer.content


def _result(loads: dict[str, list[Load]]) -> dict[str, Any]:
    rates = {name: median(load.rate for load in measured) for name, measured in loads.items()}
    latency = {name: round(median(load.latency for load in measured), 2) for name, measured in loads.items()}
    ratio = rates["gathered"] / rates["bare"]
    ungathered_ratio = rates["gathered"] / rates["ungathered"]
    return {
        "bench": "decide",
        **machine(),
        "rate": round(rates["gathered"]),
        "bare_rate": round(rates["bare"]),
        "ungathered_rate": round(rates["ungathered"]),
        "ratio": round(ratio, 3),
        "ungathered_ratio": round(ungathered_ratio, 2),
        "latency_ms": latency,
        "budget": BUDGET,
        "met": ratio >= BUDGET["ratio"] and ungathered_ratio >= BUDGET["ungathered_ratio"],
    }
