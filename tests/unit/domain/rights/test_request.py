"""Requests by right: the last day, what is late, what may be extended, answered, refused and taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import ORGANIZATION
from vault.base.errors import Conflict, Invalid
from vault.base.ids import RequestId
from vault.base.personal import Personal
from vault.domain.organization import Attribute
from vault.domain.rights.request import AT_ONCE, LONGEST, NewRequest, Request, Right, check, check_reason, told, urgent

ASKED = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kathmandu"])
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
BOOT_SIZE = Attribute(key="boot_size", title={"en": "Boot size"}, purposes=("sales",))
DECLARED = msgspec.structs.replace(ORGANIZATION, attributes={"boot_size": BOOT_SIZE})
RIGHTS = st.sampled_from(["access", "portability", "rectification", "restriction", "objection", "erasure"])


def request(right: Right = "rectification", asked_at: datetime = ASKED, own: str = "rgt_a") -> Request:
    return Request(id=RequestId(own), right=right, asked_at=asked_at)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ((2026, 11, 18), date(2026, 12, 18)),
        ((2026, 12, 31), date(2027, 1, 31)),
        ((2027, 1, 31), date(2027, 2, 28)),
        ((2028, 1, 31), date(2028, 2, 29)),
        ((2026, 8, 31), date(2026, 9, 30)),
    ],
)
def test_a_month_is_a_month_of_the_calendar(asked: tuple[int, int, int], due: date) -> None:
    assert request(asked_at=datetime(*asked, 12, tzinfo=UTC)).due("UTC") == due


def test_the_day_is_that_of_the_organization() -> None:
    late_evening = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)
    assert request(asked_at=late_evening).due("Europe/Berlin") == date(2026, 12, 19)
    assert request(asked_at=late_evening).due("America/Los_Angeles") == date(2026, 12, 18)


def test_the_last_day_counts_to_its_end_and_one_instant_later_it_is_late() -> None:
    asked = request()
    end = datetime(2026, 12, 19, tzinfo=ZoneInfo("Europe/Berlin"))
    assert asked.ends_at("Europe/Berlin") == end
    assert not asked.is_late(end - timedelta(microseconds=1), zone="Europe/Berlin")
    assert asked.is_late(end, zone="Europe/Berlin")
    assert (asked.days_left(ASKED, zone="UTC"), asked.days_left(end, zone="Europe/Berlin")) == (30, -1)


@given(INSTANTS, INSTANTS, ZONES)
def test_late_is_what_has_no_day_left(asked_at: datetime, now: datetime, zone: str) -> None:
    asked = request(asked_at=asked_at)
    assert asked.is_late(now, zone=zone) == (asked.days_left(now, zone=zone) < 0)


@given(INSTANTS, ZONES)
def test_it_is_at_least_four_weeks_and_extended_it_is_three_months(asked_at: datetime, zone: str) -> None:
    asked = request(asked_at=asked_at)
    more = asked.extended(asked_at, zone=zone)
    assert 28 <= asked.days_left(asked_at, zone=zone) <= 31
    assert 89 <= more.days_left(asked_at, zone=zone) <= 92
    assert asked.ends_at(zone) < more.ends_at(zone)


@given(INSTANTS, INSTANTS, ZONES, RIGHTS)
def test_what_is_answered_is_never_late_and_is_not_answered_again(
    asked_at: datetime, now: datetime, zone: str, right: Right
) -> None:
    closed = request(right, asked_at=asked_at).withdrawn(now)
    assert (closed.state, closed.is_open, closed.is_late(now + timedelta(days=999), zone=zone)) == (
        "withdrawn",
        False,
        False,
    )
    for again in (closed.done, closed.refused, closed.withdrawn, lambda at: closed.extended(at, zone=zone)):
        with pytest.raises(Conflict) as refusal:
            again(now)
        assert refusal.value.code == "answered_before"


def test_it_is_extended_once_and_before_the_month_is_over() -> None:
    more = request().extended(ASKED + timedelta(days=20), zone="UTC")
    assert more.due("UTC") == date(2027, 2, 18)
    with pytest.raises(Conflict) as refusal:
        more.extended(ASKED + timedelta(days=21), zone="UTC")
    assert refusal.value.code == "extended_before"
    with pytest.raises(Conflict) as refusal:
        request().extended(ASKED + timedelta(days=31), zone="UTC")
    assert refusal.value.code == "too_late"


def test_what_counted_at_once_is_not_refused_and_an_erasure_is_done_by_erasing() -> None:
    for right in sorted(AT_ONCE):
        with pytest.raises(Conflict) as refusal:
            request(right).refused(ASKED)
        assert refusal.value.code == "counts_already"
        assert request(right).done(ASKED).state == "done"
    with pytest.raises(Conflict) as refusal:
        request("erasure").done(ASKED)
    assert refusal.value.code == "erase_first"
    assert request("erasure").refused(ASKED).state == "refused"


def test_the_late_stand_first_and_the_answered_nowhere() -> None:
    late, new = request(own="rgt_b", asked_at=ASKED - timedelta(days=40)), request(own="rgt_c")
    more = request(own="rgt_a", asked_at=ASKED - timedelta(days=20)).extended(ASKED, zone="UTC")
    assert urgent([more, new, request(own="rgt_d").done(ASKED), late], zone="UTC") == [late, new, more]


def test_what_is_listed_holds_no_word_that_anybody_wrote() -> None:
    shown = told(request().extended(ASKED, zone="UTC"), now=ASKED, zone="UTC")
    assert msgspec.to_builtins(shown) == {
        "id": "rgt_a",
        "right": "rectification",
        "state": "open",
        "asked_at": "2026-11-18T09:30:00Z",
        "due": "2027-02-18",
        "days_left": 92,
        "extended": True,
    }


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (NewRequest(right="rectification"), "text_missing"),
        (NewRequest(right="rectification", text=Personal(" \n")), "text_missing"),
        (NewRequest(right="rectification", text=Personal("x" * (LONGEST + 1))), "text_too_long"),
        (NewRequest(right="rectification", field="shoe", text=Personal("x")), "unknown_field"),
    ],
)
def test_what_makes_no_sense_is_refused(wanted: NewRequest, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check(wanted, DECLARED)
    assert refusal.value.code == code


def test_a_field_is_an_attribute_or_a_kind_of_contact_point_or_none() -> None:
    for field in (None, "email", *DECLARED.attributes):
        check(NewRequest(right="rectification", field=field, text=Personal("wrong")), DECLARED)
    check(NewRequest(right="objection"), DECLARED)


@pytest.mark.parametrize(("reason", "code"), [("  too short", "reason_too_short"), ("x" * 2001, "text_too_long")])
def test_a_reason_says_something_and_not_too_much(reason: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_reason(Personal(reason))
    assert refusal.value.code == code
    check_reason(Personal("We cannot tell"))
