"""A checker of histories: could these answers have come from one register that did one thing at a time?

As Herlihy and Wing define it: each operation takes effect at one instant between its call and its answer. The search is
Wing and Gong's, with what was tried once not tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple


class Operation(NamedTuple):
    """What was done with one register, between two instants of one clock: set to yes or no, or read as one of them."""

    begin: float
    end: float
    what: Literal["set", "read"]
    value: bool


def is_linearizable(history: Sequence[Operation], *, first: bool = False) -> bool:
    """Whether some order of these operations explains every read; `first` is what the register held before."""
    todo = [(frozenset(range(len(history))), first)]
    seen = set(todo)
    while todo:
        left, held = todo.pop()
        if not left:
            return True
        soonest = min(history[place].end for place in left)
        for place in left:
            one = history[place]
            if one.begin > soonest or (one.what == "read" and one.value is not held):
                continue
            after = (left - {place}, one.value if one.what == "set" else held)
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return False
