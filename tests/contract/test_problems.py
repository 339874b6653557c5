"""Every error becomes an RFC 9457 document with the status of its kind, and none repeats what somebody sent."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from litestar import Litestar, get, post
from litestar.exceptions import HTTPException
from litestar.params import JSONBody
from structlog.testing import capture_logs

from vault.api.problems import HANDLERS, MEDIA_TYPE
from vault.base import errors
from vault.base.errors import Conflict, Denied, Gone, Invalid, TooMany, Unavailable, Unknown, VaultError
from vault.crypto.box import SealError
from vault.domain.decision.question import Question

SOURCES: Final = Path(errors.__file__).parents[1]
CODE: Final = re.compile(r"[a-z][a-z0-9_]*")
CANARY: Final = "quokka@quokkamail.example"
STATUS: Final = {Invalid: 422, Unknown: 404, Denied: 403, Conflict: 409, Gone: 410, TooMany: 429, Unavailable: 503}


class Raising:
    """What the next request runs into."""

    error: Exception = RuntimeError()


@get("/fail", sync_to_thread=False)
def fail() -> None:
    raise Raising.error


@post("/ask", sync_to_thread=False)
def ask(data: JSONBody[Question]) -> None:
    del data


async def answer(method: str, path: str, **more: Any) -> httpx2.Response:
    app = Litestar([fail, ask], exception_handlers=HANDLERS, logging_config=None, openapi_config=None)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]  # two spellings of ASGI
    async with httpx2.AsyncClient(transport=transport, base_url="http://vault.example") as http:
        return await http.request(method, path, **more)


async def failing(error: Exception) -> httpx2.Response:
    Raising.error = error
    return await answer("GET", "/fail")


def document(response: httpx2.Response) -> dict[str, Any]:
    """Return the document, having looked that it is one."""
    assert response.headers["content-type"] == MEDIA_TYPE == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    found: dict[str, Any] = response.json()
    assert set(found) == {"type", "title", "status", "code", "detail"}
    assert (found["type"], found["status"]) == (f"urn:consent-vault:{found['code']}", response.status_code)
    assert all(isinstance(found[name], str) and found[name] for name in ("type", "title", "code", "detail"))
    return found


def kinds(kind: type[VaultError]) -> Iterator[type[VaultError]]:
    """Yield a kind of error and all below it."""
    yield kind
    for below in kind.__subclasses__():
        yield from kinds(below)


def test_every_error_of_ours_is_of_a_kind_with_a_status() -> None:
    known = {below for kind in STATUS for below in kinds(kind)}
    ours = {kind for kind in kinds(VaultError) if kind.__module__.startswith("vault.")}
    assert ours - known == {VaultError, SealError}


async def test_a_seal_that_does_not_open_is_an_error_of_ours_and_somebody_hears_of_it() -> None:
    with capture_logs() as lines:
        response = await failing(SealError("commitment"))
    assert document(response)["status"] == 500
    assert "commitment" not in response.text
    assert lines == [{"event": "unforeseen", "kind": "SealError", "code": "unreadable_seal", "log_level": "error"}]


@pytest.mark.parametrize(("kind", "status"), STATUS.items())
async def test_each_kind_has_its_status(kind: type[VaultError], status: int) -> None:
    found = document(await failing(kind("some_code", "write it so")))
    assert (found["status"], found["code"], found["detail"]) == (status, "some_code", "write it so")


async def test_a_kind_below_has_the_status_of_the_one_above() -> None:
    class Nearer(Conflict):
        pass

    assert document(await failing(Nearer("near", "far")))["status"] == 409


async def test_no_valid_token_is_401_and_says_how_to_bring_one() -> None:
    response = await failing(Denied("invalid_token", "bring a token"))
    assert document(response)["status"] == 401
    algorithms = 'DPoP algs="ES256 EdDSA Ed25519 PS256"'
    assert response.headers["www-authenticate"] == f'Bearer error="invalid_token", {algorithms}'
    response = await failing(Denied("insufficient_scope", "bring a better one"))
    assert document(response)["status"] == 403
    assert response.headers["www-authenticate"] == f'Bearer error="insufficient_scope", {algorithms}'


async def test_what_is_away_may_be_asked_again() -> None:
    with capture_logs() as lines:
        response = await failing(Unavailable("database_away", "the database does not answer"))
    assert document(response)["status"] == 503
    assert response.headers["retry-after"] == "1"
    assert lines == [{"event": "unavailable", "code": "database_away", "log_level": "error"}]


async def test_too_much_says_how_long_to_wait() -> None:
    response = await failing(TooMany("too_many_requests", "this is too much", retry_after_seconds=2))
    assert document(response)["status"] == 429
    assert response.headers["retry-after"] == "2"


@pytest.mark.parametrize(
    "error", [RuntimeError(CANARY), KeyError(CANARY), UnicodeDecodeError("utf-8", b"q", 0, 1, CANARY)]
)
async def test_what_nobody_foresaw_is_500_without_a_word_of_it(error: Exception) -> None:
    with capture_logs() as lines:
        response = await failing(error)
    found = document(response)
    assert (found["status"], found["code"]) == (500, "internal")
    [line] = lines
    assert (line["event"], line["kind"]) == ("unforeseen", type(error).__name__)
    assert str(line["where"]).startswith("test_problems:")
    assert "quokka" not in response.text + str(lines)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 406, 408, 413, 415, 422, 429, 500, 502])
async def test_errors_of_the_framework_keep_their_status_and_lose_their_words(status: int) -> None:
    with capture_logs():
        response = await failing(HTTPException(status_code=status, detail=CANARY, extra={"who": CANARY}))
    assert document(response)["status"] == min(500, status)
    assert "quokka" not in response.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"purpose": "quokka@quokkamail.example", "channel": "email"}', 422),
        (b'{"purpose": "sales", "channel": "email", "at": "quokka"}', 422),
        (b'{"purpose": "sales", "channel": "email", "customer": "quokka"}', 422),
        (b'{"purpose": "sales", "channel": "email", "contact": "quokka"}', 422),
        (b'{"purpose": "sales", "channel": "email", "contact": {"kind": "email", "value": ["quokka"]}}', 422),
        (b'{"purpose": "sales", "channel": "email", "quokka@quokkamail.example": 1}', 422),
        (b'{"purpose": "sales", "channel": "email", "Quokka": 1}', 422),
        (b'{"quokka": ', 400),
        (b"quokka", 400),
        (b'"quokka\xff"', 400),
        (b"[" * 100_000, 400),
    ],
)
async def test_a_body_that_cannot_be_taken_is_not_repeated(body: bytes, status: int) -> None:
    response = await answer("POST", "/ask", content=body, headers={"content-type": "application/json"})
    assert document(response)["status"] == status
    assert "quokka" not in response.text.lower()


async def test_a_fault_says_where_it_is_and_what_was_expected() -> None:
    response = await answer("POST", "/ask", json={"purpose": 5, "channel": "email"})
    assert document(response)["detail"] == "purpose: Expected `str`, got `int`"


async def test_no_route_and_no_method_are_problems_too() -> None:
    assert document(await answer("GET", "/nowhere/quokka"))["status"] == 404
    response = await answer("DELETE", "/ask")
    assert document(response)["status"] == 405
    assert set(response.headers["allow"].split(", ")) >= {"POST"}


def raised() -> Iterator[tuple[str, list[ast.expr]]]:
    """Yield the arguments with which our errors are made, wherever in the vault."""
    names = {kind.__name__ for kind in STATUS}
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield f"{path.relative_to(SOURCES)}:{node.lineno}", node.args


def test_every_code_is_a_word_for_machines_and_every_detail_a_sentence() -> None:
    found = list(raised())
    assert len(found) > 50
    for place, arguments in found:
        assert len(arguments) == 2, place
        code, detail = arguments
        if isinstance(code, ast.Constant):
            assert CODE.fullmatch(str(code.value)), place
        if isinstance(detail, ast.Constant):
            assert len(str(detail.value).split()) >= 3, place
