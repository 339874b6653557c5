"""What ends a token ends it with the next request, on every process, whichever way the request comes in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, cast

import asyncpg
import httpx2
import jwt
import pytest

from tests import make
from tests.stage import ISSUER, Api, Recorder, Stage, codes, refused, said
from tests.statements import every_connection, statements
from vault.actions.client.clients import end_tokens, resume, suspend
from vault.api.shortcut import shortcut
from vault.store.client import revocations

Ending = Callable[[Stage, Api], Awaitable[None]]


async def suspended(stage: Stage, _: Api) -> None:
    await suspend(stage.vault, await stage.operator(), key="crm")


async def ended(stage: Stage, _: Api) -> None:
    await end_tokens(stage.vault, await stage.operator(), key="crm")


async def revoked(stage: Stage, api: Api) -> None:
    claims = jwt.decode(api.token, options={"verify_signature": False})
    async with stage.vault.database.work(await stage.organization()) as work:
        await revocations.add(work, {claims["jti"]: stage.vault.clock.now()}, keep=timedelta(minutes=5))


ENDINGS: Final = [suspended, ended, revoked]


class Ways:
    """Every way into a second process: the shortcut, the route, the batch, another endpoint."""

    def __init__(self, stage: Stage, api: Api, customer: str) -> None:
        transport = Recorder(cast("Any", shortcut(stage.apps[1])), stage.seen)
        self._short = httpx2.AsyncClient(transport=transport, base_url=ISSUER)
        self._api = api
        self._customer = customer

    async def all(self) -> list[httpx2.Response]:
        question = make.asked(customer=self._customer)
        return [
            await self._short.post(
                "/v1/decisions", json=question, headers={"authorization": f"Bearer {self._api.token}"}
            ),
            await self._api.send("POST", "/v1/decisions", question),
            await self._api.send("POST", "/v1/decisions/batch", {"questions": [question] * 2}),
            await self._api.send("GET", f"/v1/customers/{self._customer}"),
        ]


@pytest.fixture
async def crm(stage: Stage) -> Api:
    """A client at a second process, which has been asked already and so remembers everything it can."""
    return await stage.client("crm", app=await stage.open())


@pytest.fixture
async def customer(stage: Stage) -> str:
    api = await stage.client("everything")
    customer = await api.register()
    await api.grant(customer)
    return customer


@pytest.fixture
def ways(stage: Stage, crm: Api, customer: str) -> Ways:
    return Ways(stage, crm, customer)


@pytest.mark.parametrize("end", ENDINGS)
async def test_the_next_request_is_refused_on_another_process_whichever_way_it_comes(
    stage: Stage, crm: Api, ways: Ways, end: Ending
) -> None:
    assert [answer.status_code for answer in await ways.all()] == [200] * 4
    await end(stage, crm)
    *asked, read = await ways.all()
    refused(read, 401, "invalid_token")
    if end is not suspended:
        for answer in asked:
            refused(answer, 401, "invalid_token")
        assert [entry["reason"] for entry in await stage.entries("denied")] == ["invalid_token"] * 4
        return
    decisions = [one for answer in asked for one in said(answer).get("decisions", [answer.json()])]
    assert [codes(one) for one in decisions] == [["client_suspended"]] * 4
    for one in decisions:
        entry = await stage.entry(one)
        assert entry["reasons"] == ["client_suspended"]
        assert not {"subject", "flat", "facts", "standing"} & entry.keys()


@pytest.mark.parametrize("end", ENDINGS)
async def test_other_clients_go_on(stage: Stage, crm: Api, customer: str, end: Ending) -> None:
    other = await stage.client("everything", app=1)
    await end(stage, crm)
    assert codes(await other.decide(customer=customer)) == ["opted_in"]


async def test_questions_that_wait_in_a_batch_are_refused_too(stage: Stage, crm: Api, customer: str) -> None:
    """They were found in order before the client was suspended, and are read after."""
    question = make.asked(customer=customer)
    await crm.send("POST", "/v1/decisions", question)
    async with every_connection(stage.apps[1].state.vault):
        asked = [asyncio.create_task(crm.send("POST", "/v1/decisions", question)) for _ in range(8)]
        await asyncio.sleep(0.1)
        await suspended(stage, crm)
    answers = [said(answer) for answer in await asyncio.gather(*asked)]
    assert [codes(answer) for answer in answers] == [["client_suspended"]] * 8


async def test_a_new_token_after_all_were_ended_counts_at_once(stage: Stage, crm: Api, customer: str) -> None:
    await ended(stage, crm)
    answer = said(await stage.token("fernhill.crm", app=1))
    fresh = Api(stage._https[1], answer["access_token"], sdk=None)
    assert codes(await fresh.decide(customer=customer)) == ["opted_in"]
    refused(await crm.send("GET", f"/v1/customers/{customer}"), 401, "invalid_token")


async def test_a_suspended_client_gets_no_token_and_after_its_return_only_new_ones_count(
    stage: Stage, crm: Api, customer: str
) -> None:
    await suspended(stage, crm)
    answer = await stage.token("fernhill.crm", app=1)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert (await stage.entries("token_refused"))[-1]["reason"] == "suspended"
    await resume(stage.vault, await stage.operator(), key="crm")
    refused(await crm.send("GET", f"/v1/customers/{customer}"), 401, "invalid_token")
    fresh = Api(stage._https[1], said(await stage.token("fernhill.crm", app=1))["access_token"], sdk=None)
    assert codes(await fresh.decide(customer=customer)) == ["opted_in"]
    assert [len(await stage.entries(f"client_{what}")) for what in ("suspended", "resumed")] == [1, 1]


@pytest.mark.parametrize("end", ENDINGS)
async def test_a_process_that_starts_later_knows_it(stage: Stage, customer: str, end: Ending) -> None:
    crm = await stage.client("crm")
    await end(stage, crm)
    late = Api(stage._https[await stage.open()], crm.token, sdk=None)
    answer = await late.send("GET", f"/v1/customers/{customer}")
    refused(answer, 401, "invalid_token")


async def test_without_the_database_nothing_is_believed(stage: Stage, crm: Api, ways: Ways) -> None:
    await ways.all()
    seen = len(stage.seen.exchanges)
    await stage.apps[1].state.vault.database.close()
    for answer in await ways.all():
        refused(answer, 503, "database_away")
        assert answer.headers["retry-after"]
    assert len(stage.seen.exchanges) == seen + 4
    assert json.dumps(crm.token) not in str(stage.seen.lines)


async def test_a_flood_of_changes_overtakes_a_question_once_and_not_for_ever(
    stage: Stage, crm: Api, customer: str
) -> None:
    over = asyncio.Event()

    async def flood() -> int:
        connection, count = await asyncpg.connect(stage.url), 0
        await connection.execute("SET synchronous_commit = off")
        while not over.is_set():
            await connection.execute("UPDATE vault.organization SET epoch = epoch + 1")
            count += 1
        await connection.close()
        return count

    floods = [asyncio.create_task(flood()) for _ in range(2)]
    async with asyncio.timeout(30), statements(stage.apps[1].state.vault) as sent:
        answers = [await crm.decide(customer=customer) for _ in range(20)]
    over.set()
    assert len(answers) < sum("vault.fact f" in one for one in sent) <= 2 * len(answers)
    assert sum(await asyncio.gather(*floods)) > len(answers)
    assert [codes(answer) for answer in answers] == [["opted_in"]] * 20


async def test_of_many_revocations_a_process_reads_what_is_new_to_it(stage: Stage, crm: Api, customer: str) -> None:
    own, keep = await stage.organization(), timedelta(minutes=5)
    for count in range(3):
        async with stage.vault.database.work(own) as work:
            await revocations.add(work, {f"{count:032x}": stage.vault.clock.now()}, keep=keep)
        assert codes(await crm.decide(customer=customer)) == ["opted_in"]
    held = stage.apps[1].state.vault.memory.here[own]
    assert len(held.revoked) == 3
    async with stage.vault.database.work(own) as work:
        assert await revocations.since(work, held.epoch) == {}
        assert len(await revocations.since(work, held.epoch - 2)) == 2
    # What it knows already it does not read again: it would still know it if it were gone.
    await stage.rows("DELETE FROM vault.revoked_token")
    await ended(stage, crm)
    refused(await crm.send("GET", f"/v1/customers/{customer}"), 401, "invalid_token")
    assert len(stage.apps[1].state.vault.memory.here[own].revoked) == 3
