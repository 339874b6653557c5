"""The gate before a vault that hangs: messages that come together wait for one silence, not for one another's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from tests.e2e.gates import SENDER, away, gone
from tests.e2e.test_permits import letter
from tests.stage import Api, Stage
from vault.gate.checking import Checking
from vault.gate.replies import Turned

MESSAGES = 10


async def told(step: Awaitable[object]) -> str:
    try:
        await step
    except Turned as refused:
        return refused.reason
    return "held"


@pytest.mark.parametrize("end", ["key", "jwks.json", "revoked"])
async def test_all_who_wait_for_a_vault_that_hangs_are_told_at_once(stage: Stage, api: Api, end: str) -> None:
    one = await letter(api)
    asked: list[str] = []
    vault, way = away(stage)

    async def hang() -> None:
        asked.append(end)
        await asyncio.sleep(0)  # so that the others come
        await gone()

    async def answered() -> None:
        asked.append(end)

    async with vault:
        knowing, checking = (Checking(vault, client_id=SENDER) for _ in range(2))
        permit = await knowing.read(one.permit, address=one.address)

        def step() -> Awaitable[object]:
            return checking.hold(permit) if end == "revoked" else checking.read(one.permit, address=one.address)

        way.before[end] = hang
        assert await asyncio.gather(*(told(step()) for _ in range(MESSAGES))) == ["no_vault"] * MESSAGES
        assert len(asked) == 1
        assert await told(step()) == "no_vault"
        assert len(asked) == 2  # who comes later asks anew
        way.before, way.after = {}, {end: answered}
        assert await asyncio.gather(*(told(step()) for _ in range(MESSAGES))) == ["held"] * MESSAGES
        assert len(asked) == 3  # and one answer is for all who wait, too


async def test_all_who_wait_for_a_vault_that_is_too_slow_are_told_at_once(stage: Stage, api: Api) -> None:
    one = await letter(api)
    asked: list[str] = []
    vault, way = away(stage)

    async def late() -> None:
        asked.append("revoked")
        await asyncio.sleep(1)  # so that what it says is older than it may be

    async with vault:
        checking = Checking(vault, client_id=SENDER)
        permit = await checking.read(one.permit, address=one.address)
        way.after["revoked"] = late
        assert await asyncio.gather(*(told(checking.hold(permit)) for _ in range(3))) == ["no_vault"] * 3
        assert len(asked) == 2  # one slow answer is no slow vault
        way.after.clear()
        assert await told(checking.hold(permit)) == "held"
