"""What a decision rests on: the contact point it is about, and the flat facts Cedar is handed."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import DAY, NOW, ORGANIZATION, said
from vault.base.ids import ContactPointId, CustomerId, Subject, SuppressionId
from vault.domain.decision.basis import Basis, Person, Point, Way, basis, may_leave, nobody
from vault.domain.fact import Fact
from vault.domain.organization import EVERY, Attribute, Channel, Suppressing
from vault.domain.standing import Instants, rule
from vault.domain.suppression import Suppression

DECLARED = msgspec.structs.replace(
    ORGANIZATION,
    suppressions={
        "complaint": Suppressing(channels=("email",), stops=("offer", "research")),
        "stop_word": Suppressing(channels=("sms",), stops=("offer",)),
        "bounce": Suppressing(channels=(), stops=("offer", "service", "research", "profiling")),
    },
    attributes={
        key: Attribute(key=key, title={"en": key}, purposes=purposes)
        for key, purposes in {
            "first_name": ("offers", "service"),
            "boot_size": ("back_in_stock",),
            "loyalty": ("sales", "personalisation"),
            "orphan": (),
        }.items()
    },
)
FLAT = {
    "known", "standing", "pending_for", "implied", "basis", "kind", "channel", "suppressed", "restricted", "minor",
    "guardian", "reachable", "unverified",
    "paused", "quiet", "outside_frame", "budget_spent",
}  # fmt: skip
MAIL, WORK, PHONE = ContactPointId("ctp_mail"), ContactPointId("ctp_work"), ContactPointId("ctp_phone")
GONE = ContactPointId("ctp_gone")


def way(purpose: str = "sales", channel: str = "email") -> Way:
    found = DECLARED.purpose(purpose)
    declared = None if channel == EVERY else DECLARED.channel(channel)
    return Way(organization=DECLARED, purpose=found, channel=declared, rule=rule(DECLARED, found, channel=channel))


def point(own: ContactPointId = MAIL, *stops: Suppression, **given: Any) -> Point:
    plain: dict[str, Any] = {"kind": "email", "primary": False, "verified": True}
    return Point(id=own, suppressions=stops, **(plain | given))


def stop(**given: Any) -> Suppression:
    plain: dict[str, Any] = {"id": SuppressionId("sup_a"), "kind": "complaint", "at": NOW - DAY}
    return Suppression(**(plain | given))


def person(*points: Point, facts: tuple[Fact, ...] = (), minor_until: date | None = None) -> Person:
    return Person(
        customer=CustomerId("cus_a"), subject=Subject("sub_a"), minor_until=minor_until, points=points, facts=facts
    )


def rests(
    *points: Point, facts: tuple[Fact, ...] = (), of: Way | None = None, named: ContactPointId | None = None
) -> Basis:
    return basis(person(*points, facts=facts), of or way(), instants=Instants(now=NOW), named=named)


def picked(*points: Point, **given: Any) -> ContactPointId | None:
    found = rests(*points, **given).point
    return None if found is None else found.id


# ── Which contact point ──────────────────────────────────────────────────────────────────────────────────────────────
def test_the_point_the_question_named_is_used_however_bad_it_is() -> None:
    worse = point(WORK, stop(), verified=False)
    found = rests(point(MAIL, primary=True), worse, named=WORK)
    assert (found.point, found.named) == (worse, WORK)
    assert (found.flat["suppressed"], found.flat["reachable"]) == (True, True)


def test_a_named_point_of_another_kind_only_tells_who_it_is() -> None:
    found = rests(point(MAIL), point(PHONE, kind="phone"), named=PHONE, facts=(said("granted", contact_point=MAIL),))
    assert (found.point, found.named) == (point(MAIL), None)
    assert found.standing.state == "granted"


def test_a_named_point_nobody_has_any_more_only_tells_who_it_is() -> None:
    assert (picked(point(MAIL), named=GONE), rests(point(MAIL), named=GONE).named) == (MAIL, None)


def test_the_point_the_grant_names_is_used_before_the_primary_one() -> None:
    yes = said("granted", contact_point=WORK)
    assert picked(point(MAIL, primary=True), point(WORK, verified=False), facts=(yes,)) == WORK


def test_a_yes_for_one_point_is_none_for_another_that_the_question_names() -> None:
    found = rests(point(MAIL), point(WORK), facts=(said("granted", contact_point=WORK),), named=MAIL)
    assert (found.point, found.standing.state) == (point(MAIL), "never_asked")


def test_a_no_about_one_point_holds_for_another_that_the_question_names() -> None:
    no = said("withdrawn", NOW - DAY, contact_point=WORK)
    found = rests(point(MAIL), point(WORK), facts=(said("granted", NOW - 2 * DAY), no), named=MAIL)
    assert found.standing.state == "withdrawn"


@pytest.mark.parametrize("left", [(), (point(MAIL, primary=True),)])
def test_a_yes_for_a_point_that_is_gone_reaches_nobody(left: tuple[Point, ...]) -> None:
    found = rests(*left, facts=(said("granted", contact_point=GONE),))
    assert (found.point, found.standing.state) == (None, "granted")
    assert (found.flat["reachable"], found.flat["suppressed"], found.flat["unverified"]) == (False, False, False)


def test_a_yes_for_a_point_of_another_kind_reaches_nobody() -> None:
    yes = said("granted", contact_point=PHONE)
    assert picked(point(MAIL), point(PHONE, kind="phone"), facts=(yes,)) is None


def test_a_yes_that_ran_out_binds_to_no_point() -> None:
    old = said("granted", contact_point=WORK, until=NOW)
    assert picked(point(MAIL, primary=True), point(WORK), facts=(old,)) == MAIL


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"primary": True}, {}),
        ({"primary": True, "verified": False}, {"verified": True}),
        ({"verified": True}, {"verified": False}),
    ],
)
def test_where_none_is_named_the_primary_one_is_used_then_a_verified_one(
    better: dict[str, bool], worse: dict[str, bool]
) -> None:
    assert picked(point(MAIL, **worse), point(WORK, **better)) == WORK
    assert picked(point(MAIL, **better), point(WORK, **worse)) == MAIL


def test_where_a_verified_one_is_needed_it_comes_before_the_primary_one() -> None:
    points = point(MAIL, primary=True, verified=False), point(WORK)
    assert picked(*points, of=way("newsletter")) == WORK


def test_a_suppressed_point_is_avoided_where_there_is_another() -> None:
    assert picked(point(MAIL, stop(), primary=True), point(WORK, verified=False)) == WORK
    assert picked(point(MAIL, stop(), primary=True), point(WORK, verified=False), of=way("newsletter")) == WORK


def test_what_stops_other_things_is_no_reason_to_avoid_a_point() -> None:
    stopped = point(MAIL, stop(), primary=True)
    assert picked(stopped, point(WORK), of=way("service")) == MAIL
    assert rests(stopped, of=way("service")).flat["suppressed"] is False


def test_a_point_of_another_kind_is_never_used() -> None:
    found = rests(point(PHONE, kind="phone", primary=True))
    assert (found.point, found.flat["reachable"]) == (None, False)


# ── The flat facts ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_cedar_is_handed_words_and_booleans_and_no_id() -> None:
    found = rests(point(MAIL, primary=True), facts=(said("granted"),))
    assert found.flat == {
        "known": True,
        "standing": "granted",
        "pending_for": "",
        "implied": "",
        "basis": "consent",
        "kind": "offer",
        "channel": "email",
        "suppressed": False,
        "restricted": False,
        "minor": False,
        "guardian": False,
        "reachable": True,
        "unverified": False,
        "paused": False,
        "quiet": "",
        "outside_frame": False,
        "budget_spent": "",
    }
    assert set(found.flat) == set(nobody(way(), known=True)) == FLAT
    assert not any(prefix in json.dumps(found.flat) for prefix in ("ctp_", "cus_", "sub_", "fct_"))


def test_what_a_pending_yes_waits_for_is_told() -> None:
    asked = said("asked", purpose="newsletter", notice=1)
    assert rests(point(MAIL), facts=(asked,), of=way("newsletter")).flat["pending_for"] == "double_opt_in"


def test_an_unverified_point_counts_against_only_what_needs_a_verified_one() -> None:
    unsure = point(MAIL, verified=False)
    assert rests(unsure, of=way("newsletter")).flat["unverified"] is True
    assert rests(unsure, of=way("sales")).flat["unverified"] is False
    assert rests(point(MAIL), of=way("newsletter")).flat["unverified"] is False


def test_a_purpose_without_channels_needs_no_point_and_knows_no_stop() -> None:
    found = rests(point(MAIL, stop(kind="bounce"), verified=False), of=way("personalisation", EVERY), named=MAIL)
    assert (found.point, found.named, found.flat["channel"]) == (None, None, "*")
    assert (found.flat["reachable"], found.flat["suppressed"], found.flat["unverified"]) == (True, False, False)


def test_the_only_point_stopped_is_reachable_and_suppressed() -> None:
    found = rests(point(MAIL, stop()))
    assert (found.flat["suppressed"], found.flat["reachable"]) == (True, True)


def test_a_question_about_the_past_sees_the_stops_of_then() -> None:
    stopped = person(point(MAIL, stop(at=NOW - DAY)))
    then = Instants(now=NOW, at=NOW - 2 * DAY)
    assert basis(stopped, way(), instants=then).flat["suppressed"] is False
    assert basis(stopped, way(), instants=Instants(now=NOW - 2 * DAY)).flat["suppressed"] is True  # the clock went back


@pytest.mark.parametrize(
    ("instant", "minor"), [("2026-12-31T23:59:59+00:00", True), ("2027-01-01T00:00:00+00:00", False)]
)
def test_a_minor_is_one_until_the_day_comes(instant: str, minor: bool) -> None:  # noqa: FBT001 - what is expected
    child = person(point(MAIL), minor_until=date(2027, 1, 1))
    assert basis(child, way(), instants=Instants(now=datetime.fromisoformat(instant))).flat["minor"] is minor
    assert basis(child, way(), instants=Instants(now=NOW, at=datetime.fromisoformat(instant))).flat["minor"] is minor


@given(st.integers(-14 * 60, 14 * 60), st.integers(-48 * 60, 48 * 60))
def test_no_offset_makes_a_minor_older(offset: int, minutes: int) -> None:
    child = person(point(MAIL), minor_until=date(2027, 1, 1))
    at = datetime.fromisoformat("2027-01-01T00:00:00+00:00") + timedelta(minutes=minutes)
    elsewhere = at.astimezone(timezone(timedelta(minutes=offset)))
    assert basis(child, way(), instants=Instants(now=NOW, at=elsewhere)).flat["minor"] is (minutes < 0)


# ── Nobody ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_address_nobody_gave_us_reads_like_somebody_who_never_said_anything() -> None:
    assert nobody(way(), known=True) == rests(point(MAIL)).flat


@pytest.mark.parametrize("asked", [way("service"), way("personalisation", EVERY)])
def test_an_address_nobody_gave_us_is_allowed_for_nothing_whatever_the_basis(asked: Way) -> None:
    flat = nobody(asked, known=True)
    assert (flat["known"], flat["basis"], flat["standing"]) == (True, "consent", "never_asked")
    assert (flat["kind"], flat["channel"]) == (asked.purpose.kind, asked.rule.channel)


def test_an_id_nobody_has_is_told_by_that_alone() -> None:
    flat = nobody(way("service"), known=False)
    assert (flat["known"], flat["basis"], flat["kind"]) == (False, "contract", "service")
    assert not any(flat[name] for name in ("suppressed", "minor", "unverified", "pending_for"))


# ── Attributes ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("field", "purposes"),
    [
        ("first_name", {"offers", "newsletter", "sales", "back_in_stock", "events", "catalogue", "service"}),
        ("boot_size", {"back_in_stock"}),
        ("loyalty", {"sales", "back_in_stock", "personalisation"}),
        ("orphan", set()),
        ("contact", set()),
        ("nonsense", set()),
    ],
)
def test_an_attribute_leaves_for_its_purposes_and_those_below_and_never_upwards(field: str, purposes: set[str]) -> None:
    ways = {key: way(key, next(iter(purpose.channels), EVERY)) for key, purpose in DECLARED.purposes.items()}
    assert {key for key, asked in ways.items() if may_leave(asked, field)} == purposes


# ── Laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
stops = st.builds(
    stop,
    kind=st.sampled_from(["complaint", "stop_word", "bounce"]),
    channel=st.sampled_from([None, "email", "sms"]),
    at=st.sampled_from([NOW - 9 * DAY, NOW - DAY, NOW + DAY]),
    until=st.sampled_from([None, NOW - 2 * DAY, NOW + DAY]),
)
IDS = tuple(ContactPointId(f"ctp_{letter}") for letter in "abcd")


@st.composite
def some_points(draw: st.DrawFn) -> tuple[Point, ...]:
    ids = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=4))
    return tuple(
        point(
            own,
            *draw(st.lists(stops, max_size=2)),
            kind=draw(st.sampled_from(["email", "email", "phone"])),
            primary=draw(st.booleans()),
            verified=draw(st.booleans()),
        )
        for own in ids
    )


named_points = st.sampled_from([None, *IDS, GONE])
some_ways = st.sampled_from(
    [way(), way("newsletter"), way("sales", "sms"), way("service"), way("personalisation", EVERY)]
)
all_instants = st.builds(Instants, now=st.just(NOW), at=st.sampled_from([None, NOW - 5 * DAY, NOW]))


@st.composite
def some_facts(draw: st.DrawFn, of: Way) -> tuple[Fact, ...]:
    about: dict[str, Any] = {"purpose": of.purpose.key, "channel": of.rule.channel}
    days = draw(st.lists(st.integers(1, 8), max_size=3))
    return tuple(
        said(
            draw(st.sampled_from(["granted", "granted", "granted", "asked", "withdrawn"])),
            NOW - day * DAY,
            contact_point=draw(named_points),
            **about,
        )
        for day in days
    )


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    person: Person
    way: Way
    instants: Instants
    named: ContactPointId | None

    def rests(self, **given: Any) -> Basis:
        changed = msgspec.structs.replace(self.person, **given)
        return basis(changed, self.way, instants=self.instants, named=self.named)


@st.composite
def drawn(draw: st.DrawFn) -> Drawn:
    of = draw(some_ways)
    found = person(*draw(some_points()), facts=draw(some_facts(of)))
    return Drawn(person=found, way=of, instants=draw(all_instants), named=draw(named_points))


@given(drawn(), st.data())
def test_another_suppression_never_lifts_one(case: Drawn, data: st.DataObject) -> None:
    if not case.person.points:
        return
    place = data.draw(st.integers(0, len(case.person.points) - 1))
    points = list(case.person.points)
    more = (*points[place].suppressions, data.draw(stops))
    points[place] = msgspec.structs.replace(points[place], suppressions=more)
    before, after = case.rests(), case.rests(points=tuple(points))
    assert after.flat["suppressed"] or not before.flat["suppressed"]
    assert after.flat["reachable"] == before.flat["reachable"]


@given(drawn())
def test_the_point_used_is_the_persons_own_and_of_the_channels_kind(case: Drawn) -> None:
    found = case.rests().point
    channel: Channel | None = case.way.channel
    assert found is None or (found in case.person.points and channel is not None and found.kind == channel.reaches)


@given(drawn())
def test_a_yes_that_names_a_point_is_never_served_by_another(case: Drawn) -> None:
    found = case.rests()
    if found.standing.state == "granted" and (grant := found.standing.grant) is not None and grant.contact_point:
        assert found.point is None or found.point.id == grant.contact_point


@given(drawn())
def test_a_point_the_question_named_is_used_or_none_of_that_name_fits(case: Drawn) -> None:
    found = case.rests()
    assert found.named in (None, case.named)
    assert found.named is None or (found.point is not None and found.point.id == found.named)


@given(drawn(), st.randoms(use_true_random=False))
def test_the_order_of_points_and_facts_changes_nothing(case: Drawn, chance: Any) -> None:
    points, facts = list(case.person.points), list(case.person.facts)
    chance.shuffle(points)
    chance.shuffle(facts)
    assert case.rests(points=tuple(points), facts=tuple(facts)) == case.rests()


@given(drawn())
def test_what_cannot_be_reached_is_neither_suppressed_nor_unverified(case: Drawn) -> None:
    flat = case.rests().flat
    assert set(flat) == FLAT
    assert flat["reachable"] or not (flat["suppressed"] or flat["unverified"])


@given(drawn())
def test_flat_facts_that_are_known_again_are_those_that_were_found(case: Drawn) -> None:
    anew = msgspec.structs.replace(case.way, flats={})
    found = case.rests().flat
    assert found == basis(case.person, anew, instants=case.instants, named=case.named).flat
    assert found is case.rests().flat


def test_flat_facts_are_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vault.domain.decision.basis._REMEMBERED", 2)
    asked = way()
    found = [rests(point(), of=asked).flat, rests(of=asked).flat]
    assert [rests(point(), of=asked).flat, rests(of=asked).flat] == found
    assert len(asked.flats) == 2
    third = rests(point(MAIL, stop()), of=asked).flat
    assert (list(asked.flats.values()), third["suppressed"]) == ([third], True)
    assert rests(point(), of=asked).flat == found[0]


@given(drawn())
def test_where_a_verified_point_will_do_nobody_is_refused_for_an_unverified_one(case: Drawn) -> None:
    found = case.rests()
    grant = found.standing.grant
    bound = found.named or (grant.contact_point if found.standing.state == "granted" and grant else None)
    channel = case.way.channel
    if found.flat["unverified"] and not bound and channel is not None:
        good = [one for one in case.person.points if one.kind == channel.reaches and one.verified]
        assert all(
            any(
                one.stops(DECLARED, case.way.purpose, channel=channel, instants=case.instants)
                for one in each.suppressions
            )
            for each in good
        )
