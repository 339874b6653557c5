"""Bad input at the token endpoint, over HTTP: the error its RFC names, an entry, and less work than a good request."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests import make
from tests.stage import ISSUER, JWT_BEARER, Stage, refused, said
from tests.statements import statements

Json = dict[str, Any]
Attack = tuple[str, Callable[[Stage], Awaitable[list[tuple[str, str]]]], int, str]
NOBODY = "cus_06h0090m41t835kpwqjv10s1y0"
STRANGER = generate_private_key(SECP256R1())
LONG = "x" * 9000


def claims(stage: Stage, **changed: Any) -> Json:
    at = int(stage.vault.clock.now().timestamp())
    plain = {
        "iss": "fernhill.crm",
        "sub": "fernhill.crm",
        "aud": ISSUER,
        "iat": at,
        "exp": at + 60,
        "jti": f"a{at}-{id(changed)}",
    }
    return {name: value for name, value in (plain | changed).items() if value is not None}


def signed(stage: Stage, key: Any = make.CLIENT_KEY, algorithm: str = "ES256", **changed: Any) -> str:
    return jwt.encode(claims(stage, **changed), key, algorithm, headers={"kid": "k1"})


def part(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def shared() -> bytes:
    return make.CLIENT_KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def form(assertion: str, **more: str) -> list[tuple[str, str]]:
    plain = {"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER, "client_assertion": assertion}
    return [*(plain | more).items()]


def details(**members: Any) -> str:
    return json.dumps([{"type": "consent_vault", **members}])


def seconds(stage: Stage, later: int) -> int:
    return int(stage.vault.clock.now().timestamp()) + later


async def replayed(stage: Stage) -> list[tuple[str, str]]:
    used = form(signed(stage))
    said(await send(stage, used))
    return used


async def foreign(stage: Stage) -> list[tuple[str, str]]:
    await stage.apply(make.organization("larkspur"))
    token = said(await stage.token("larkspur.crm"))["access_token"]
    return form(token)


def line(tried: str, made: Callable[[Stage], Any], error: str) -> Attack:
    async def prepared(stage: Stage) -> list[tuple[str, str]]:
        found = made(stage)
        found = await found if isinstance(found, Awaitable) else found
        return found if isinstance(found, list) else form(found)

    return tried, prepared, 401 if error == "invalid_client" else 400, error


ATTACKS: list[Attack] = [
    line("a wrong key", lambda s: signed(s, STRANGER), "invalid_client"),
    line("no assertion", lambda _: "no.such.thing", "invalid_client"),
    line("expired", lambda s: signed(s, exp=seconds(s, -1)), "invalid_client"),
    line("of the future", lambda s: signed(s, iat=seconds(s, 3600), exp=seconds(s, 3660)), "invalid_client"),
    line("replayed", replayed, "invalid_client"),
    line("alg none", lambda s: f"{part({'alg': 'none', 'kid': 'k1'})}.{part(claims(s))}.", "invalid_client"),
    line("HS256 with the public key", lambda s: signed(s, shared(), "HS256"), "invalid_client"),
    line("for another audience", lambda s: signed(s, aud="https://elsewhere.example"), "invalid_client"),
    line("for others as well", lambda s: signed(s, aud=[ISSUER, "https://elsewhere.example"]), "invalid_client"),
    line("client_id and sub differ", lambda s: form(signed(s), client_id="fernhill.everything"), "invalid_client"),
    line("iss and sub differ", lambda s: signed(s, iss="fernhill.everything"), "invalid_client"),
    line("an unknown client", lambda s: signed(s, iss="fernhill.none", sub="fernhill.none"), "invalid_client"),
    line("an unknown organization", lambda s: signed(s, iss="nowhere.crm", sub="nowhere.crm"), "invalid_client"),
    line("another organization's token", foreign, "invalid_client"),
    line("scope twice", lambda s: [*form(signed(s), scope="decide"), ("scope", "decide")], "invalid_request"),
    line("an assertion twice", lambda s: [*form(signed(s)), ("client_assertion", signed(s))], "invalid_request"),
    line("no grant type", lambda s: form(signed(s), grant_type=""), "invalid_request"),
    line("another grant type", lambda s: form(signed(s), grant_type="password"), "unsupported_grant_type"),
    line("a scope beyond", lambda s: form(signed(s), scope="decide admin"), "invalid_scope"),
    line("details beyond", lambda s: form(signed(s), authorization_details=details(purposes=["newsletter"])),
         "invalid_authorization_details"),
    line("details of another type", lambda s: form(signed(s), authorization_details='[{"type": "payment"}]'),
         "invalid_authorization_details"),
    line("another resource", lambda s: form(signed(s), resource="https://elsewhere.example"), "invalid_target"),
    line("an overlong assertion", lambda s: signed(s, jti=LONG), "invalid_request"),
    line("an overlong scope", lambda s: form(signed(s), scope=LONG), "invalid_request"),
    line("overlong details", lambda s: form(signed(s), authorization_details=LONG), "invalid_request"),
    line("too many parameters", lambda s: [*form(signed(s)), *((f"p{n}", "x") for n in range(30))], "invalid_request"),
]  # fmt: skip


async def send(stage: Stage, pairs: list[tuple[str, str]]) -> httpx2.Response:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return await stage.http.post("/oauth/token", content=urlencode(pairs).encode(), headers=kind)


def work(sent: list[str]) -> list[str]:
    """Return which tables a request looked into or wrote, but for those of the clock: limits, and last uses."""
    tables = [table for one in sent for table in re.findall(r"vault\.\w+", one)]
    return [table for table in tables if table not in {"vault.allowance", "vault.client_use"}]


@pytest.mark.parametrize(("tried", "prepared", "status", "error"), [pytest.param(*one, id=one[0]) for one in ATTACKS])
async def test_bad_input_gets_its_error_an_entry_and_less_work(
    stage: Stage, tried: str, prepared: Callable[[Stage], Awaitable[list[tuple[str, str]]]], status: int, error: str
) -> None:
    pairs = await prepared(stage)
    for _ in range(2):  # what is read once by a process is read
        said(await send(stage, form(signed(stage, jti=f"warm-{_}"))))
    before = len(await stage.entries("token_refused"))
    async with statements(stage.vault) as good:
        said(await send(stage, form(signed(stage, jti="good"))))
    async with statements(stage.vault) as bad:
        answer = await send(stage, pairs)
    assert (answer.status_code, answer.json()["error"]) == (status, error), tried
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert set(answer.json()) == {"error", "error_description"}
    assert LONG not in answer.text
    entries = await stage.entries("token_refused")
    assert len(entries) == before + 1
    assert (entries[-1]["error"], entries[-1]["endpoint"]) == (error, "token")
    assert len(work(bad)) < len(work(good)), (work(bad), work(good))


async def test_a_body_nobody_would_send_is_not_even_read(stage: Stage) -> None:
    answer = await send(stage, [("grant_type", "x" * 200_000)])
    refused(answer, 413, "too_large")
    assert await stage.entries("token_refused") == []


async def test_another_organizations_token_opens_nothing_of_this_one(stage: Stage) -> None:
    await stage.apply(make.organization("larkspur"))
    here, there = await stage.client("everything"), await stage.client("everything", slug="larkspur")
    customer = await here.register()
    await here.grant(customer)
    told = (await there.decide(customer=customer), await there.decide(customer=NOBODY))
    assert [one["reasons"][0]["code"] for one in told] == ["unknown_customer"] * 2
    for path in ("", "/consents"):
        answers = [await there.send("GET", f"/v1/customers/{one}{path}") for one in (customer, NOBODY)]
        assert answers[0].json() == answers[1].json()
        refused(answers[0], 404, "unknown_customer")


async def test_a_token_signed_by_somebody_else_opens_nothing(stage: Stage) -> None:
    api = await stage.client("crm")
    head, body = jwt.get_unverified_header(api.token), jwt.decode(api.token, options={"verify_signature": False})
    for forged in (
        jwt.encode(body, STRANGER, "ES256", headers=head),
        jwt.encode(body, shared(), "HS256", headers={**head, "alg": "HS256"}),
        f"{part({**head, 'alg': 'none'})}.{part(body)}.",
        api.token[:-8] + "AAAAAAAA",
        api.token + "A",
    ):
        answer = await stage.http.get(f"/v1/customers/{NOBODY}", headers={"authorization": f"Bearer {forged}"})
        refused(answer, 401, "invalid_token")
