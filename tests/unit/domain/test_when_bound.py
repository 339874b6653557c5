"""What binds a contact in time: whose hours count for what, and on which clock."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.unit.domain.facts import DAY, NOW, ORGANIZATION, said
from tests.unit.domain.test_decision import PHONE, person, point
from vault.domain.choices.preference import Preference
from vault.domain.decision.basis import NO_WISHES, Flat, Way, basis
from vault.domain.organization import Channel
from vault.domain.standing import Instants, rule
from vault.domain.timing.week import Week, week

NOON = {"*": "12:00-13:00"}
"""Noon in UTC is `NOW`."""
SHUT = week({"mon-sun": ["00:00-12:00"]})


def way(*, intrusive: bool = True, reaches: str = "phone", purpose: str = "sales", **declared: Any) -> Way:
    channel = Channel(key="sms", reaches=reaches, intrusive=intrusive)
    organization = msgspec.structs.replace(ORGANIZATION, time_zone="UTC", **declared)
    found = organization.purpose(purpose)
    return Way(organization=organization, purpose=found, channel=channel, rule=rule(organization, found, channel="sms"))


def times(of: Way, *, wished: Preference | None = None, hours: Week | None = None, **given: Any) -> Flat:
    zone, at, home = given.pop("time_zone", None), given.pop("at", NOW), given.pop("home", None)
    points = [point(PHONE, kind="phone", primary=True, **given)]
    if home is not None:
        points.append(point(kind="postal_address", zones=home))
    who = person(*points, facts=(said("granted", channel="sms"),))
    who = msgspec.structs.replace(who, preference=wished or NO_WISHES, time_zone=zone)
    flat = basis(who, of, instants=Instants(now=at), hours=hours).flat
    return {name: flat[name] for name in ("paused", "quiet", "outside_frame")}


def free(**but: Any) -> Flat:
    plain: dict[str, Any] = {"paused": False, "quiet": "", "outside_frame": False}
    return plain | but


def test_where_nobody_declares_or_wishes_anything_no_time_binds() -> None:
    assert times(way()) == free()


@pytest.mark.parametrize("intrusive", [True, False])
def test_hours_of_organization_and_client_bind_what_disturbs_and_own_ones_everything(intrusive: bool) -> None:  # noqa: FBT001 - a case
    here = way(intrusive=intrusive, open_hours={"default": SHUT})
    assert times(here) == free(quiet="organization" if intrusive else "")
    assert times(way(intrusive=intrusive), hours=SHUT) == free(quiet="client" if intrusive else "")
    assert times(here, wished=Preference(quiet=NOON), hours=SHUT) == free(quiet="own")
    elsewhere = way(intrusive=intrusive, reaches="email", open_hours={"default": SHUT})
    assert times(elsewhere) == free(quiet="organization" if intrusive else "")


def test_hours_for_a_country_come_before_those_for_all() -> None:
    here = way(open_hours={"default": SHUT, "FR": week({"mon-sun": ["10:00-20:00"]})})
    assert times(here, country="FR") == free()
    assert times(here, country="DE") == free(quiet="organization")
    assert times(way(open_hours={"FR": SHUT}), country="DE") == free()


def test_a_pause_binds_until_its_very_end() -> None:
    assert times(way(), wished=Preference(paused_until=NOW + DAY)) == free(paused=True)
    assert times(way(), wished=Preference(paused_until=NOW)) == free()


def test_the_law_of_the_united_states_binds_their_telephones_on_the_clock_of_whoever_is_called() -> None:
    assert times(way(), country="US", zones=("Pacific/Honolulu",)) == free(outside_frame=True)
    assert times(way(intrusive=False), country="US", zones=("Pacific/Honolulu",)) == free(outside_frame=True)
    assert times(way(), country="US", zones=("Pacific/Honolulu",), time_zone="UTC") == free()
    assert times(way(), country="GU", zones=("Pacific/Honolulu",)) == free(outside_frame=True)
    assert times(way(), country="CA", zones=("Pacific/Honolulu",)) == free()


def test_where_a_number_may_lie_in_several_zones_it_is_open_when_it_is_so_in_all() -> None:
    assert times(way(), country="US", zones=("America/New_York", "Pacific/Honolulu")) == free(outside_frame=True)
    assert times(way(), country="US", zones=("America/New_York", "UTC")) == free(outside_frame=True)
    assert times(way(), country="US", zones=("America/Sao_Paulo", "UTC")) == free()


def test_without_a_zone_of_their_own_somebody_is_where_their_telephone_is() -> None:
    wished = Preference(quiet={"*": "21:00-22:00"})
    who = person(point(primary=True), point(PHONE, kind="phone", zones=("Asia/Tokyo",)), facts=(said("granted"),))
    who = msgspec.structs.replace(who, preference=wished)
    found = ORGANIZATION.purpose("sales")
    mail = Way(
        organization=ORGANIZATION,
        purpose=found,
        channel=ORGANIZATION.channel("email"),
        rule=rule(ORGANIZATION, found, channel="email"),
    )
    assert basis(who, mail, instants=Instants(now=NOW)).flat["quiet"] == "own"


def test_on_a_public_holiday_of_its_country_no_telephone_rings() -> None:
    closed = way(closed_on_holidays=("GB", "CL"))
    christmas = NOW.replace(month=12, day=25)
    assert times(closed, at=christmas, country="GB", zones=("Europe/London",)) == free(quiet="organization")
    assert times(closed, at=christmas, country="DE", zones=("Europe/Berlin",)) == free()
    assert times(closed, at=christmas, country="") == free(quiet="organization")
    assert times(way(closed_on_holidays=("GB",), intrusive=False), at=christmas, country="GB") == free()
    assert times(closed, at=NOW, country="GB", zones=("Europe/London",)) == free()


def test_the_zone_of_a_postal_address_comes_before_those_of_a_number() -> None:
    here = way(open_hours={"default": week({"mon-sun": ["12:00-13:00"]})})
    tokyo, london = ("Asia/Tokyo",), ("Europe/London",)
    assert times(here, zones=tokyo) == free(quiet="organization")
    assert times(here, zones=tokyo, home=london) == free()
    assert times(here, zones=london, home=("America/New_York", "America/Chicago")) == free()
    assert times(here, home=tokyo) == free(quiet="organization")
    assert times(here, home=tokyo, time_zone="UTC") == free()


def test_what_is_no_offer_is_not_bound() -> None:
    found = ORGANIZATION.purpose("service")
    mail = Way(
        organization=ORGANIZATION,
        purpose=found,
        channel=ORGANIZATION.channel("email"),
        rule=rule(ORGANIZATION, found, channel="email"),
    )
    who = msgspec.structs.replace(person(point()), preference=Preference(paused_until=NOW + DAY, quiet=NOON))
    assert basis(who, mail, instants=Instants(now=NOW)).bounds == ()
