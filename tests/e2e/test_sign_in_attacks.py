"""What is tried at the door: forged cookies, forms of other sites, old tabs, floods, too much of everything."""

from __future__ import annotations

import pytest
import pytest_asyncio

from tests import make
from tests.e2e.doors import ask, code, letters, sign_in, somebody
from tests.stage import Api, Stage
from tests.visitor import Visitor

TOO_LONG = "This page was open too long"
UNREAD = "We could not read that"
SIGN_IN = "See what you allow"
PORTAL = "__Host-consent-vault-portal"
FLOW = "__Host-consent-vault-flow"


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


@pytest_asyncio.fixture
async def signed_in(stage: Stage, api: Api) -> Visitor:
    visitor = Visitor(stage.http)
    _, address = await somebody(api)
    await sign_in(stage, visitor, address)
    return visitor


# ── Cookies ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "A" * 42, "A" * 44, "B" * 43, "../" * 15, "A" * 4000])
async def test_a_forged_cookie_is_nobodys(stage: Stage, visitor: Visitor, cookie: str) -> None:
    visitor.cookies = {PORTAL: cookie, FLOW: cookie}
    assert (await visitor.get("/")).heading == SIGN_IN
    assert (await visitor.get("/sign-in/code")).heading == SIGN_IN
    assert (await visitor.get("/erase")).heading == SIGN_IN
    page = await visitor.post("/sign-in/code", {"code": "123456"})
    assert (page.status, page.heading) == (403, TOO_LONG)
    assert await stage.count("keystore.code") == 0


async def test_a_flow_that_was_changed_by_a_letter_is_none(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    await ask(visitor, address)
    sealed = visitor.cookies[FLOW]
    for place in (0, 5, 40, len(sealed) - 1):
        letter = "A" if sealed[place] != "A" else "B"
        visitor.cookies[FLOW] = sealed[:place] + letter + sealed[place + 1 :]
        assert (await visitor.get("/sign-in/code")).heading == SIGN_IN


async def test_the_cookies_of_one_organization_are_nobodys_at_another(
    stage: Stage, api: Api, signed_in: Visitor, visitor: Visitor
) -> None:
    await stage.apply(make.organization("nahr"))
    _, address = await somebody(api)
    await ask(visitor, address)
    for whose in (signed_in, visitor):
        for place in ("/", "/sign-in/code", "/erase"):
            assert (await whose.get(f"/p/nahr{place}")).heading == SIGN_IN
    page = await signed_in.post("/p/nahr/sign-out", {"csrf": "x"})
    assert page.heading == SIGN_IN
    assert (await signed_in.get("/p/fernhill/")).heading == "What you allow"


# ── Forms of others ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin, cross-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8471"},
    ],
)
async def test_a_form_of_another_site_does_nothing(
    stage: Stage, api: Api, signed_in: Visitor, headers: dict[str, str]
) -> None:
    page = await signed_in.get("/")
    csrf = page.form("/sign-out").fields
    for place, data in (("/sign-out", csrf), ("/sign-in", {"reach": make.email(), "how": "code"}), ("/erase", csrf)):
        page = await signed_in.post(place, data, **headers)
        assert (page.status, page.heading) == (403, TOO_LONG)
    assert (await signed_in.get("/")).heading == "What you allow"
    assert await letters(stage) == []


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 303),
        ("null", 303),
        ("http://127.0.0.1:8471", 303),
        ("http://127.0.0.1", 403),
        ("https://evil.example", 403),
        ("http://127.0.0.1:8471.evil.example", 403),
        ("", 403),
    ],
)
async def test_an_older_browser_says_where_a_form_was_by_its_origin(
    signed_in: Visitor, origin: str | None, status: int
) -> None:
    fields = (await signed_in.get("/")).form("/sign-out").fields
    headers = {} if origin is None else {"origin": origin}
    response = await signed_in.send("POST", "/p/fernhill/sign-out", data=fields, headers=headers)
    assert response.status_code == status


async def test_a_form_without_its_token_or_with_another_sessions_does_nothing(
    stage: Stage, api: Api, signed_in: Visitor
) -> None:
    other = Visitor(stage.http)
    _, address = await somebody(api)
    await sign_in(stage, other, address)
    theirs = other.page.form("/sign-out").fields["csrf"]
    ours = (await signed_in.get("/")).form("/sign-out").fields["csrf"]
    assert ours != theirs
    for csrf in ("", "é", theirs, ours.upper(), ours[:-1]):
        for place in ("/sign-out", "/erase"):
            page = await signed_in.post(place, {"csrf": csrf})
            assert (page.status, page.heading) == (403, TOO_LONG)
    assert (await signed_in.get("/")).heading == "What you allow"


async def test_a_tab_of_an_earlier_sign_in_does_nothing(stage: Stage, api: Api, signed_in: Visitor) -> None:
    old = (await signed_in.get("/erase")).form("/erase").fields
    await signed_in.press("/sign-out")
    _, address = await somebody(api)
    await sign_in(stage, signed_in, address)
    page = await signed_in.post("/erase", old)
    assert (page.status, page.heading) == (403, TOO_LONG)
    assert await stage.entries("erased") == []


# ── Too much ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_field_of_a_megabyte_is_not_read(stage: Stage, visitor: Visitor) -> None:
    await visitor.get("/sign-in")
    page = await visitor.press("/sign-in", reach="a" * 1_000_000)
    assert (page.status, page.heading) == (413, UNREAD)
    page = await visitor.post("/in", {"token": "a" * 1_000_000})
    assert page.status == 413
    page = await visitor.get("/in/" + "a" * 60_000)
    assert page.status == 404


@pytest.mark.parametrize(
    "body",
    [
        b"reach=a@b.example&reach=c@d.example&how=code",
        b"&".join(b"f%d=1" % number for number in range(60)),
        b"reach=\xff\xfe&how=code",
        b"reach=a%00b@c.example&how=code",
    ],
)
async def test_a_form_that_is_none_is_not_read(visitor: Visitor, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    response = await visitor.send("POST", "/p/fernhill/sign-in", content=body, headers=headers)
    assert (response.status_code, UNREAD in response.text) == (422, True)


async def test_a_body_of_another_kind_is_not_read(visitor: Visitor) -> None:
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
        headers = {"content-type": kind, "sec-fetch-site": "same-origin"}
        response = await visitor.send("POST", "/p/fernhill/sign-in", content=b"reach=a", headers=headers)
        assert response.status_code == 422


@pytest.mark.parametrize(
    "reach", ["", " ", "@", "a@", "@b.example", "a@b.example,c@d.example", "x" * 300, "+", "0" * 70]
)
async def test_what_cannot_be_reached_is_asked_for_again(stage: Stage, visitor: Visitor, reach: str) -> None:
    await visitor.get("/sign-in")
    page = await visitor.press("/sign-in", reach=reach)
    assert (page.status, page.about) == (422, f"Error: {SIGN_IN}")
    assert await stage.count("keystore.code") == 0


# ── Too often ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_address_is_sent_five_codes_an_hour_whether_known_or_not(stage: Stage, api: Api) -> None:
    _, known = await somebody(api)
    for address in (known, make.email()):
        visitor = Visitor(stage.http)
        for number in range(7):
            page = await ask(visitor, address, "link" if number % 2 else "code")
            assert (page.status, page.heading == "Too often") == ((200, False) if number < 5 else (429, True))
        assert visitor.last.headers["retry-after"] == "3600"
        assert "Come back at " in visitor.page.text
    assert len(await letters(stage)) == 5
    await stage.tell()
    denied = await stage.entries("denied")
    assert {(entry["action"], entry["reason"]) for entry in denied} == {("sign_in", "too_many_requests")}
    assert sum(entry.get("times", 1) for entry in denied) == 4


async def test_a_network_asks_twenty_times_in_ten_minutes(stage: Stage) -> None:
    statuses = [(await ask(Visitor(stage.http), make.email())).status for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    await stage.tell()


async def test_a_network_tries_sixty_codes_in_ten_minutes(
    stage: Stage, api: Api, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault.actions.sign_in.codes.TRIED_BY_NETWORK", 6)
    for _ in range(2):
        await ask(visitor, make.email())
        last = [(await visitor.press("/sign-in/code", code="000000")).status for _ in range(3)]
        assert last == [422] * 3
    page = await visitor.press("/sign-in/code", code="000000")
    assert page.status == 429
    await stage.tell()


# ── Looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def written(stage: Stage) -> dict[str, int]:
    """Return how many rows there are; that somebody read about themselves is in the log, and nowhere else."""
    entries = await stage.rows("SELECT convert_from(body, 'UTF8')::jsonb ->> 'kind' AS kind FROM vault.log_entry")
    changes = [row["kind"] for row in entries if not row["kind"].endswith("_read")]
    tables = await stage.written()
    kept = {table: rows for table, rows in tables.items() if not table.startswith("vault.log_")}
    return {**kept, "changes": len(changes)}


async def test_whoever_follows_every_link_of_every_page_twice_changes_nothing(stage: Stage, signed_in: Visitor) -> None:
    before = await written(stage)
    sessions = await stage.rows("SELECT id, signed_in_at, ends_at FROM keystore.session")
    seen: set[str] = set()
    for _ in range(2):
        seen, waiting = set(), ["/p/fernhill/"]
        while waiting:
            if (place := waiting.pop()) not in seen and place.startswith("/p/"):
                seen.add(place)
                waiting += (await signed_in.get(place)).links
    assert {place.partition("?")[0] for place in seen} >= {"/p/fernhill/", "/p/fernhill/asked", "/p/fernhill/erase"}
    for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
        for place in ("/", "/sign-out", "/erase", "/sign-in", "/in", "/in/deny"):
            assert (await signed_in.send(method, f"/p/fernhill{place}")).status_code in {204, 404, 405}
    for place in ("/sign-out", "/in", "/in/deny"):
        page = await signed_in.get(place)
        assert (page.status, page.heading) == (405, "This link leads nowhere")
        assert "POST" in signed_in.last.headers["allow"]
    assert await written(stage) == before
    assert await stage.rows("SELECT id, signed_in_at, ends_at FROM keystore.session") == sessions


async def test_what_is_not_there_is_a_page_without_a_word_of_what_was_sought(visitor: Visitor) -> None:
    for place in ("/kakapo", "/a/b/c", "/sign-in/kakapo", "/p/kakapo/", "/p/kakapo/sign-in", "/p/Fernhill/"):
        page = await visitor.get(place)
        assert (page.status, page.heading) == (404, "This link leads nowhere")
        assert "kakapo" not in page.html
    response = await visitor.send("GET", "/p/kakapo/vault.css")
    assert response.status_code == 404


async def test_no_page_says_anything_that_is_not_its_own(visitor: Visitor, signed_in: Visitor) -> None:
    for who, place in ((visitor, "/sign-in"), (visitor, "/nowhere"), (signed_in, "/"), (signed_in, "/erase")):
        await who.get(place)
        headers = who.last.headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-robots-tag"].startswith("noindex")
        assert headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; script-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert "=(self)" not in headers["permissions-policy"]
        assert "style=" not in who.page.html
        assert "<script" not in who.page.html


async def test_a_code_tried_twice_at_once_is_tried_twice(stage: Stage, api: Api, visitor: Visitor) -> None:
    from asyncio import gather  # noqa: PLC0415 - here alone

    _, address = await somebody(api)
    await ask(visitor, address)
    fields = visitor.page.form("/sign-in/code").fields | {"code": await code(stage)}
    answers = await gather(*[visitor.send("POST", "/p/fernhill/sign-in/code", data=fields) for _ in range(4)])
    assert sorted(answer.status_code for answer in answers) == [303, 422, 422, 422]
    assert await stage.count("keystore.session") == 1
