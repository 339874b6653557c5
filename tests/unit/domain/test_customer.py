"""Customers: nothing undeclared, no unknown time zone, and minors until a new year after they come of age."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import ORGANIZATION
from vault.base.errors import Invalid
from vault.base.ids import ContactPointId, CustomerId
from vault.base.personal import Personal
from vault.domain.customer import (
    Correction,
    CustomerShown,
    Lookup,
    PointShown,
    Registration,
    check_attributes,
    check_time_zone,
    minor_until,
    seen,
)
from vault.domain.organization import Attribute, Ceiling

TODAY = date(2026, 11, 2)
DECLARED = msgspec.structs.replace(
    ORGANIZATION,
    attributes={"birth_date": Attribute(key="birth_date", title={"en": "Birth date"}, purposes=("sales",))},
)
birthdays = st.dates(date(1900, 1, 1), TODAY)


def until(born: str, today: date = TODAY) -> date | None:
    return minor_until(Personal(born), ORGANIZATION, today=today)


def read(text: dict[str, Any], kind: Any) -> Any:
    return msgspec.json.decode(json.dumps(text), type=kind, dec_hook=personal)


def personal(_: type, value: object) -> Personal:
    if not isinstance(value, str):
        raise TypeError("Expected `str`")
    return Personal(value)


# ── Minors ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("born", ["2010-01-01", "2010-07-15", "2010-12-31"])
def test_whoever_is_born_in_one_year_comes_of_age_on_one_day(born: str) -> None:
    assert until(born) == date(2027, 1, 1)


def test_the_age_is_the_organizations() -> None:
    older = msgspec.structs.replace(ORGANIZATION, minor_until=18)
    assert minor_until(Personal("2010-07-15"), older, today=TODAY) == date(2029, 1, 1)


def test_on_that_day_nobody_is_a_minor_any_more_and_on_the_eve_everybody_is() -> None:
    assert until("2010-12-31", today=date(2026, 12, 31)) == date(2027, 1, 1)
    assert until("2010-01-01", today=date(2027, 1, 1)) is None


def test_whoever_is_born_today_is_a_minor() -> None:
    assert until(TODAY.isoformat()) == date(2043, 1, 1)


@given(birthdays)
def test_nobody_is_held_of_age_before_the_birthday_nor_for_more_than_a_year_after(born: date) -> None:
    found = until(born.isoformat())
    birthday = date(born.year + 16, 3, 1) if (born.month, born.day) == (2, 29) else born.replace(year=born.year + 16)
    if found is None:
        assert birthday < TODAY
    else:
        assert birthday < found <= birthday + timedelta(days=366)
        assert (found.month, found.day) == (1, 1)
        assert found > TODAY


@given(birthdays, birthdays)
def test_the_younger_is_never_of_age_first(one: date, other: date) -> None:
    older, younger = sorted((one, other))
    assert (until(older.isoformat()) or date.min) <= (until(younger.isoformat()) or date.min)


@pytest.mark.parametrize(
    "born", ["", " ", "15.07.2010", "07/15/2010", "2010-7-15", "2010-13-01", "2010-02-30", "2010", "0000-00-00",
             "2010-07-15T00:00:00", "2010-07-15\n", "unknown"],
)  # fmt: skip
def test_a_birthday_that_cannot_be_read_is_an_error_and_never_shown(born: str) -> None:
    with pytest.raises(Invalid, match="YYYY-MM-DD") as error:
        until(born)
    assert error.value.code == "unreadable_birth_date"
    assert not born.strip() or born.strip() not in str(error.value)
    assert error.value.__suppress_context__


def test_nobody_is_born_tomorrow() -> None:
    with pytest.raises(Invalid, match="future") as error:
        until("2026-11-03")
    assert (error.value.code, "2026" in str(error.value)) == ("unreadable_birth_date", False)


# ── What is declared ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_declared_field_is_taken_and_none_at_all_is_fine() -> None:
    check_attributes(DECLARED, {"birth_date": Personal("1980-01-01")})
    check_attributes(DECLARED, {})
    check_attributes(ORGANIZATION, {})


@pytest.mark.parametrize("names", [("shoe_size",), ("birth_date", "shoe_size"), ("contact",), ("Birth_date",)])
def test_a_field_nobody_declared_refuses_the_whole(names: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as error:
        check_attributes(DECLARED, dict.fromkeys(names, Personal("secret")))
    assert error.value.code == "undeclared_attribute"
    assert not any(name in str(error.value) for name in ("shoe_size", "secret"))


def test_even_taking_away_a_field_nobody_declared_is_refused() -> None:
    with pytest.raises(Invalid):
        check_attributes(DECLARED, {"shoe_size": None})


@pytest.mark.parametrize("zone", [None, "Europe/London", "UTC", "America/Argentina/Buenos_Aires"])
def test_a_time_zone_the_database_names_is_taken(zone: str | None) -> None:
    check_time_zone(zone)


@pytest.mark.parametrize(
    "zone", ["", "London", "europe/london", "+02:00", "Europe/London\n", "../../etc/passwd", "localtime", "Factory"]
)
def test_a_time_zone_it_does_not_name_is_refused(zone: str) -> None:
    with pytest.raises(Invalid) as error:
        check_time_zone(zone)
    assert error.value.code == "unknown_time_zone"


# ── As they arrive and go out ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("locale", ["en", "de-AT", "zh-Hant-TW", "gsw"])
def test_a_language_tag_is_taken(locale: str) -> None:
    assert read({"locale": locale}, Registration).locale == locale


@pytest.mark.parametrize("locale", ["", "EN", "e", "en_GB", "en-", "en\n", "english language"])
@pytest.mark.parametrize("kind", [Registration, Correction])
def test_what_is_no_language_tag_is_refused(kind: Any, locale: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        read({"locale": locale}, kind)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Registration, {"minor": False}),
        (Registration, {"attributes": {"first_name": None}}),
        (Registration, {"attributes": {"First name": "x"}}),
        (Registration, {"contact_points": [{"kind": "email", "value": "a@shop.example", "verified_at": "now"}]}),
        (Registration, {"contact_points": [{"kind": "email", "value": "a@shop.example"}] * 21}),
        (Registration, {"external": [{"source": "crm", "id": "1"}] * 21}),
        (Correction, {"contact_points": []}),
        (Correction, {"minor_until": "2020-01-01"}),
        (Lookup, {"customer": "cus_06h0090m41t835kpwqjv10s1y0"}),
    ],
)
def test_what_is_not_of_its_form_is_refused(kind: Any, told: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(told, kind)


def test_a_correction_tells_taking_away_from_leaving_alone() -> None:
    found = read({"attributes": {"first_name": None}}, Correction)
    assert found.attributes == {"first_name": None}
    assert read({}, Correction).attributes == {}


def test_no_value_is_shown_by_who_prints_what_arrived() -> None:
    told = {
        "external": [{"source": "crm", "id": "Anna-1"}],
        "contact_points": [{"kind": "email", "value": "anna@shop.example"}],
        "attributes": {"first_name": "Anna"},
    }
    assert "anna" not in repr(read(told, Registration)).lower()


def test_a_customer_is_shown_without_any_place_for_a_value() -> None:
    fields = {field.name for field in msgspec.structs.fields(CustomerShown)}
    assert fields == {"id", "contact_points", "external", "attributes", "locale", "time_zone", "minor", "merged"}


WHOLE = CustomerShown(
    id=CustomerId("cus_06h0090m41t835kpwqjv10s1y0"),
    contact_points=tuple(
        PointShown(id=ContactPointId(f"ctp_{kind}"), kind=kind, primary=True) for kind in ("email", "phone")
    ),
    external=("crm",),
    attributes=("birth_date", "first_name"),
    locale="en",
    minor=True,
)


@pytest.mark.parametrize(
    ("fields", "reasons", "filled", "minor"),
    [
        ((), "plain", (), False),
        ((), "full", (), True),
        (("birth_date",), "plain", ("birth_date",), True),
        (("email", "first_name", "boot_size"), "plain", ("email", "first_name"), False),
        (("email", "phone", "birth_date", "first_name"), "full", ("email", "phone", "birth_date", "first_name"), True),
    ],
)
def test_a_field_beyond_the_ceiling_reads_as_if_it_were_not_filled(
    fields: tuple[str, ...], reasons: Any, *, filled: tuple[str, ...], minor: bool
) -> None:
    shown = seen(WHOLE, Ceiling(fields=fields, reasons=reasons))
    assert (*(point.kind for point in shown.contact_points), *shown.attributes) == filled
    assert shown.minor == minor
    assert (shown.id, shown.external, shown.locale) == (WHOLE.id, WHOLE.external, WHOLE.locale)
