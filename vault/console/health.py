"""The line above every page: how the log is, in words. Out of order it is an alarm that nobody can close."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from vault.actions.audit.health import LogHealth, WitnessSeen
from vault.words.catalogue import Words

_LATE_SECONDS: Final = 60
_YEAR: Final = 365.25 * 86_400
_UNITS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_WHY: Final = {
    "damaged": "What is stored is not the tree that was signed.",
    "rolled_back": "The database is older than what was signed: it was set back.",
    "forked": "There are two logs that contradict each other.",
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """How the log is. `why` is there when it is not in order."""

    is_alarm: bool
    says: str
    why: str
    code: str
    entries: str
    checkpoint: str
    witnesses: str
    agree: int
    asked: int


def line(health: LogHealth, words: Words, *, now: datetime) -> Line:
    """Return the line of a log."""
    says, why = _state(health, words)
    asked = [one for one in health.witnesses if one.is_asked]
    agree = [one for one in asked if agrees(one, health, now=now)]
    age = health.checkpoint_age_seconds
    checkpoint = words.say("nothing is signed yet")
    if age is not None:
        checkpoint = words.say("checkpoint %(age)s old", age=span(age, words))
    witnesses = words.say("no witness is asked")
    if asked:
        witnesses = words.count(
            "%(agree)s of 1 witness agrees",
            "%(agree)s of %(number)s witnesses agree",
            number=len(asked),
            agree=len(agree),
        )
    return Line(
        is_alarm=health.state != "ok",
        says=says,
        why=why,
        code=health.why or "",
        entries=words.count("1 entry", "%(number)s entries", number=health.entries),
        checkpoint=checkpoint,
        witnesses=witnesses,
        agree=len(agree),
        asked=len(asked),
    )


def agrees(witness: WitnessSeen, health: LogHealth, *, now: datetime) -> bool:
    """Whether a witness follows: it cosigned all there is, or did so within the minute."""
    if witness.cosigned_at is None:
        return False
    return witness.size >= health.entries or (now - witness.cosigned_at).total_seconds() <= _LATE_SECONDS


def span(seconds: float, words: Words) -> str:
    """Return a length of time in the largest unit it has one of; of years two, and a tenth."""
    if seconds >= 2 * _YEAR:
        return words.say("%(years)s years", years=f"{seconds / _YEAR:.1f}")
    number, unit = next(
        (int(seconds // length), unit) for length, unit in _UNITS if seconds >= length or unit == "second"
    )
    match unit:
        case "day":
            return words.count("1 day", "%(number)s days", number=number)
        case "hour":
            return words.count("1 hour", "%(number)s hours", number=number)
        case "minute":
            return words.count("1 minute", "%(number)s minutes", number=number)
        case _:
            return words.say("%(number)s s", number=words.number(number))


def _state(health: LogHealth, words: Words) -> tuple[str, str]:
    match health.state:
        case "ok":
            return words.say("Log in order"), ""
        case "late":
            waiting = words.count("1 entry waits", "%(number)s entries wait", number=health.waiting)
            return words.say("The log is late"), words.say(
                "%(waiting)s for a number, for longer than a minute. What you read here may not be all.",
                waiting=waiting,
            )
        case "stopped":
            why = words.say(_WHY.get(health.why or "", "What is stored and what was signed do not agree."))
            return words.say("The log has stopped"), why + " " + words.say("Nothing more is signed.")
