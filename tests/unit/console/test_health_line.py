"""The line above every page: in words how the log is, and an alarm when it is not in order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import pytest

from vault.actions.audit.health import LogHealth, WitnessSeen
from vault.console.health import agrees, line, span
from vault.words.catalogue import words

ENGLISH: Final = words("en", "GB")
NOW: Final = datetime(2026, 11, 19, 10, tzinfo=UTC)
WELL: Final = LogHealth(
    state="ok", entries=1_204_881, waiting=0, checkpoint_age_seconds=38.4, witnesses=[], generation=1, why=None
)


def seen(**given: Any) -> WitnessSeen:
    plain: dict[str, Any] = {"name": "notary", "size": 1_204_881, "is_asked": True}
    plain["cosigned_at"] = NOW - timedelta(hours=3)
    return WitnessSeen(**plain | given)


def test_a_log_in_order_is_told_calmly() -> None:
    told = line(msgspec.structs.replace(WELL, witnesses=[seen(), seen(is_asked=False)]), ENGLISH, now=NOW)
    assert (told.is_alarm, told.says, told.why) == (False, "Log in order", "")
    assert (told.entries, told.checkpoint) == ("1,204,881 entries", "checkpoint 38 s old")
    assert (told.witnesses, told.agree, told.asked) == ("1 of 1 witness agrees", 1, 1)


def test_a_new_log_has_nothing_signed_and_nobody_who_witnesses() -> None:
    told = line(msgspec.structs.replace(WELL, entries=0, checkpoint_age_seconds=None), ENGLISH, now=NOW)
    assert (told.entries, told.checkpoint, told.witnesses) == (
        "0 entries", "nothing is signed yet", "no witness is asked",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("why", "says"),
    [
        ("damaged", "What is stored is not the tree that was signed. Nothing more is signed."),
        ("rolled_back", "The database is older than what was signed: it was set back. Nothing more is signed."),
        ("forked", "There are two logs that contradict each other. Nothing more is signed."),
        ("of_a_kind_nobody_foresaw", "What is stored and what was signed do not agree. Nothing more is signed."),
    ],
)
def test_a_log_that_stopped_is_an_alarm_that_says_why(why: str, says: str) -> None:
    told = line(msgspec.structs.replace(WELL, state="stopped", why=why), ENGLISH, now=NOW)
    assert (told.is_alarm, told.says, told.why, told.code) == (True, "The log has stopped", says, why)


def test_a_late_log_is_an_alarm_that_says_what_waits() -> None:
    told = line(msgspec.structs.replace(WELL, state="late", waiting=14, why="log_late"), ENGLISH, now=NOW)
    assert (told.is_alarm, told.says) == (True, "The log is late")
    assert told.why.startswith("14 entries wait for a number")


def test_a_witness_agrees_that_cosigned_all_or_did_so_just_now() -> None:
    assert agrees(seen(), WELL, now=NOW)
    assert agrees(seen(size=1_204_000, cosigned_at=NOW - timedelta(seconds=59)), WELL, now=NOW)
    assert not agrees(seen(size=1_204_000), WELL, now=NOW)
    assert not agrees(seen(size=0, cosigned_at=None), WELL, now=NOW)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "0 s"), (59.9, "59 s"), (60, "1 minute"), (7_300, "2 hours"), (90_000, "1 day"), (86_400 * 400, "400 days"),
     (86_400 * 1_022, "2.8 years")],
)  # fmt: skip
def test_a_length_of_time_is_told_in_its_largest_unit(seconds: float, told: str) -> None:
    assert span(seconds, ENGLISH) == told
