"""Limits: how much may be taken in a second, by all workers together. Arithmetic alone; the clock is PostgreSQL's.

PostgreSQL's time is cut into slices of 100 ms. A worker leases units of the slice that runs or, in its second half, of
the next, and gives them out from its own memory until that slice is over. What is leased of the ten slices before now,
of the one that runs and of the next is together never more than the limit; a second, wherever it begins, has no more
in it than that at some moment: so no second has more than the limit, whatever the workers' clocks say. What was leased
and not taken comes back with a later lease, or lapses: a little less than the limit gets through.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf
from typing import Final

import msgspec

SLICE_MICROSECONDS: Final = 100_000
SPAN: Final = 12
_BEFORE: Final = 10
_SECOND: Final = 1_000_000
_SLICE: Final = SLICE_MICROSECONDS / _SECOND
_AHEAD: Final = 0.04  # seconds before its end that a lease in use is renewed: longer than asking takes


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """What is leased of one limit: in `slice`, the newest, and in the eleven before it, newest first."""

    slice: int
    leased: tuple[int, ...]


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """A worker asks for the amounts it needs, and some to spare. It gives `back` units, by their slices."""

    limit: int
    needs: tuple[int, ...] = ()
    spare: int = 0
    back: tuple[tuple[int, int], ...] = ()


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
    running, nearest = now // SLICE_MICROSECONDS, (now + SLICE_MICROSECONDS // 2) // SLICE_MICROSECONDS
    current = _moved(ledger, nearest)
    leased = list(current.leased)
    for slice_, units in asking.back:
        age = current.slice - slice_
        if 0 <= age < SPAN:
            leased[age] = max(0, leased[age] - units)
    room = max(0, asking.limit - sum(leased[: current.slice - running + _BEFORE + 1]))
    needed = 0
    for amount in asking.needs:
        needed += amount if needed + amount <= room else 0
    units = needed + min(asking.spare, (room - needed) // 2) * (needed == sum(asking.needs))
    leased[0] += units
    return Leased(
        ledger=Ledger(slice=current.slice, leased=tuple(leased)),
        units=units,
        lasts_microseconds=(nearest + 1) * SLICE_MICROSECONDS - now,
    )


class Purse:
    """What one worker has of one limit. Its times are seconds of a clock that only grows; when that began is all one.

    What was needed is taken in the moment PostgreSQL says so; the rest, while the slice lasts.
    """

    __slots__ = ("_back", "_ledger", "_left", "_limit", "_refused", "_soon", "_taken", "_until")

    def __init__(self) -> None:
        self._ledger = NOTHING
        self._limit = 0
        self._left = 0
        self._until = 0.0
        self._soon = inf
        self._taken = 0
        self._refused = 0
        self._back: tuple[tuple[int, int], ...] = ()

    def take(self, amount: int, now: float) -> bool:
        """Take units of a lease that is still good; false where there are not as many."""
        if self._left < amount or now >= self._until:
            return False
        self._left -= amount
        self._taken += amount
        return True

    @property
    def slice(self) -> int:
        """Of which slice the lease is."""
        return self._ledger.slice

    def give(self, amount: int, slice_: int) -> None:
        """Put back what was taken of a slice for nothing."""
        if slice_ == self._ledger.slice:
            self._left += amount
            self._taken -= amount
        else:
            self._back = (*self._back, (slice_, amount))

    def is_low(self, now: float) -> bool:
        """Whether to ask ahead: the lease ends soon. True once for each lease."""
        if now < self._soon:
            return False
        self._soon = inf
        return True

    def wait(self, amount: int, now: float) -> int:
        """Return the seconds to wait where PostgreSQL has just refused as many; 0: ask it.

        Other workers may give some back, so it is asked again when the slice is over.
        """
        if now >= self._until or not 0 < self._refused <= amount:
            return 0
        return self._seconds(amount, now)

    def ask(self, needs: Sequence[int], now: float, *, limit: int) -> Asking:
        """Return what to ask for: what is needed, and somewhat more than was taken since the last time.

        So whoever takes much asks seldom, and whoever takes little keeps little from the others. Where something is
        needed, nothing is left until the answer comes.
        """
        spare = self._taken * 3 // 2 if now < self._until + _SLICE else 0
        if needs:
            self._give_back()
        back, self._back, self._limit = self._back, (), limit
        return Asking(limit=limit, needs=tuple(needs), spare=spare, back=back)

    def put(self, leased: Leased, needs: Sequence[int], *, asked_at: float) -> list[int]:
        """Give out what was leased; return the seconds that each must wait, 0 for whoever got what they need.

        It lasts from when it was asked for: that was before PostgreSQL read its clock.
        """
        if not needs and not leased.units:
            return []
        self._give_back()
        self._taken = 0 if leased.ledger.slice != self._ledger.slice else self._taken
        self._ledger, self._left, self._refused = leased.ledger, leased.units, 0
        self._until = asked_at + leased.lasts_microseconds / _SECOND
        self._soon = self._until - _AHEAD
        return [self._given(amount, asked_at) for amount in needs]

    def is_over(self, now: float) -> bool:
        """Whether nothing is lost with it."""
        return now >= self._until + _SLICE

    def _give_back(self) -> None:
        if self._left:
            self._back = (*self._back, (self._ledger.slice, self._left))
            self._left = 0

    def _given(self, amount: int, asked_at: float) -> int:
        if amount <= self._left:
            self._left -= amount
            self._taken += amount
            return 0
        self._refused = min(self._refused or amount, amount)
        return self._seconds(amount, asked_at)

    def _seconds(self, amount: int, now: float) -> int:
        """Return `Retry-After` (RFC 9110 section 10.2.3): never too short, if nobody takes anything meanwhile."""
        leased, over = self._ledger.leased, _BEFORE + 1
        ended = next((ended for ended in range(over) if sum(leased[: over - ended]) + amount <= self._limit), over)
        return max(1, ceil(self._until + (ended - 1) * _SLICE - now))


def _moved(ledger: Ledger, newest: int) -> Ledger:
    """Return the ledger as of slice `newest`. Where PostgreSQL's clock was set back by little, the later one stands."""
    ahead = newest - ledger.slice
    if -SPAN < ahead <= 0:
        return ledger
    if not 0 < ahead < SPAN:
        return Ledger(slice=newest, leased=NOTHING.leased)
    return Ledger(slice=newest, leased=((0,) * ahead + ledger.leased)[:SPAN])
