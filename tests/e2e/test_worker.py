"""Duties: each goes on whatever becomes of the others, and is begun anew when it fails."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from vault import worker
from vault.actions.vault import Vault

NO_VAULT = cast("Vault", None)  # a duty made up here needs none


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_FIRST_SECONDS", 0.01)
    monkeypatch.setattr(worker, "_LONGEST_SECONDS", 0.08)


async def working(duties: Any, *, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(worker.run(NO_VAULT, duties), seconds)


async def test_a_duty_that_fails_is_begun_again_later_each_time_and_holds_up_no_other() -> None:
    loop = asyncio.get_running_loop()
    failed, went_on = [], 0

    async def fail(_: Vault) -> None:
        failed.append(loop.time())
        raise RuntimeError("quokka")

    async def go_on(_: Vault) -> None:
        nonlocal went_on
        while True:
            went_on += 1
            await asyncio.sleep(0.01)

    with capture_logs() as told:
        await working({"failing": fail, "going": go_on}, seconds=0.5)
    pauses = [after - before for before, after in itertools.pairwise(failed)]
    assert 5 <= len(failed) <= 12
    assert pauses[0] < 0.05 < pauses[-1]
    assert went_on > 10
    assert {(line["event"], line["duty"], line["kind"]) for line in told} == {
        ("duty_failed", "failing", "RuntimeError")
    }
    assert all("test_worker:" in line["where"] for line in told)
    assert "quokka" not in str(told)


async def test_a_duty_that_ends_by_itself_is_begun_again_and_nothing_is_told() -> None:
    begun = 0

    async def end(_: Vault) -> None:
        nonlocal begun
        begun += 1

    with capture_logs() as told:
        await working({"ending": end}, seconds=0.2)
    assert begun > 1
    assert told == []


async def test_after_going_well_for_long_a_duty_is_begun_again_soon() -> None:
    loop, begun = asyncio.get_running_loop(), []

    async def last(_: Vault) -> None:
        begun.append(loop.time())
        await asyncio.sleep(0.1 if len(begun) > 3 else 0)
        raise RuntimeError

    await working({"lasting": last}, seconds=0.6)
    assert begun[5] - begun[4] < 0.15


async def test_told_to_stop_each_duty_may_end_what_it_is_about() -> None:
    ended = []

    def named(name: str) -> Any:
        async def duty(_: Vault) -> None:
            try:
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(0.05)
                ended.append(name)

        return duty

    await working({"one": named("one"), "two": named("two")}, seconds=0.1)
    assert sorted(ended) == ["one", "two"]
