"""The servers a bench holds side by side, each a factory for granian."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Litestar, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, JSONBody
from litestar.types import ASGIApp

from vault.api.shortcut import shortcut
from vault.app import create_app
from vault.base.settings import Settings

ANSWER = Path(os.environ.get("BENCH_ANSWER", "/nowhere"))
MANY = 1_000_000  # what limits are set to: leased and counted, and never in the way


class _Asked(msgspec.Struct):
    customer: str
    purpose: str
    channel: str


class _Form(msgspec.Struct):
    grant_type: str
    client_assertion_type: str
    client_assertion: str


def settings() -> Settings:
    return Settings(key_file=Path(os.environ["BENCH_KEY"]), pool=8, requests_per_network=MANY)


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


def bare_form() -> Litestar:
    """A bare Litestar POST with the same form and an answer of the same size."""
    answer: dict[str, Any] = msgspec.json.decode(ANSWER.read_bytes())

    @post("/oauth/token", status_code=200)
    async def token(data: Annotated[_Form, Body(media_type=RequestEncodingType.URL_ENCODED)]) -> dict[str, Any]:
        assert data.client_assertion
        return answer

    return Litestar([token], openapi_config=None, logging_config=None)
