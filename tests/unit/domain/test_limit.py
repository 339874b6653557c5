"""Limits: in no second do all workers together take more than the limit, whatever their clocks and the network do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from heapq import heappop, heappush
from itertools import accumulate, count
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from vault.domain.limit import NOTHING, SLICE_MICROSECONDS, SPAN, Asking, Leased, Ledger, Purse, lease

SECOND = 1_000_000
START = 1_767_225_600 * SECOND  # some midnight
TURNS = count()


class Step(NamedTuple):
    """A worker wants something: when after the step before, how much, and how long the question and answer travel."""

    worker: int
    later: int
    amount: int
    there: int
    back: int


class Travelling(NamedTuple):
    """What a worker asks PostgreSQL for, and when by the worker's clock."""

    step: Step
    asking: Asking
    asked_at: float


def rush(worker: int, later: int, size: int, pace: int, travel: tuple[int, int]) -> list[Step]:
    """Return many steps of one worker, `pace` apart."""
    there, back = travel
    return [
        Step(worker=worker, later=pace if turn else later, amount=1, there=there, back=back) for turn in range(size)
    ]


travels = st.tuples(st.integers(0, 5_000) | st.integers(0, 250_000), st.integers(0, 5_000) | st.integers(0, 250_000))
laters = st.integers(0, 300) | st.integers(0, 40_000) | st.integers(80_000, 120_000) | st.integers(800_000, 1_100_000)
single = st.builds(
    lambda worker, later, amount, travel: [Step(worker, later, amount, *travel)],
    st.integers(0, 3),
    laters,
    st.integers(1, 20),
    travels,
)
many = st.builds(rush, st.integers(0, 3), laters, st.integers(1, 30), st.integers(0, 9_000), travels)
steps = st.lists(single | many, max_size=25).map(lambda parts: [step for part in parts for step in part])


def most_in_a_second(taken: list[tuple[int, int]]) -> int:
    """Return the most that was taken in any second that begins with a taking."""
    return max(
        (sum(amount for at, amount in taken if begin <= at < begin + SECOND) for begin, _ in taken),
        default=0,
    )


class World:
    """PostgreSQL's ledger, and workers whose clocks began whenever they began. Time is true time, in microseconds."""

    def __init__(self, limit: int, began: list[float]) -> None:
        self.limit = limit
        self.began = began
        self.ledger = NOTHING
        self.purses = [Purse() for _ in began]
        self.waiting: list[list[int]] = [[] for _ in began]
        self.ahead: set[int] = set()
        self.travelling: set[int] = set()
        self.events: list[tuple[int, int, Callable[[int], None]]] = []
        self.taken: list[tuple[int, int]] = []
        self.refused = 0
        self.asked = 0

    def play(self, steps: Iterable[Step]) -> None:
        """Play all steps, each as much later than the one before as it says."""
        at = START
        for step in steps:
            at += step.later
            self.then(at, partial(self.want, step))
        while self.events:
            at, _, event = heappop(self.events)
            event(at)

    def then(self, at: int, event: Callable[[int], None]) -> None:
        heappush(self.events, (at, next(TURNS), event))

    def clock(self, worker: int, at: int) -> float:
        return (at - START) / SECOND + self.began[worker]

    def take(self, worker: int, amount: int, at: int) -> bool:
        taken = self.purses[worker].take(amount, self.clock(worker, at))
        if taken:
            self.taken.append((at, amount))
        return taken

    def want(self, step: Step, at: int) -> None:
        worker, amount, now = step.worker, min(step.amount, self.limit), self.clock(step.worker, at)
        if self.take(worker, amount, at):
            if self.purses[worker].is_low(now):
                self.ahead.add(worker)
        elif self.purses[worker].wait(amount, now):
            self.refused += 1
        else:
            self.waiting[worker].append(amount)
        self.ask(step, at)

    def ask(self, step: Step, at: int) -> None:
        """Ask for whoever waits, or ahead, unless an answer is on its way already."""
        worker = step.worker
        if worker in self.travelling or not (self.waiting[worker] or worker in self.ahead):
            return
        needs = [amount for amount in self.waiting[worker] if not self.take(worker, amount, at)]
        if needs or worker in self.ahead:
            self.asked += 1
            self.travelling.add(worker)
            asking = self.purses[worker].ask(needs, self.clock(worker, at), limit=self.limit)
            self.then(at + step.there, partial(self.lease, Travelling(step, asking, self.clock(worker, at))))
        self.waiting[worker] = []
        self.ahead.discard(worker)

    def lease(self, asked: Travelling, at: int) -> None:
        leased = lease(self.ledger, asked.asking, now=at)
        self.ledger = leased.ledger
        self.then(at + asked.step.back, partial(self.put, asked, leased, at))

    def put(self, asked: Travelling, leased: Leased, leased_at: int, at: int) -> None:
        step, needs = asked.step, asked.asking.needs
        waits = self.purses[step.worker].put(leased, needs, asked_at=asked.asked_at)
        self.taken += [(leased_at, amount) for amount, wait in zip(needs, waits, strict=True) if not wait]
        self.refused += sum(bool(wait) for wait in waits)
        self.travelling.discard(step.worker)
        self.ask(step, at)


@settings(max_examples=300)
@given(st.integers(1, 20), st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4), steps)
def test_never_more_than_the_limit_in_any_second_across_workers(
    limit: int, began: list[float], played: list[Step]
) -> None:
    world = World(limit, began)
    world.play(played)
    assert most_in_a_second(world.taken) <= limit
    assert len(world.taken) + world.refused == len(played)


@given(st.integers(0, 100_000), st.integers(500, 4_000), st.integers(800_000, 1_000_000))
def test_nor_where_two_workers_take_all_they_can_nearly_a_second_apart(begin: int, pace: int, later: int) -> None:
    world = World(40, [0.0, 7.0])
    world.play([*rush(0, begin, 60, pace, (300, 300)), *rush(1, later - 60 * pace, 60, 100, (300, 300))])
    assert most_in_a_second(world.taken) <= 40


@given(st.integers(0, SECOND))
def test_a_lease_is_over_with_its_slice_and_lasts_for_half_a_slice_at_least(at: int) -> None:
    purse = Purse()
    purse.put(lease(NOTHING, purse.ask([5], 0.0, limit=100), now=START + at), [5], asked_at=0.0)
    leased = lease(NOTHING, purse.ask([1], 0.0, limit=100), now=START + at)
    purse.put(leased, [1], asked_at=0.0)
    lasts = leased.lasts_microseconds
    assert (START + at + lasts) // SLICE_MICROSECONDS == leased.ledger.slice + 1
    assert SLICE_MICROSECONDS < 2 * lasts <= 3 * SLICE_MICROSECONDS
    assert purse.take(1, lasts / SECOND - 0.0001)
    assert not purse.take(1, lasts / SECOND)


@given(st.integers(1, 500), st.integers(0, SECOND))
def test_a_whole_limit_may_be_taken_at_once_and_then_nothing_more(limit: int, at: int) -> None:
    leased = lease(NOTHING, Asking(limit=limit, needs=(1,) * limit), now=START + at)
    assert leased.units == limit
    for later, units in ((0, 0), (SECOND, 0), (SPAN * SLICE_MICROSECONDS, 1)):
        assert lease(leased.ledger, Asking(limit=limit, needs=(1,)), now=START + at + later).units == units


def test_what_is_asked_steadily_and_within_the_limit_is_never_refused() -> None:
    world = World(100, [0.0, 5.0, -3.0, 1e5])
    world.play([Step(worker=turn % 4, later=12_500, amount=1, there=400, back=400) for turn in range(3000)])
    assert world.refused == 0


def test_a_lasting_rush_gets_nearly_the_limit() -> None:
    world = World(100, [0.0, 5.0, -3.0, 1e5])
    world.play([Step(worker=turn % 4, later=1_000, amount=1, there=400, back=400) for turn in range(20_000)])
    assert 85 * 20 <= len(world.taken) <= 100 * 20


def test_who_asks_without_a_pause_waits_for_an_answer_only_in_the_beginning() -> None:
    world = World(1000, [0.0])
    world.play([Step(worker=0, later=2_000, amount=1, there=8_000, back=8_000) for _ in range(5_000)])
    assert world.refused == 0
    assert world.asked <= 115
    waited = [at for at, _ in world.taken[500:] if (at - START) % 2_000]
    assert waited == []


def test_what_a_worker_did_not_take_it_gives_back() -> None:
    at = START // SLICE_MICROSECONDS
    ledger = Ledger(slice=at, leased=(5, 4, *(0,) * 10))
    asking = Asking(limit=20, needs=(1,), back=((at, 3), (at - 1, 1), (at - 20, 4), (at + 5, 4)))
    assert lease(ledger, asking, now=START).ledger.leased[:2] == (5 - 3 + 1, 4 - 1)
    crashed = lease(NOTHING, asking, now=START).ledger
    assert crashed.leased == (1, *(0,) * 11)


def test_what_nobody_needs_yet_is_halved_with_the_other_workers() -> None:
    assert lease(NOTHING, Asking(limit=10, needs=(2,), spare=100), now=START).units == 2 + 4
    assert lease(NOTHING, Asking(limit=10, spare=100), now=START).units == 5
    assert lease(NOTHING, Asking(limit=10, needs=(9, 2), spare=100), now=START).units == 9


def test_whoever_takes_much_asks_for_more_at_a_time_and_whoever_rests_begins_small() -> None:
    purse = Purse()
    spares = []
    ledger = NOTHING
    for _ in range(5):
        asking = purse.ask([1], 0.01, limit=1000)
        spares.append(asking.spare)
        leased = lease(ledger, asking, now=START)
        ledger = leased.ledger
        purse.put(leased, [1], asked_at=0.01)
        while purse.take(1, 0.02):
            pass
    assert spares == [0, 1, 4, 12, 31]
    assert purse.ask([1], 10.0, limit=1000).spare == 0


def test_a_lease_in_use_is_renewed_ahead_and_good_until_its_end() -> None:
    purse = Purse()
    for _ in range(2):
        purse.put(lease(NOTHING, purse.ask([4], 0.0, limit=100), now=START), [4], asked_at=0.0)
    assert [purse.is_low(at) for at in (0.05, 0.0601, 0.07)] == [False, True, False]
    ahead = purse.ask([], 0.0601, limit=100)
    assert (ahead.needs, ahead.spare, ahead.back) == ((), 12, ())
    assert purse.take(1, 0.08)
    leased = lease(NOTHING, ahead, now=START + 61_000)
    assert leased.ledger.slice == START // SLICE_MICROSECONDS + 1
    assert purse.put(leased, [], asked_at=0.0601) == []
    assert purse.take(12, 0.0601 + 0.138)
    assert purse.ask([1], 0.2, limit=100).back == ((START // SLICE_MICROSECONDS, 5),)


def test_what_was_taken_for_nothing_comes_back_to_the_slice_it_was_of() -> None:
    purse, at = Purse(), START // SLICE_MICROSECONDS
    purse.put(lease(NOTHING, purse.ask([4], 0.0, limit=10), now=START), [4], asked_at=0.0)
    purse.give(1, at)
    assert purse.take(1, 0.05)
    purse.give(2, at - 3)
    purse.give(1, purse.slice)
    assert purse.ask([1], 0.2, limit=10).back == ((at - 3, 2), (at, 1))


def test_nothing_to_be_had_ahead_takes_nothing_away() -> None:
    purse = Purse()
    for _ in range(2):
        purse.put(lease(NOTHING, purse.ask([4], 0.0, limit=100), now=START), [4], asked_at=0.0)
    full = Ledger(slice=START // SLICE_MICROSECONDS, leased=(100, *(0,) * 11))
    assert purse.put(lease(full, purse.ask([], 0.07, limit=100), now=START + 70_000), [], asked_at=0.07) == []
    assert purse.take(6, 0.08)


def test_a_refusal_holds_for_the_slice_and_for_as_much() -> None:
    purse = Purse()
    leased = lease(
        Ledger(slice=START // SLICE_MICROSECONDS, leased=(8, *(0,) * 11)), purse.ask([5], 0.0, limit=10), now=START
    )
    assert purse.put(leased, [5], asked_at=0.0) == [2]
    assert (purse.wait(5, 0.05), purse.wait(9, 0.05), purse.wait(4, 0.05), purse.wait(5, 0.11)) == (2, 2, 0, 0)


def test_those_who_wait_together_are_served_in_their_order() -> None:
    purse = Purse()
    leased = lease(NOTHING, purse.ask([4, 3, 5, 1], 0.0, limit=10), now=START)
    assert leased.units == 8
    assert purse.put(leased, [4, 3, 5, 1], asked_at=0.0) == [0, 0, 2, 0]
    assert not purse.take(1, 0.0)


@given(
    st.integers(1, 50),
    st.lists(st.integers(0, 6), min_size=SPAN, max_size=SPAN),
    st.integers(1, 50),
    st.integers(0, SLICE_MICROSECONDS - 1),
)
def test_retry_after_is_long_enough_and_not_a_second_too_long(
    limit: int, leased: list[int], amount: int, into: int
) -> None:
    amount = min(amount, limit)
    ledger = Ledger(slice=START // SLICE_MICROSECONDS, leased=tuple(leased))
    purse = Purse()
    answer = lease(ledger, purse.ask([amount], 7.0, limit=limit), now=START + into)
    [wait] = purse.put(answer, [amount], asked_at=7.0)
    if wait:
        others = Asking(limit=limit, needs=(amount,))
        assert lease(answer.ledger, others, now=START + into + wait * SECOND).units == amount
        earlier = [
            lease(answer.ledger, others, now=START + into + ms * 1000).units == amount for ms in range(0, 1100, 5)
        ]
        assert wait == 1 or not any(earlier[: (wait - 1) * 200])


def test_a_clock_set_back_a_little_forgets_nothing_and_set_far_begins_anew() -> None:
    full = lease(NOTHING, Asking(limit=10, needs=(10,)), now=START).ledger
    for little in range(1, SPAN - 1):
        assert lease(full, Asking(limit=10, needs=(1,)), now=START - little * SLICE_MICROSECONDS).units == 0
    assert lease(full, Asking(limit=10, needs=(1,)), now=START - 3600 * SECOND).units == 1


def test_a_limit_that_was_lowered_refuses_until_enough_is_over() -> None:
    full = lease(NOTHING, Asking(limit=100, needs=(100,)), now=START).ledger
    purse = Purse()
    answer = lease(full, purse.ask([20], 0.0, limit=10), now=START)
    assert answer.units == 0
    assert purse.put(answer, [20], asked_at=0.0) == [2]


def test_a_purse_is_over_when_nothing_is_lost_with_it() -> None:
    purse = Purse()
    purse.put(lease(NOTHING, purse.ask([1], 5.0, limit=10), now=START), [1], asked_at=5.0)
    assert [purse.is_over(at) for at in (5.0, 5.15, 5.21)] == [False, False, True]


def test_the_ledger_counts_every_slice_by_itself() -> None:
    ledger = NOTHING
    for turn in range(SPAN + 3):
        ledger = lease(ledger, Asking(limit=1000, needs=(turn,)), now=START + turn * SLICE_MICROSECONDS).ledger
    assert ledger.leased == tuple(range(SPAN + 2, 2, -1))
    assert [*accumulate(ledger.leased)][-1] == sum(range(3, SPAN + 3))
