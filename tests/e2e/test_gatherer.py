"""The gatherer: who arrives while a batch is served rides together in the next, and nobody waits for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from vault.actions.gatherer import Gatherer
from vault.base.errors import Unavailable, VaultError

Answer = int | VaultError


class Served:
    """Answers each question with ten times itself; waits at the gate, and dies of the questions named deadly."""

    def __init__(self, *, deadly: frozenset[int] = frozenset()) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.deadly = deadly

    async def __call__(self, asked: Sequence[int]) -> Sequence[Answer]:
        self.batches.append(list(asked))
        await self.gate.wait()
        if self.deadly & set(asked):
            raise RuntimeError("the batch died")
        return [Unavailable("seven", "no sevens") if one == 7 else one * 10 for one in asked]


def gatherer(served: Served, *, lanes: int = 2, most: int = 256, more: int = 0) -> Gatherer[int, int]:
    return Gatherer(served, lanes=lanes, most=most, more=more)


async def ask(asking: Gatherer[int, int], one: int) -> int:
    [answer] = await asking.ask_all([one])
    return answer


@contextmanager
def naps(loop: Any) -> Iterator[list[float | None]]:
    """Note how long the loop would sleep at each turn; zero is not at all."""
    noted: list[float | None] = []
    was = loop._selector.select

    def select(timeout: float | None = None) -> Any:
        noted.append(timeout)
        return was(timeout)

    loop._selector.select = select
    try:
        yield noted
    finally:
        loop._selector.select = was


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_an_idle_gatherer_answers_at_once() -> None:
    served = Served()
    asking = gatherer(served)
    for one in (1, 2, 3):
        assert await asyncio.wait_for(ask(asking, one), 1) == one * 10
    assert served.batches == [[1], [2], [3]]


@pytest.mark.parametrize("lanes", [1, 2])
async def test_whoever_asks_again_the_moment_they_are_answered_is_answered_again(lanes: int) -> None:
    asking = gatherer(Served(), lanes=lanes)

    async def ask_on() -> None:
        for one in range(10, 60):
            await ask(asking, one)

    async with asyncio.timeout(2):
        await asyncio.gather(*[ask_on() for _ in range(lanes + 1)])


async def test_what_arrives_meanwhile_rides_together_up_to_the_most() -> None:
    served = Served()
    served.gate.clear()
    asking = gatherer(served, most=3)
    answers = []
    for one in (1, 2, 3, 4, 5, 6, 8):
        answers.append(asyncio.create_task(ask(asking, one)))
        await settle()
    assert served.batches == [[1], [2]]
    served.gate.set()
    assert await asyncio.gather(*answers) == [10, 20, 30, 40, 50, 60, 80]
    assert sorted(map(len, served.batches)) == [1, 1, 2, 3]


async def test_a_whole_batch_that_waits_has_a_lane_more_and_less_than_one_has_none() -> None:
    served = Served()
    served.gate.clear()
    asking = gatherer(served, most=3, more=1)
    answers = [asyncio.create_task(asking.ask_all([*range(10, 16)])), asyncio.create_task(asking.ask_all([20, 21]))]
    await settle()
    assert served.batches == [[10, 11, 12], [13, 14, 15]]
    answers.append(asyncio.create_task(asking.ask_all([30, 31, 32, 33])))
    await settle()
    assert served.batches[2:] == [[20, 21, 30]]
    answers.append(asyncio.create_task(asking.ask_all([40, 41, 42])))
    await settle()
    assert len(served.batches) == 3
    served.gate.set()
    found = [one for each in await asyncio.gather(*answers) for one in each]
    assert found == [one * 10 for one in (*range(10, 16), 20, 21, *range(30, 34), *range(40, 43))]
    assert served.batches[3:] == [[31, 32, 33], [40, 41, 42]]


async def test_many_are_answered_in_their_order() -> None:
    served = Served()
    assert await gatherer(served, most=2).ask_all([5, 1, 4, 2, 3]) == [50, 10, 40, 20, 30]
    assert max(map(len, served.batches)) == 2


async def test_an_error_of_one_is_told_to_that_one_alone() -> None:
    asking = gatherer(Served())
    found = await asyncio.gather(ask(asking, 6), ask(asking, 7), ask(asking, 8), return_exceptions=True)
    assert (found[0], found[2]) == (60, 80)
    assert isinstance(found[1], Unavailable)


async def test_a_batch_that_dies_is_tried_again_one_by_one() -> None:
    served = Served(deadly=frozenset({4}))
    served.gate.clear()
    asking = gatherer(served, lanes=1)
    first = asyncio.create_task(ask(asking, 1))
    await settle()
    rest = [asyncio.create_task(ask(asking, one)) for one in (3, 4, 5)]
    await settle()
    served.gate.set()
    found = await asyncio.gather(first, *rest, return_exceptions=True)
    assert [found[0], found[1], found[3]] == [10, 30, 50]
    assert isinstance(found[2], RuntimeError)
    assert served.batches == [[1], [3, 4, 5], [3], [4], [5]]
    assert await asyncio.wait_for(ask(asking, 9), 1) == 90


async def test_a_caller_who_hangs_up_does_not_cancel_those_beside_them() -> None:
    served = Served()
    served.gate.clear()
    asking = gatherer(served, lanes=1)
    first = asyncio.create_task(ask(asking, 1))
    await settle()
    beside = [asyncio.create_task(ask(asking, one)) for one in (2, 3)]
    await settle()
    first.cancel()
    beside[0].cancel()
    await settle()
    served.gate.set()
    assert await asyncio.wait_for(beside[1], 1) == 30
    assert await asyncio.wait_for(ask(asking, 4), 1) == 40


async def test_a_caller_of_many_who_hangs_up_leaves_the_others_alone() -> None:
    served = Served()
    served.gate.clear()
    asking = gatherer(served, lanes=1)
    many = asyncio.create_task(asking.ask_all([1, 7, 3]))
    await settle()
    other = asyncio.create_task(ask(asking, 5))
    await settle()
    many.cancel()
    await settle()
    served.gate.set()
    assert await asyncio.wait_for(other, 1) == 50


async def test_an_error_nobody_waits_for_is_not_written_to_any_log() -> None:
    heard: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: heard.append(context))
    asking = gatherer(Served(deadly=frozenset({1, 2, 3})))
    with pytest.raises(RuntimeError):
        await asking.ask_all([1, 2, 3])
    many = asyncio.create_task(asking.ask_all([7, 7]))
    await asyncio.sleep(0)
    many.cancel()
    await settle()
    del asking, many
    await settle()
    assert heard == []


async def test_the_loop_stays_awake_for_a_lone_question_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    first, later = await naps_for([1], monkeypatch)
    assert {*first[:-1]} == {0}
    assert {*later} != {0}


async def test_the_loop_sleeps_where_several_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = await naps_for([1, 2], monkeypatch)
    assert {*first[:-1]} != {0}


async def naps_for(asked: Sequence[int], monkeypatch: pytest.MonkeyPatch) -> tuple[list[float | None], ...]:
    """Return the naps while questions are served, and those while they are served for too long."""
    monkeypatch.setattr("vault.actions.gatherer._AWAKE_SECONDS", 0.05)
    served = Served()
    served.gate.clear()
    asking = gatherer(served, most=1)
    answers = [asyncio.create_task(ask(asking, one)) for one in asked]
    await settle()
    found = []
    for _ in range(2):
        with naps(asyncio.get_running_loop()) as noted:
            await asyncio.gather(asyncio.sleep(0.01), asyncio.sleep(0.02))
        found.append(noted)
        await asyncio.sleep(0.05)
    served.gate.set()
    assert await asyncio.gather(*answers) == [one * 10 for one in asked]
    return tuple(found)
