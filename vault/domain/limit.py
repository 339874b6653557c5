"""Limits: how much may be taken in a second, by all workers together. Arithmetic alone; the clock is PostgreSQL's.

PostgreSQL's time is cut into slices of 100 ms. A worker leases units of the slice that runs, and gives them out from
its own memory until that slice is over. A second, wherever it begins, touches at most eleven slices, and no eleven in
a row ever have more than the limit: so no second has, whatever the workers' clocks say. What was leased and not taken
comes back with the next lease, or lapses: a little less than the limit gets through.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Final

import msgspec

SLICE_MICROSECONDS: Final = 100_000
SPAN: Final = 11
_SECOND: Final = 1_000_000
_SLICE: Final = SLICE_MICROSECONDS / _SECOND


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """What is leased of one limit: in `slice`, the newest, and in the ten before it, newest first."""

    slice: int
    leased: tuple[int, ...]


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """A worker asks for the amounts it needs, and some to spare. It gives back `left` of what it had in `slice`."""

    limit: int
    needs: tuple[int, ...]
    spare: int = 0
    slice: int = 0
    left: int = 0


class Leased(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: `units` of the ledger's newest slice, good for so long from when PostgreSQL read its clock."""

    ledger: Ledger
    units: int
    lasts_microseconds: int


NOTHING: Final = Ledger(slice=0, leased=(0,) * SPAN)


def lease(ledger: Ledger, asking: Asking, *, now: int) -> Leased:
    """Lease at `now`, microseconds since 1970: each amount whole or not at all, in their order.

    Of what nobody needs yet, half stays for the other workers.
    """
    current = _moved(ledger, now // SLICE_MICROSECONDS)
    leased = list(current.leased)
    age = current.slice - asking.slice
    if 0 <= age < SPAN:
        leased[age] = max(0, leased[age] - asking.left)
    room = max(0, asking.limit - sum(leased))
    needed = 0
    for amount in asking.needs:
        needed += amount if needed + amount <= room else 0
    units = needed + min(asking.spare, (room - needed) // 2) * (needed == sum(asking.needs))
    leased[0] += units
    return Leased(
        ledger=Ledger(slice=current.slice, leased=tuple(leased)),
        units=units,
        lasts_microseconds=SLICE_MICROSECONDS - now % SLICE_MICROSECONDS,
    )


class Purse:
    """What one worker has of one limit. Its times are seconds of a clock that only grows; when that began is all one.

    What was needed is taken in the moment PostgreSQL says so; the rest, while the slice lasts.
    """

    __slots__ = ("_ledger", "_left", "_limit", "_refused", "_taken", "_until")

    def __init__(self) -> None:
        self._ledger = NOTHING
        self._limit = 0
        self._left = 0
        self._until = 0.0
        self._taken = 0
        self._refused = 0

    def take(self, amount: int, now: float) -> bool:
        """Take units of a lease that is still good; false where there are not as many."""
        if self._left < amount or now >= self._until:
            return False
        self._left -= amount
        self._taken += amount
        return True

    def wait(self, amount: int, now: float) -> int:
        """Return the seconds to wait where PostgreSQL has just refused as many; 0: ask it.

        Other workers may give some back, so the next slice asks anew.
        """
        if now >= self._until or not 0 < self._refused <= amount:
            return 0
        return self._seconds(amount, now)

    def ask(self, needs: Sequence[int], now: float, *, limit: int) -> Asking:
        """Return what to ask for: what is needed, and as much again as was taken in the slice just past.

        So whoever takes much asks seldom, and whoever takes little keeps little from the others.
        """
        left, self._left = self._left, 0
        spare = self._taken if now < self._until + _SLICE else 0
        self._limit = limit
        return Asking(limit=limit, needs=tuple(needs), spare=spare, slice=self._ledger.slice, left=left)

    def put(self, leased: Leased, needs: Sequence[int], *, asked_at: float) -> list[int]:
        """Give out what was leased; return the seconds that each must wait, 0 for whoever got what they need.

        It lasts from when it was asked for: that was before PostgreSQL read its clock.
        """
        if leased.ledger.slice != self._ledger.slice:
            self._taken = 0
        self._ledger, self._left, self._refused = leased.ledger, leased.units, 0
        self._until = asked_at + leased.lasts_microseconds / _SECOND
        return [self._given(amount, asked_at) for amount in needs]

    def is_over(self, now: float) -> bool:
        """Whether nothing is lost with it."""
        return now >= self._until + _SLICE

    def _given(self, amount: int, asked_at: float) -> int:
        if amount <= self._left:
            self._left -= amount
            self._taken += amount
            return 0
        self._refused = min(self._refused or amount, amount)
        return self._seconds(amount, asked_at)

    def _seconds(self, amount: int, now: float) -> int:
        """Return `Retry-After` (RFC 9110 section 10.2.3): never too short, if nobody takes anything meanwhile."""
        return max(1, ceil(self._until + (_slices_until(self._ledger, amount, limit=self._limit) - 1) * _SLICE - now))


def _moved(ledger: Ledger, newest: int) -> Ledger:
    """Return the ledger as of slice `newest`. Where PostgreSQL's clock was set back by little, the later one stands."""
    ahead = newest - ledger.slice
    if -SPAN < ahead <= 0:
        return ledger
    if not 0 < ahead < SPAN:
        return Ledger(slice=newest, leased=NOTHING.leased)
    return Ledger(slice=newest, leased=((0,) * ahead + ledger.leased)[:SPAN])


def _slices_until(ledger: Ledger, amount: int, *, limit: int) -> int:
    """Return how many slices must end until there is room for `amount`."""
    rooms = (ended for ended in range(1, SPAN) if sum(ledger.leased[: SPAN - ended]) + amount <= limit)
    return next(rooms, SPAN)
