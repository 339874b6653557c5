"""The servers a bench holds side by side, each a factory for granian."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, post
from litestar.params import JSONBody
from litestar.types import ASGIApp

from vault.api.shortcut import shortcut
from vault.app import create_app
from vault.base.settings import Settings

ANSWER = Path(os.environ.get("BENCH_ANSWER", "/nowhere"))


class _Asked(msgspec.Struct):
    customer: str
    purpose: str
    channel: str


def settings() -> Settings:
    return Settings(key_file=Path(os.environ["BENCH_KEY"]), pool=8)


def gathered() -> ASGIApp:
    """The vault as it is."""
    return shortcut(create_app(settings(), os.environ["BENCH_DATABASE"]))


def ungathered() -> ASGIApp:
    """The vault with the same caches, but one transaction for each request."""
    app = create_app(settings(), os.environ["BENCH_DATABASE"])

    async def one_by_one() -> None:
        app.state.vault = msgspec.structs.replace(app.state.vault, lanes=8, most=1)

    app.on_startup.append(one_by_one)
    return shortcut(app)


def bare() -> Litestar:
    """A bare Litestar POST with the same body and an answer of the same size."""
    answer: dict[str, Any] = msgspec.json.decode(ANSWER.read_bytes())

    @post("/v1/decisions", status_code=200)
    async def decide(data: JSONBody[_Asked]) -> dict[str, Any]:
        assert data.customer
        return answer

    return Litestar([decide], openapi_config=None, logging_config=None)
