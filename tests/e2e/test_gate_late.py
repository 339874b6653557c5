"""The gate while things change: what was taken back before the text leaves stays here, and so does all without a vault.

A sleep of a second makes the gate's list of what was taken back older than it may be.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
import pytest_asyncio

from tests import make
from tests.e2e.gates import NO_VAULT, PASSED, USED, WITHDRAWN, Gate, Way, blunt, distant, gone, mail
from tests.e2e.test_gate import forged
from tests.e2e.test_permits import letter
from tests.stage import Api, Stage


@pytest_asyncio.fixture
async def far(stage: Stage) -> AsyncIterator[tuple[Gate, Way]]:
    async with distant(stage) as found:
        yield found


async def test_taken_back_while_the_next_server_is_asked_it_does_not_pass(
    stage: Stage, api: Api, far: tuple[Gate, Way]
) -> None:
    gate, _ = far
    one = await letter(api)

    async def meanwhile(command: str) -> None:
        if command == "RCPT":
            await api.say_no("withdrawals", one.customer)
            await asyncio.sleep(1)

    gate.behind.before = meanwhile
    assert await gate.send(mail(one), one.address) == WITHDRAWN
    assert gate.behind.letters == []
    assert await stage.entries("outcome") == []


async def test_taken_back_while_its_outcome_is_told_it_does_not_pass(
    stage: Stage, api: Api, far: tuple[Gate, Way]
) -> None:
    gate, way = far
    one = await letter(api)

    async def meanwhile() -> None:
        await api.say_no("withdrawals", one.customer)
        await asyncio.sleep(1)

    way.after["outcome"] = meanwhile
    for _ in range(2):  # the second time the gate could have said that it is used
        assert await gate.send(mail(one), one.address) == WITHDRAWN
    assert gate.behind.letters == []
    assert [entry["became"] for entry in await stage.entries("outcome")] == ["sent"]


async def test_taken_back_before_the_next_server_waits_for_the_text_it_does_not_pass(stage: Stage, api: Api) -> None:
    one = await letter(api)

    async def meanwhile() -> None:
        await api.say_no("withdrawals", one.customer)
        await asyncio.sleep(1)

    async with blunt() as slow, distant(stage, relay=slow.url) as (gate, _):
        slow.before = meanwhile
        assert await gate.send(mail(one), one.address) == WITHDRAWN
        async with asyncio.timeout(20):
            await slow.hung_up.wait()
    assert slow.texts == []


async def test_what_cannot_be_asked_once_more_does_not_pass_but_later(
    stage: Stage, api: Api, far: tuple[Gate, Way]
) -> None:
    gate, way = far
    one = await letter(api)

    async def meanwhile() -> None:
        way.before["revoked"] = gone
        await asyncio.sleep(1)

    way.after["outcome"] = meanwhile
    assert await gate.send(mail(one), one.address) == NO_VAULT
    assert gate.behind.letters == []
    way.before.clear()
    assert await gate.send(mail(one), one.address) == PASSED
    assert gate.behind.recipients == [one.address]
    assert len(await stage.entries("outcome")) == 1


@pytest.mark.parametrize("end", ["revoked", "outcome"])
async def test_a_vault_that_is_known_and_does_not_answer_one_question_lets_nothing_pass(
    stage: Stage, api: Api, far: tuple[Gate, Way], end: str
) -> None:
    gate, way = far
    one, bystander = await letter(api), await letter(api)
    assert await gate.send(mail(bystander), bystander.address) == PASSED  # it knows the keys
    await asyncio.sleep(1)
    asked: list[str] = []

    async def silent() -> None:
        asked.append(end)
        await gone()

    way.before[end] = silent
    assert await gate.send(mail(one), one.address) == NO_VAULT
    assert asked == [end]
    assert gate.behind.recipients == [bystander.address]
    assert len(await stage.entries("outcome")) == 1
    way.before.clear()
    assert await gate.send(mail(one), one.address) == PASSED


async def test_where_the_vault_was_told_and_its_answer_is_lost_the_permit_is_used(
    stage: Stage, api: Api, far: tuple[Gate, Way]
) -> None:
    gate, way = far
    one = await letter(api)

    async def lost() -> None:
        raise httpx2.ReadError("cut off")

    way.after["outcome"] = lost
    assert await gate.send(mail(one), one.address) == NO_VAULT
    way.after.clear()
    assert await gate.send(mail(one), one.address) == USED
    assert gate.behind.letters == []
    assert len(await stage.entries("outcome")) == 1


@pytest.mark.parametrize(("slow", "told"), [(1, PASSED), (2, NO_VAULT)])
async def test_what_a_slow_vault_said_is_too_old_and_is_asked_once_more(
    api: Api, far: tuple[Gate, Way], slow: int, told: str
) -> None:
    gate, way = far
    one = await letter(api)
    times = iter([1] * slow)

    async def late() -> None:
        await asyncio.sleep(next(times, 0))

    way.after["revoked"] = late
    assert await gate.send(mail(one), one.address) == told
    assert len(gate.behind.letters) == (told == PASSED)


@pytest.mark.parametrize(("place", "told_of"), [("recipient", []), ("outcome", ["sent"])])
async def test_over_when_its_text_would_leave_it_does_not_pass(
    stage: Stage, api: Api, place: str, told_of: list[str]
) -> None:
    one = await letter(api)
    clock = make.FakeClock(stage.vault.clock.now())
    ends = (clock.at + timedelta(hours=1)).replace(microsecond=0)
    permit = await forged(stage, one, exp=int(ends.timestamp()))

    async def meanwhile() -> None:
        clock.at = ends

    async with distant(stage, clock=clock) as (gate, way):
        gate.behind.before = None if place == "outcome" else lambda _: meanwhile()
        way.after = {"outcome": meanwhile} if place == "outcome" else {}
        assert await gate.send(mail(permit=permit), one.address) == "451 4.7.1 the permit is over: ask for another"
        assert gate.behind.letters == []
    assert [entry["became"] for entry in await stage.entries("outcome")] == told_of


async def test_whoever_is_erased_before_the_outcome_is_told_gets_nothing(
    stage: Stage, api: Api, far: tuple[Gate, Way]
) -> None:
    gate, way = far
    one = await letter(api)

    async def meanwhile() -> None:
        await stage.erase(one.customer)

    way.before["outcome"] = meanwhile
    told = "550 5.7.1 the vault knows no such message any more"
    assert await gate.send(mail(one), one.address) == told
    assert gate.behind.letters == []
