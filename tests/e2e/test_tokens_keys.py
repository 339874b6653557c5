"""The key that signs tokens changes while requests are under way, and nobody notices."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import jwt
import pytest

from tests import make
from tests.make import FakeClock
from tests.stage import Api, Stage, now, refused, said
from tests.statements import statements
from vault.actions.client import signing_keys
from vault.actions.client.signing_keys import rotate, show_keys
from vault.actions.client.sweeping import sweep
from vault.actions.vault import Vault

NOBODY = "cus_06h0090m41t835kpwqjv10s1y0"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(now())


@pytest.fixture
async def apps(stage: Stage, clock: FakeClock) -> tuple[int, int]:
    """Two processes by one clock that is set by hand; it begins with PostgreSQL's time, by which keys are made."""
    return await stage.open(clock=clock), await stage.open(clock=clock)


def vault_of(stage: Stage, app: int) -> Vault:
    found: Vault = stage.apps[app].state.vault
    return found


async def keys(stage: Stage, app: int) -> list[str]:
    return [key["kid"] for key in said(await stage._https[app].get("/.well-known/jwks.json"))["keys"]]


async def token(stage: Stage, app: int) -> str:
    found: str = said(await stage.token("fernhill.crm", app=app))["access_token"]
    return found


def kid(token: str) -> Any:
    return jwt.get_unverified_header(token)["kid"]


async def opens(stage: Stage, app: int, token: str) -> bool:
    answer: httpx2.Response = await Api(stage._https[app], token, sdk=None).send("GET", f"/v1/customers/{NOBODY}")
    return answer.status_code == 404


async def test_a_key_goes_from_published_to_signing_to_gone_and_no_token_is_refused(
    stage: Stage, clock: FakeClock, apps: tuple[int, int]
) -> None:
    here, there = apps
    first = await token(stage, here)
    assert kid(await token(stage, there)) == kid(first)
    new = (await rotate(vault_of(stage, here)))[0].kid
    assert await keys(stage, here) == [kid(first), new]
    assert kid(await token(stage, here)) == kid(first)
    clock.pass_by(minutes=10, seconds=10)
    fresh = await token(stage, here)
    assert kid(fresh) == new
    assert await keys(stage, here) == [new, kid(first)]
    # The other process has not looked since: it reads the keys when it sees one that it does not know.
    held = vault_of(stage, there).memory.signing
    assert held is not None
    held.read_at -= 2
    assert await opens(stage, there, fresh)
    assert kid(await token(stage, there)) == new
    assert not await opens(stage, there, first)
    last = await token(stage, there)
    assert await opens(stage, here, last)


async def test_what_the_old_key_signed_last_is_believed_to_its_end(
    stage: Stage, clock: FakeClock, apps: tuple[int, int]
) -> None:
    here, there = apps
    await token(stage, here)
    new = (await rotate(vault_of(stage, here)))[0].kid
    clock.pass_by(minutes=9, seconds=59)
    last = await token(stage, there)
    assert kid(last) != new
    clock.pass_by(minutes=4, seconds=58)
    assert kid(await token(stage, here)) == new
    for app in apps:
        assert await opens(stage, app, last)


async def test_a_spent_key_is_destroyed_with_an_entry(stage: Stage) -> None:
    first = await token(stage, 0)
    await rotate(stage.vault)
    await sweep(stage.vault)
    assert await stage.count("keystore.signing_key") == 2
    await stage.rows("UPDATE keystore.signing_key SET signs_from = signs_from - interval '40 minutes'")
    stage.vault.memory.signing = None
    second = await token(stage, 0)
    assert kid(second) != kid(first)
    await sweep(stage.vault)
    [left] = await show_keys(stage.vault)
    assert (left.kid, left.state) == (kid(second), "signing")
    [entry] = await stage.entries("key_destroyed")
    assert (entry["kid"], entry["key"]) == (kid(first), "token_signing")
    assert await keys(stage, 0) == [kid(second)]
    refused(await Api(stage.http, first, sdk=None).send("GET", f"/v1/customers/{NOBODY}"), 401, "invalid_token")


async def test_a_key_somebody_else_may_have_is_destroyed_at_once_with_all_it_signed(stage: Stage) -> None:
    there = await stage.open()
    stolen = await token(stage, there)
    assert await opens(stage, 0, stolen)
    assert await opens(stage, there, stolen)
    [only] = await rotate(stage.vault, at_once=True)
    assert (only.state, await keys(stage, 0)) == ("signing", [only.kid])
    assert not await opens(stage, 0, stolen)
    held = vault_of(stage, there).memory.signing
    assert held is not None
    held.read_at -= 60  # the other process looks once a minute
    assert kid(await token(stage, there)) == only.kid
    assert not await opens(stage, there, stolen)
    assert [entry["kid"] for entry in await stage.entries("key_destroyed")] == [kid(stolen)]


async def test_a_change_of_keys_interrupts_no_request_under_way(stage: Stage) -> None:
    there = await stage.open()
    over = asyncio.Event()
    answers: list[int] = []

    async def ask(app: int) -> None:
        while not over.is_set():
            api = Api(stage._https[app], await token(stage, app), sdk=None)
            answers.append((await api.send("GET", f"/v1/customers/{NOBODY}")).status_code)

    asking = [asyncio.create_task(ask(app)) for app in (0, there, 0, there)]
    await asyncio.sleep(0.2)
    await rotate(stage.vault)
    await asyncio.sleep(0.2)
    # Its turn comes, and each process finds out by itself.
    await stage.rows("UPDATE keystore.signing_key SET signs_from = clock_timestamp() WHERE signs_from > now()")
    stage.vault.memory.signing = None
    await asyncio.sleep(1.5)
    over.set()
    await asyncio.gather(*asking)
    assert set(answers) == {404}
    assert len({kid(entry) for entry in [await token(stage, 0), await token(stage, there)]}) <= 2
    assert len(answers) > 20


async def test_tokens_of_made_up_keys_have_the_keys_read_once_a_second_at_most(stage: Stage) -> None:
    api = await stage.client("crm")
    head = jwt.get_unverified_header(api.token)
    body = {"sub": "fernhill.crm"}
    async with statements(stage.vault) as sent:
        for place in range(30):
            forged = jwt.encode(body, make.CLIENT_KEY, "ES256", headers={**head, "kid": f"made-up-{place}"})
            answer = await Api(stage.http, forged, sdk=None).send("GET", f"/v1/customers/{NOBODY}")
            refused(answer, 401, "invalid_token")
    assert sum("keystore.signing_key" in one for one in sent) <= 3


async def test_who_comes_first_makes_the_first_key_and_there_is_only_one(stage: Stage) -> None:
    await stage.rows("DELETE FROM keystore.signing_key")
    for vault in (stage.vault, vault_of(stage, await stage.open())):
        vault.memory.signing = None
    found = await asyncio.gather(*(signing_keys.signing_keys(vault_of(stage, app)) for app in (0, 1) for _ in range(4)))
    assert len({key.kid for key in found}) == 1
    assert await stage.count("keystore.signing_key") == 1
