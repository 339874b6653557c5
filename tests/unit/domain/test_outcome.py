"""Outcomes: what may be told after what, and what is a contradiction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from vault.base.errors import Conflict
from vault.base.ids import Subject
from vault.domain.decision.outcome import Reserved, SendOutcome, SendState, is_new
from vault.domain.timing.budget import LAPSE

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEW = {("reserved", told) for told in get_args(SendOutcome)} | {("sent", "bounced"), ("sent", "complained")}
AGAIN = {(told, told) for told in get_args(SendOutcome)} | {("complained", "sent")}


def reserved(state: SendState = "reserved") -> Reserved:
    return Reserved(subject=Subject("sub_x"), at=AT, purpose="sales", channel="email", tag=None, state=state)


@pytest.mark.parametrize(("state", "told"), [*product(get_args(SendState), get_args(SendOutcome))])
def test_twice_the_same_is_nothing_new_and_the_opposite_a_contradiction(state: SendState, told: SendOutcome) -> None:
    if (state, told) in NEW | AGAIN:
        assert is_new(reserved(state), told, now=AT) is ((state, told) in NEW)
        return
    with pytest.raises(Conflict) as refusal:
        is_new(reserved(state), told, now=AT)
    assert refusal.value.code == "outcome_contradicts"


def test_after_a_day_of_silence_it_was_sent_and_can_no_longer_be_given_back() -> None:
    assert is_new(reserved(), "not_sent", now=AT + LAPSE - timedelta(microseconds=1))
    with pytest.raises(Conflict) as refusal:
        is_new(reserved(), "not_sent", now=AT + LAPSE)
    assert refusal.value.code == "reservation_lapsed"


@pytest.mark.parametrize("told", ["sent", "bounced", "complained"])
def test_whatever_came_of_it_may_be_told_later(told: SendOutcome) -> None:
    assert is_new(reserved(), told, now=AT + timedelta(days=30))
