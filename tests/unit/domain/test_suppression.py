"""Suppressions: what a kind is declared to stop, on which channel, since when and until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import DAY, NOW, ORGANIZATION
from vault.base.ids import SuppressionId
from vault.base.personal import Personal
from vault.domain.organization import Suppressing
from vault.domain.standing import Instants
from vault.domain.suppression import NewSuppression, Suppression

DECLARED = msgspec.structs.replace(
    ORGANIZATION,
    suppressions={
        "stop_word": Suppressing(channels=("sms",), stops=("offer",)),
        "bounce": Suppressing(channels=(), stops=("offer", "service", "research", "profiling")),
        "manual": Suppressing(channels=("email", "sms"), stops=()),
    },
)
moments = st.integers(-5, 5).map(lambda days: NOW + days * DAY)


def stop(**given: Any) -> Suppression:
    plain: dict[str, Any] = {"id": SuppressionId("sup_a"), "kind": "stop_word", "at": NOW - DAY}
    return Suppression(**(plain | given))


def stops(
    suppression: Suppression,
    *,
    purpose: str = "sales",
    channel: str = "sms",
    now: datetime = NOW,
    at: datetime | None = None,
) -> bool:
    reached = DECLARED.channel(channel)
    instants = Instants(now=now, at=at)
    return suppression.stops(DECLARED, DECLARED.purpose(purpose), channel=reached, instants=instants)


# ── What it stops ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_kind_stops_the_purposes_it_is_declared_to_stop_and_no_others() -> None:
    assert stops(stop(), purpose="sales")
    assert not stops(stop(channel="email"), purpose="service", channel="email")
    assert stops(stop(kind="bounce"), purpose="service", channel="email")


def test_a_kind_declared_to_stop_nothing_stops_nothing() -> None:
    assert not stops(stop(kind="manual"))
    assert not stops(stop(kind="manual", channel="sms"))


def test_without_a_channel_of_its_own_it_stops_those_its_kind_declares() -> None:
    assert stops(stop(), channel="sms")
    assert not stops(stop(), channel="voice")


def test_a_kind_that_declares_no_channels_stops_every_one() -> None:
    assert all(stops(stop(kind="bounce"), channel=channel) for channel in DECLARED.channels)


def test_a_channel_of_its_own_stands_instead_of_those_its_kind_declares() -> None:
    assert stops(stop(channel="voice"), channel="voice")
    assert not stops(stop(channel="voice"), channel="sms")
    assert stops(stop(kind="bounce", channel="email"), channel="email")
    assert not stops(stop(kind="bounce", channel="email"), channel="sms")


# ── When ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("late", "stopped"), [(-DAY, True), (0 * DAY, False), (DAY, False)])
def test_it_ends_at_its_end(late: Any, stopped: bool) -> None:  # noqa: FBT001 - what is expected
    assert stops(stop(until=NOW), now=NOW + late) is stopped
    assert stops(stop(until=NOW), now=NOW + 9 * DAY, at=NOW + late) is stopped


@pytest.mark.parametrize(("late", "stopped"), [(-DAY, False), (0 * DAY, True), (DAY, True)])
def test_a_question_about_the_past_is_stopped_only_by_what_had_begun(late: Any, stopped: bool) -> None:  # noqa: FBT001 - what is expected
    assert stops(stop(at=NOW), now=NOW + 9 * DAY, at=NOW + late) is stopped


@given(moments, moments)
def test_no_clock_that_went_back_lifts_one(at: datetime, now: datetime) -> None:
    assert stops(stop(at=at), now=now)


@given(moments, moments, moments)
def test_one_without_an_end_stops_for_ever_once_it_stops(at: datetime, one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    assert stops(stop(at=at), at=later) or not stops(stop(at=at), at=earlier)


# ── As a client brings one ───────────────────────────────────────────────────────────────────────────────────────────
def brought(text: str) -> NewSuppression:
    return msgspec.json.decode(text, type=NewSuppression, dec_hook=lambda _, value: Personal(value))


def test_a_client_stops_by_hand_now_and_for_good_unless_it_says_otherwise() -> None:
    new = brought('{"contact": {"kind": "email", "value": "a@shop.example"}}')
    assert (new.kind, new.channel, new.at, new.until) == ("manual", None, None, None)
    assert "shop.example" not in repr(new)


@pytest.mark.parametrize(
    "told",
    [
        '"kind": "vendetta"',
        '"channel": "*"',
        '"at": "2026-01-01T00:00:00"',
        '"until": "2026-01-01"',
        '"reason": "because"',
    ],
)
def test_what_cannot_be_read_is_refused(told: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        brought('{"contact": {"kind": "email", "value": "a@shop.example"}, ' + told + "}")
