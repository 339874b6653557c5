"""Wishes: what makes sense, what only makes less, and when somebody may be reached."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.asking import organization
from vault.base.errors import Denied, Invalid
from vault.domain.choices.at_most import PERIODS, SELDOM, AtMost
from vault.domain.choices.preference import (
    LONGEST_PAUSE,
    Preference,
    Preferences,
    Wanted,
    changed,
    check,
    check_less,
    closed,
    minutes,
)
from vault.domain.organization import Channel, Organization

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
halves = st.integers(0, 47).map(lambda half: f"{half // 2:02}:{half % 2 * 30:02}")
spans = st.tuples(halves, halves).filter(lambda pair: pair[0] != pair[1]).map("-".join)
at_mosts = st.builds(AtMost, most=st.integers(1, 3), per=st.sampled_from(PERIODS))
limits = st.dictionaries(st.sampled_from(["*", "email", "sms"]), at_mosts)
quiets = st.dictionaries(st.sampled_from(["*", "email", "sms"]), spans)


def shop() -> Organization:
    channels = {key: Channel(key=key, reaches=key) for key in ("email", "sms")}
    return msgspec.structs.replace(organization(), channels=channels)


def code(wanted: Wanted) -> str:
    with pytest.raises(Invalid) as raised:
        check(wanted, shop(), now=NOW)
    return raised.value.code


@pytest.mark.parametrize("pause", [NOW, NOW - timedelta(seconds=1), NOW + LONGEST_PAUSE + timedelta(seconds=1)])
def test_a_pause_ends_later_than_now_and_within_a_year(pause: datetime) -> None:
    assert code(Wanted(paused_until=pause)) == "bad_pause"
    check(Wanted(paused_until=NOW + LONGEST_PAUSE), shop(), now=NOW)


def test_wishes_that_make_no_sense_are_refused() -> None:
    assert code(Wanted(quiet={"fax": "22:00-07:00"})) == "unknown_channel"
    assert code(Wanted(order=("fax",))) == "unknown_channel"
    assert code(Wanted(at_most={"*": SELDOM, "fax": SELDOM})) == "unknown_channel"
    assert code(Wanted(order=("*",))) == "bad_order"
    assert code(Wanted(order=("sms", "email", "sms"))) == "bad_order"
    assert code(Wanted(quiet={"*": "22:00-22:00"})) == "bad_quiet_hours"
    assert code(Wanted(time_zone="Mars/Olympus")) == "unknown_time_zone"


@pytest.mark.parametrize("span", ["22:00", "24:00-07:00", "22:15-07:00", "22:00-07:00\n", "7:00-8:00"])
def test_hours_are_whole_or_half(span: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"quiet": {"*": span}}, Wanted)


@given(quiets, quiets)
def test_who_writes_for_the_person_never_opens_a_minute(before: dict[str, str], after: dict[str, str]) -> None:
    had, has = Preference(quiet=before), Preference(quiet=after)
    opens = any(closed(had.quiet_on(one)) - closed(has.quiet_on(one)) for one in ("email", "sms"))
    with pytest.raises(Denied) if opens else nullcontext():
        check_less(Preferences(quiet=before), Wanted(quiet=after), channels=shop().channels)


@given(limits, limits)
def test_who_writes_for_the_person_never_allows_more(before: dict[str, AtMost], after: dict[str, AtMost]) -> None:
    opens = any(channel not in after or not after[channel].is_within(limit) for channel, limit in before.items())
    with pytest.raises(Denied) if opens else nullcontext():
        check_less(Preferences(at_most=before), Wanted(at_most=after), channels=shop().channels)


@given(at_mosts, at_mosts)
def test_less_is_no_more_at_once_and_not_sooner_again(one: AtMost, other: AtMost) -> None:
    both = one.is_within(other) and other.is_within(one)
    assert both is (one == other)
    assert one.is_within(one)
    assert SELDOM.is_within(one)
    assert one.is_within(AtMost(most=1_000, per="day"))


@pytest.mark.parametrize("limit", [{"most": 0, "per": "week"}, {"most": 1, "per": "year"}, {"most": 1}, "1 a week"])
def test_a_limit_is_one_or_more_in_a_day_week_or_month(limit: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"at_most": {"*": limit}}, Wanted)


def test_who_writes_for_the_person_ends_no_pause_and_moves_no_clock() -> None:
    before = Preferences(paused_until=NOW, time_zone="Europe/London")
    for more in (
        Wanted(),
        Wanted(paused_until=NOW - timedelta(seconds=1)),
        Wanted(paused_until=NOW, time_zone="Asia/Tokyo"),
    ):
        with pytest.raises(Denied):
            check_less(before, more, channels={})
    check_less(before, Wanted(paused_until=NOW, time_zone="Europe/London", locale="de"), channels={})
    check_less(Preferences(), Wanted(paused_until=NOW), channels={})


@given(spans, st.integers(0, 24 * 60 - 1))
def test_quiet_hours_close_from_their_first_minute_up_to_their_last(span: str, minute: int) -> None:
    begin, end = minutes(span)
    within = begin <= minute < end if begin < end else not end <= minute < begin
    week = Preference(quiet={"*": span}).quiet_on("email")
    assert week is not None
    assert week.is_open(datetime(2026, 3, 4, minute // 60, minute % 60, tzinfo=UTC), ZoneInfo("UTC")) is not within
    assert (minute in closed(week)) is within


def test_hours_for_a_channel_come_before_those_for_all() -> None:
    wished = Preference(quiet={"*": "22:00-07:00", "sms": "12:00-13:00"})
    assert wished.quiet_on("email") == Preference(quiet={"email": "22:00-07:00"}).quiet_on("email")
    assert wished.quiet_on("sms") == Preference(quiet={"*": "12:00-13:00"}).quiet_on("sms")
    assert Preference(quiet={"sms": "12:00-13:00"}).quiet_on("email") is None
    assert closed(None) == frozenset()


def test_what_changed_is_named() -> None:
    after = Preferences(paused_until=NOW, locale="de")
    assert [*changed(Preferences(), after)] == ["paused_until", "locale"]
    assert [*changed(after, after)] == []
