"""Fetching a document: what the courier fetches, and all it refuses, against real servers with a made-up authority."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from tests.tls import Request, answer, authority, speaking, web
from vault.courier.fetch import LARGEST, Fetched, Fetcher, FetchError

KEYS = {"keys": [{"kty": "EC", "kid": "quokka"}]}
GOOD = answer(json.dumps(KEYS).encode())


def saying(reply: bytes) -> Callable[[Request], Awaitable[bytes]]:
    async def respond(_: Request) -> bytes:
        return reply

    return respond


def fetcher(*trusted: str, **given: Any) -> Fetcher:
    return Fetcher(trusted=frozenset(trusted or ("localhost",)), tls=authority().trusting(), **given)


def resolving(*addresses: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A resolver that knows one answer."""

    async def resolve(_: str, __: int) -> Sequence[str]:
        return addresses

    return resolve


async def refusal(asking: Awaitable[Fetched]) -> str:
    """Return the code of a refusal, which quotes nothing."""
    with pytest.raises(FetchError) as refused:
        await asking
    assert "quokka" not in str(refused.value).lower()
    assert "localhost" not in str(refused.value)
    assert "127.0.0.1" not in str(refused.value)
    assert refused.value.__cause__ is None
    return refused.value.code


async def refused(reply: bytes, **given: Any) -> str:
    async with web(saying(reply)) as port:
        return await refusal(fetcher(**given).get(f"https://localhost:{port}/quokka"))


# ── What is fetched ──────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_document_is_fetched_in_the_name_of_its_host() -> None:
    asked: list[Request] = []

    async def respond(request: Request) -> bytes:
        asked.append(request)
        return GOOD

    async with web(respond) as port:
        found = await fetcher().get(f"https://localhost:{port}/jwks.json?v=1")
    assert (found.status, found.body, found.max_age) == (200, KEYS, None)
    [request] = asked
    assert (request.method, request.target) == ("GET", "/jwks.json?v=1")
    assert request.headers["host"] == f"localhost:{port}"
    assert request.headers["accept-encoding"] == "identity"
    assert not request.headers.keys() & {"cookie", "authorization", "referer"}


async def test_a_form_is_sent_and_a_refusal_in_json_is_an_answer() -> None:
    async def respond(request: Request) -> bytes:
        assert (request.method, request.body) == ("POST", b"grant_type=authorization_code&code=a+b")
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        return answer(b'{"error": "invalid_grant"}', status="400 Bad Request")

    async with web(respond) as port:
        form = {"grant_type": "authorization_code", "code": "a b"}
        found = await fetcher().post(f"https://localhost:{port}/token", form=form)
    assert (found.status, found.body) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        ("max-age=300", 300), ("public, MAX-AGE=86400", 86_400), ('max-age="60"', 60), ("no-store", 0),
        ("max-age=300, no-cache", 0), ("private", None), ("s-maxage=5", None), ("max-age=soon", None), ("", None),
    ],
)  # fmt: skip
async def test_how_long_a_document_may_be_kept_is_read(control: str, seconds: int | None) -> None:
    async with web(saying(answer(b"{}", f"cache-control: {control}"))) as port:
        assert (await fetcher().get(f"https://localhost:{port}/")).max_age == seconds


@pytest.mark.parametrize("kind", ["application/json", "application/jwk-set+json; charset=utf-8", "Application/JSON"])
async def test_json_is_known_by_any_of_its_names(kind: str) -> None:
    async with web(saying(answer(b"{}", kind=kind))) as port:
        assert (await fetcher().get(f"https://localhost:{port}/")).body == {}


async def test_an_answer_of_just_the_largest_size_is_read() -> None:
    body = b'"' + b"q" * (LARGEST - 2) + b'"'
    async with web(saying(answer(body))) as port:
        assert len((await fetcher().get(f"https://localhost:{port}/")).body) == LARGEST - 2


async def test_a_host_may_be_an_address_if_it_is_trusted() -> None:
    async with web(saying(GOOD), names=["127.0.0.1"]) as port:
        assert (await fetcher("127.0.0.1").get(f"https://127.0.0.1:{port}/")).body == KEYS


async def test_the_second_address_is_tried_when_the_first_does_not_answer() -> None:
    async with web(saying(GOOD), names=["keys.example"]) as port:
        found = fetcher("keys.example", resolve=resolving("127.0.0.2", "127.0.0.1"))
        assert (await found.get(f"https://keys.example:{port}/")).body == KEYS


# ── Where it does not go ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "url",
    [
        "http://keys.example/", "ftp://keys.example/", "//keys.example/", "keys.example", "https://", "https:///path",
        "https://user@keys.example/", "https://user:quokka@keys.example/", "https://keys.example/#part",
        "https://keys.example:99999/", "https://[::1/", "https://keys.exa\nmple/", "file:///etc/passwd", "",
    ],
)  # fmt: skip
async def test_only_https_is_fetched(url: str) -> None:
    assert await refusal(fetcher().get(url)) == "fetch_bad_url"


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "127.0.0.1", "[::1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0x7f.1", "2130706433", "0",
        "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[fe80::1]", "[ff02::1]",
        "100.64.0.1", "224.0.0.1",
    ],
)  # fmt: skip
async def test_a_private_address_is_refused_however_it_is_spelled(host: str) -> None:
    async def never(_: Request) -> bytes:
        raise AssertionError

    async with web(never) as port:
        code = await refusal(fetcher("keys.example").get(f"https://{host}:{port}/"))
    assert code in {"fetch_private_address", "fetch_no_answer"}  # some are no addresses to this machine
    if host not in {"0x7f.1", "2130706433", "0"}:
        assert code == "fetch_private_address"


@pytest.mark.parametrize("addresses", [("93.184.216.34", "10.0.0.1"), ("127.0.0.1", "93.184.216.34"), ("::1",)])
async def test_one_private_address_among_others_spoils_them_all(addresses: tuple[str, ...]) -> None:
    found = fetcher("localhost", resolve=resolving(*addresses))
    assert await refusal(found.get("https://keys.example/")) == "fetch_private_address"


@pytest.mark.parametrize("address", ["169.254.169.254", "224.0.0.1", "::ffff:169.254.169.254", "fe80::1"])
async def test_trust_in_a_host_does_not_reach_where_no_server_is(address: str) -> None:
    found = fetcher("keys.example", resolve=resolving(address))
    assert await refusal(found.get("https://keys.example/")) == "fetch_private_address"


async def test_nobody_is_trusted_unless_a_setting_says_so() -> None:
    plain = Fetcher(tls=authority().trusting())
    async with web(saying(GOOD)) as port:
        assert await refusal(plain.get(f"https://localhost:{port}/")) == "fetch_private_address"


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    asked: list[str] = []

    async def first_here_then_there(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    async with web(saying(GOOD), names=["keys.example"]) as port:
        found = fetcher("keys.example", resolve=first_here_then_there)
        assert (await found.get(f"https://keys.example:{port}/")).body == KEYS
    assert asked == ["keys.example"]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_nobody_sends_us_elsewhere(status: str) -> None:
    assert await refused(answer(b"{}", "location: https://localhost/quokka", status=status)) == "fetch_redirected"


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with web(saying(GOOD)) as port:
        assert (await fetcher().get(f"https://localhost:{port}/")).body == KEYS


# ── What it does not believe ─────────────────────────────────────────────────────────────────────────────────────────
async def test_a_certificate_for_another_name_is_refused() -> None:
    async with web(saying(GOOD), names=["other.example"]) as port:
        assert await refusal(fetcher().get(f"https://localhost:{port}/")) == "fetch_untrusted"


async def test_a_certificate_of_the_address_stands_for_no_name() -> None:
    async with web(saying(GOOD), names=["127.0.0.1"]) as port:
        assert await refusal(fetcher().get(f"https://localhost:{port}/")) == "fetch_untrusted"


async def test_a_certificate_of_an_authority_nobody_trusts_is_refused() -> None:
    stranger = Fetcher(trusted=frozenset({"localhost"}), tls=ssl.create_default_context())
    async with web(saying(GOOD)) as port:
        assert await refusal(stranger.get(f"https://localhost:{port}/")) == "fetch_untrusted"


async def test_a_server_without_tls_is_refused() -> None:
    async with web(saying(GOOD), tls=False) as port:
        assert await refusal(fetcher().get(f"https://localhost:{port}/")) in {"fetch_untrusted", "fetch_no_answer"}


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (answer(b"{}", kind="text/html"), "fetch_not_json"),
        (answer(b"{}", kind="application/jsonp"), "fetch_not_json"),
        (answer(b"{}", kind=""), "fetch_not_json"),
        (answer(b"not json"), "fetch_not_json"),
        (answer(b""), "fetch_not_json"),
        (answer(b"\xff\xfe"), "fetch_not_json"),
        (answer(b"[" * 60_000), "fetch_not_json"),
        (answer(b"\x1f\x8b", "content-encoding: gzip"), "fetch_not_json"),
        (answer(b'{"quokka": 1}', status="404 Not Found"), "fetch_bad_status"),
        (answer(b"{}", status="500 Broken"), "fetch_bad_status"),
        (answer(b"{}", status="201 Created"), "fetch_bad_status"),
        (answer(b"q" * (LARGEST + 1)), "fetch_too_big"),
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n" + b" " * (LARGEST + 1), "fetch_too_big"),
        (b"quokka", "fetch_no_answer"),
        (b"", "fetch_no_answer"),
        (answer(b"{}")[:-1] + b"", "fetch_no_answer"),
    ],
)
async def test_an_answer_that_is_no_document_is_refused(reply: bytes, code: str) -> None:
    assert await refused(reply) == code


async def test_an_endless_answer_is_not_read_to_its_end() -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        while True:
            writer.write(b" " * 4096)
            await writer.drain()
            sent += 4096

    async with speaking(serve) as port:
        assert await refusal(fetcher().get(f"https://localhost:{port}/")) == "fetch_too_big"
    assert sent < 100 * LARGEST


@pytest.mark.parametrize("slow", ["answer", "head", "drops", "name"])
async def test_nobody_waits_longer_than_the_time_limit(slow: str) -> None:
    async def linger(_: Request) -> bytes:
        await asyncio.sleep(20)
        return GOOD

    async def serve(__: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if slow == "drops":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n")
        for _ in range(200):
            writer.write(b" " if slow == "drops" else b"H")
            await writer.drain()
            await asyncio.sleep(0.05)

    async def resolve(_: str, __: int) -> Sequence[str]:
        await asyncio.sleep(20)
        return []

    given: dict[str, Any] = {"resolve": resolve} if slow == "name" else {}
    begun = time.monotonic()
    async with web(linger) if slow in {"answer", "name"} else speaking(serve) as port:
        asked = fetcher(timeout_seconds=0.5, **given).get(f"https://localhost:{port}/")
        assert await refusal(asked) == "fetch_no_answer"
    assert time.monotonic() - begun < 3


async def test_a_name_nobody_has_is_no_answer() -> None:
    async def nobody(_: str, __: int) -> Sequence[str]:
        raise OSError

    for resolve in (nobody, resolving()):
        assert await refusal(fetcher(resolve=resolve).get("https://keys.example/")) == "fetch_no_answer"
    assert await refusal(fetcher().get("https://" + "q" * 64 + ".example/")) in {"fetch_no_answer", "fetch_bad_url"}
