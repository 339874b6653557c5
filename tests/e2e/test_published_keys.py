"""Clients who publish their own keys: fetched once for all who ask, kept for a while, and looked for anew in time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from tests.make import FakeClock
from tests.stage import Stage
from tests.tls import Request, answer, authority, web
from vault.actions.client.keysets import keys_for
from vault.actions.vault import Vault
from vault.courier.fetch import Fetcher
from vault.domain.organization import Authentication

ONE, TWO = {"keys": [{"kid": "one"}]}, {"keys": [{"kid": "one"}, {"kid": "two"}]}


class Publisher:
    """A client's web server. `reply` is what it answers, `asked` how often it was."""

    def __init__(self) -> None:
        self.asked = 0
        self.reply = answer(json.dumps(ONE).encode())
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.port = 0

    async def respond(self, _: Request) -> bytes:
        self.asked += 1
        await self.go_on.wait()
        return self.reply

    def publish(self, keys: Any, *headers: str) -> None:
        self.reply = answer(json.dumps(keys).encode(), *headers)

    def at(self, path: str = "jwks") -> Authentication:
        return Authentication(method="private_key_jwt", jwks_uri=f"https://localhost:{self.port}/{path}")


@asynccontextmanager
async def publishing() -> AsyncIterator[Publisher]:
    publisher = Publisher()
    async with web(publisher.respond) as publisher.port:
        yield publisher


def fetching(stage: Stage, clock: FakeClock) -> Vault:
    """The stage's vault, with a clock that is set by hand and trust in this machine."""
    fetcher = Fetcher(trusted=frozenset({"localhost"}), tls=authority().trusting(), timeout_seconds=1)
    courier = msgspec.structs.replace(stage.vault.courier, fetcher=fetcher)
    return msgspec.structs.replace(stage.vault, courier=courier, clock=clock)


async def test_keys_are_fetched_once_and_kept(stage: Stage, clock: FakeClock) -> None:
    vault = fetching(stage, clock)
    async with publishing() as client:
        for _ in range(3):
            assert await keys_for(vault, "fernhill.crm", authentication=client.at(), kid="one") == ONE
            clock.pass_by(minutes=3)
        assert client.asked == 1
        clock.pass_by(minutes=3)
        client.publish(TWO, "cache-control: max-age=3600")
        assert await keys_for(vault, "fernhill.crm", authentication=client.at()) == TWO
        clock.pass_by(minutes=59)
        assert await keys_for(vault, "fernhill.crm", authentication=client.at()) == TWO
        assert client.asked == 2


async def test_a_new_key_is_found_within_a_minute_and_made_up_ones_cost_one_fetch(
    stage: Stage, clock: FakeClock
) -> None:
    vault = fetching(stage, clock)
    async with publishing() as client:
        assert await keys_for(vault, "fernhill.crm", authentication=client.at()) == ONE
        client.publish(TWO)
        assert await keys_for(vault, "fernhill.crm", authentication=client.at(), kid="two") == ONE
        clock.pass_by(minutes=1)
        for number in range(50):
            assert await keys_for(vault, "fernhill.crm", authentication=client.at(), kid=f"made up {number}") == TWO
        assert await keys_for(vault, "fernhill.crm", authentication=client.at(), kid="two") == TWO
        assert client.asked == 2


async def test_all_who_ask_at_once_share_one_fetch_and_who_hangs_up_spoils_it_for_nobody(
    stage: Stage, clock: FakeClock
) -> None:
    vault = fetching(stage, clock)
    async with publishing() as client:
        client.go_on.clear()
        asking = [
            asyncio.create_task(keys_for(vault, f"fernhill.{number}", authentication=client.at()))
            for number in range(20)
        ]
        await asyncio.sleep(0.1)
        asking[0].cancel()
        await asyncio.sleep(0)
        client.go_on.set()
        assert await asyncio.gather(*asking[1:]) == [ONE] * 19
        assert client.asked == 1
    assert vault.memory.fetching == {}


async def test_a_failed_fetch_leaves_the_old_keys_until_their_time_is_over(stage: Stage, clock: FakeClock) -> None:
    vault = fetching(stage, clock)
    async with publishing() as client:
        assert await keys_for(vault, "fernhill.crm", authentication=client.at()) == ONE
        client.reply = answer(b"{}", status="503 Busy")
        clock.pass_by(minutes=9)
        assert await keys_for(vault, "fernhill.crm", authentication=client.at(), kid="two") == ONE
        clock.pass_by(minutes=2)
        for _ in range(5):
            assert await keys_for(vault, "fernhill.crm", authentication=client.at(), kid="one") is None
        assert client.asked == 3
        client.publish(TWO)
        clock.pass_by(seconds=5)
        assert await keys_for(vault, "fernhill.crm", authentication=client.at(), kid="one") == TWO


@pytest.mark.parametrize("body", [[], {"keys": {}}, {"keys": [1]}, {"keys": [{}] * 33}, {"error": "quokka"}])
async def test_what_is_no_key_set_is_no_keys(stage: Stage, clock: FakeClock, body: Any) -> None:
    vault = fetching(stage, clock)
    async with publishing() as client:
        client.publish(body)
        assert await keys_for(vault, "fernhill.crm", authentication=client.at()) is None


async def test_keys_in_the_organization_file_are_not_fetched(stage: Stage) -> None:
    inline = Authentication(method="private_key_jwt", jwks=ONE)
    assert await keys_for(stage.vault, "fernhill.crm", authentication=inline, kid="two") == ONE
    assert (
        await keys_for(stage.vault, "fernhill.crm", authentication=Authentication(method="client_secret_basic")) is None
    )


async def test_keys_at_a_private_address_are_not_fetched_and_no_address_is_told(stage: Stage) -> None:
    async with publishing() as client:
        assert await keys_for(stage.vault, "fernhill.crm", authentication=client.at("quokka")) is None
        assert client.asked == 0


async def test_what_is_remembered_has_an_end(stage: Stage, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vault.actions.client.keysets._REMEMBERED", 3)
    vault = fetching(stage, clock)
    async with publishing() as client:
        for number in range(5):
            assert await keys_for(vault, "fernhill.crm", authentication=client.at(str(number))) == ONE
        assert list(vault.memory.key_sets) == [client.at(str(number)).jwks_uri for number in (2, 3, 4)]
