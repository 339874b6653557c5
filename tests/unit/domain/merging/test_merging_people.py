"""Merging: who is refused, and the one person whom the rest of the vault then reads."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import NOW, ORGANIZATION, said
from vault.base.errors import VaultError
from vault.base.ids import ContactPointId, CustomerId, Subject
from vault.base.personal import Personal
from vault.domain.choices.at_most import PERIODS, AtMost
from vault.domain.choices.preference import Preference, closed
from vault.domain.customer import CustomerShown, PointShown
from vault.domain.decision.basis import Person, Point
from vault.domain.merging.merge import MOST, check, check_born, check_two, together
from vault.domain.merging.merged import Join, Merged
from vault.domain.merging.suggested import compared
from vault.domain.merging.whole import stricter_since, wholes, wishes
from vault.domain.organization import EVERY
from vault.domain.standing import Instants

A, B, C = (CustomerId(f"cus_{one}") for one in "abc")
SPANS = ("22:00-07:00", "20:00-06:00", "12:00-13:00", "23:30-00:00", "00:00-12:00", "12:00-00:00", "06:00-05:30")


def person(customer: CustomerId, **given: Any) -> Person:
    plain: dict[str, Any] = {
        "subject": Subject(customer.replace("cus", "sub")),
        "minor_until": None,
        "points": (Point(id=ContactPointId(f"ctp_{customer}"), kind="email", primary=True, verified=True),),
        "facts": (),
    }
    return Person(customer=customer, **(plain | given))


def joined(*people: Person) -> list[Person]:
    first, *others = people
    joins = [
        Join(kept=first.subject, joined=one.subject, at=NOW - timedelta(days=place)) for place, one in enumerate(others)
    ]
    return wholes(people, joins)


# ── Refused ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_nobody_is_merged_with_themselves_twice_or_without_end() -> None:
    many = [CustomerId(f"cus_{place}") for place in range(MOST)]
    with pytest.raises(VaultError, match="another one"):
        check_two(A, A)
    for code, kept, other in (("already_merged", [A, B], [B]), ("too_many_merged", many, [A])):
        with pytest.raises(VaultError) as refused:
            check(kept, other)
        assert refused.value.code == code
    check_two(A, B)
    check(many[1:], [A])


def test_whoever_was_born_on_another_day_is_somebody_else() -> None:
    check_born([Personal("1980-01-02"), Personal("19800102"), Personal("1980-01-02")])
    check_born([Personal("in spring"), Personal("in spring")])
    for other in ("1980-01-03", "unknown"):
        with pytest.raises(VaultError) as refused:
            check_born([Personal("1980-01-02"), Personal(other)])
        assert refused.value.code == "different_birth_dates"


# ── Shown ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_they_are_shown_as_one_and_the_first_wins() -> None:
    point = PointShown(id=ContactPointId("ctp_a"), kind="email", primary=True)
    one = CustomerShown(id=A, contact_points=(point,), external=("shop",), attributes=("first_name",), locale=None)
    other = CustomerShown(
        id=B, contact_points=(), external=("crm",), attributes=("first_name", "country"), locale="de", minor=True
    )
    assert together([one]) == one
    shown = together([one, other])
    assert (shown.id, shown.merged, shown.locale, shown.minor) == (A, (B,), "de", True)
    assert (shown.external, shown.attributes) == (("crm", "shop"), ("country", "first_name"))


def test_what_agrees_is_told_by_its_kind_alone() -> None:
    one = {"first_name": Personal("Anna "), "last_name": Personal("Voss"), "country": Personal("GB")}
    other = {"first_name": Personal("anna"), "last_name": Personal("Fox")}
    assert compared(one, other) == (("first_name",), ("last_name",))


# ── Read by a decision ───────────────────────────────────────────────────────────────────────────────────────────────
def test_each_is_the_whole_person_and_the_stricter_holds() -> None:
    yes, no = said("granted"), said("withdrawn")
    one = person(A, facts=(yes,), minor_until=date(2030, 1, 1), country="GB", restricted_since=NOW)
    other = person(B, facts=(no,), minor_until=date(2031, 1, 1), country="FR", time_zone="Europe/Paris")
    third = person(C, restricted_since=NOW - timedelta(days=1))
    whole = joined(one, other, third)
    assert [each.customer for each in whole] == [A, B, C]
    for each in whole:
        assert each.family == (A, B, C)
        assert (each.minor_until, each.country, each.time_zone) == (date(2031, 1, 1), None, "Europe/Paris")
        assert each.restricted_since == NOW - timedelta(days=1)
        assert [point.holder for point in each.points] == [A, B, C]
        assert isinstance(each.facts, Merged)
        assert [*each.facts] == [yes, no]
    assert [each.facts.mine for each in whole if isinstance(each.facts, Merged)] == [(yes,), (no,), ()]
    assert joined(one, person(B, country="GB"))[1].country == "GB"


limits = st.builds(AtMost, most=st.integers(1, 9), per=st.sampled_from(PERIODS))
preferences = st.builds(
    Preference,
    paused_until=st.none() | st.just(NOW) | st.just(NOW + timedelta(days=9)),
    quiet=st.dictionaries(st.sampled_from(("sms", "email", EVERY)), st.sampled_from(SPANS), max_size=2),
    order=st.sampled_from(((), ("email",), ("sms", "email"))),
    at_most=st.dictionaries(st.sampled_from(("sms", EVERY)), limits, max_size=2),
)


@given(st.lists(preferences, min_size=1, max_size=3))
def test_whatever_one_of_them_does_not_want_is_not_wanted(several: list[Preference]) -> None:
    found = wishes(several)
    for one in several:
        assert one.paused_until is None or (found.paused_until or NOW) >= one.paused_until
        for channel in one.quiet:
            missing = closed(one.quiet_on(channel)) - closed(found.quiet_on(channel))
            assert missing <= set(range(23 * 60 + 30, 24 * 60))  # of a whole day, the last half hour cannot be spelled
        for channel, limit in one.at_most.items():
            assert found.at_most[channel].is_within(limit)
    assert wishes([found, found]) == found
    assert wishes([several[0]]).at_most == several[0].at_most


# ── Told to the person ───────────────────────────────────────────────────────────────────────────────────────────────
def test_they_are_told_as_long_as_a_yes_of_theirs_counts_no_more() -> None:
    asked = Instants(now=NOW)
    yes, no = said("granted", at=NOW - timedelta(days=9)), said("withdrawn", at=NOW - timedelta(days=8))
    whole = joined(person(A, facts=(yes,)), person(B, facts=(no,)))[0]
    assert stricter_since(whole.facts, ORGANIZATION, instants=asked) == NOW
    again = said("granted", at=NOW + timedelta(minutes=1))
    spoken = joined(person(A, facts=(yes, again)), person(B, facts=(no,)))[0]
    assert stricter_since(spoken.facts, ORGANIZATION, instants=asked) is None
    refused = said("withdrawn", at=NOW + timedelta(minutes=1))
    spoken = joined(person(A, facts=(yes,)), person(B, facts=(no, refused)))[0]
    assert stricter_since(spoken.facts, ORGANIZATION, instants=asked) is None
    assert stricter_since((yes, no), ORGANIZATION, instants=asked) is None
    alone = msgspec.structs.replace(whole.facts, joins=()) if isinstance(whole.facts, Merged) else ()
    assert stricter_since(alone, ORGANIZATION, instants=asked) is None
