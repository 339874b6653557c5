"""How often: a dot for each message that was really allowed in 13 weeks, and beside it what was promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from vault.domain.choices.at_most import Per
from vault.domain.choices.practice import weekly
from vault.domain.organization import Organization, Purpose
from vault.domain.timing.budget import Budget
from vault.pages.frame import Frame

_STEP: Final = 10.0
_FLOOR: Final = 16.5
_APART: Final = 7.5
_ROOM: Final = 13.0
_LARGE: Final = 3.4
_SMALL: Final = 0.5
_EMPTY: Final = 1.8
_MOST: Final = 12


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """A dot in a picture of 130 by 20; one that is no `hit` marks a week without."""

    x: float
    y: float
    size: float
    hit: bool


class Often(msgspec.Struct, frozen=True, kw_only=True):
    """What the dots show, in words; `promised` is empty where nothing was."""

    dots: tuple[Dot, ...]
    really: str
    promised: str


def often(
    frame: Frame, organization: Organization, purpose: Purpose, *, messages: Mapping[str, Sequence[datetime]],
    now: datetime,
) -> Often | None:  # fmt: skip
    """Return how often messages of a purpose, and of those within it, were allowed; none for what sends none."""
    if not purpose.channels:
        return None
    below = [key for key, one in organization.purposes.items() if purpose.key in one.lineage]
    weeks = weekly([at for key in below for at in messages.get(key, ())], now=now)
    say, total = frame.words.say, sum(weeks)
    really = say("%(number)s in the last 13 weeks.", number=frame.words.number(total))
    return Often(
        dots=tuple(dot for week, count in enumerate(weeks) for dot in _dots(week, count)),
        really=really if total else say("None in the last 13 weeks."),
        promised=_promised(frame, purpose.budget),
    )


def _dots(week: int, count: int) -> list[Dot]:
    """Return a pile of dots, smaller where there are many; what is more than can be told apart is in the words."""
    x = _STEP / 2 + _STEP * week
    if not count:
        return [Dot(x=x, y=_FLOOR, size=_EMPTY, hit=False)]
    shown = min(count, _MOST)
    apart = min(_APART, _ROOM / max(shown - 1, 1))
    size = max(_SMALL, min(_LARGE, apart / 2 - 0.2))
    return [Dot(x=x, y=round(_FLOOR - apart * place, 2), size=round(size, 2), hit=True) for place in range(shown)]


def _promised(frame: Frame, budget: Budget | None) -> str:
    if budget is None or not (parts := [*budget.parts()]):
        return ""
    limits = ", ".join(_limit(frame, per, most=most) for per, most in parts)
    return frame.words.say("We promised at most %(limits)s.", limits=limits)


def _limit(frame: Frame, per: Per, *, most: int) -> str:
    say, number = frame.words.say, frame.words.number(most)
    match per:
        case "day":
            return say("%(number)s a day", number=number)
        case "week":
            return say("%(number)s a week", number=number)
        case "month":
            return say("%(number)s a month", number=number)
