"""The area of a telephone number: no more than its country, and the zones it may lie in."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vault.base.personal import Personal
from vault.domain.timing.area import ADDRESS, PHONE, area_of


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("+12125550123", "US America/New_York"),
        ("+442079460123", "GB Europe/London"),
        ("+4930901820", "DE Europe/Berlin"),
        ("+17875550123", "PR America/Puerto_Rico"),
        ("+881612345678", "001"),
    ],
)
def test_a_number_says_its_country_and_where_its_area_lies(number: str, kept: str) -> None:
    assert area_of(PHONE, Personal(number)) == kept


@pytest.mark.parametrize("number", ["+18005550123", "+19995550123", "+12115550123", "+15555550123"])
def test_a_number_without_an_area_has_all_clocks_of_its_calling_code(number: str) -> None:
    country, *zones = str(area_of(PHONE, Personal(number))).split(" ")
    assert country == "US"
    assert zones == sorted(zones)
    assert {"America/New_York", "Pacific/Honolulu"} <= {*zones}


def test_a_number_of_no_area_is_of_the_country_its_calling_code_is_of() -> None:
    assert area_of(PHONE, Personal("+441999900123")) == "GB Europe/London"


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("1 High Street\nMalvern\nUnited Kingdom", "GB Europe/London"),
        ("Ringstraße 1\n10115 Berlin\nDeutschland", "DE Europe/Berlin Europe/Busingen"),
        ("12 rue Haute\n75001 Paris\nFrance.", "FR Europe/Paris"),
        ("1 Main Street\nAtlanta\nGeorgia", None),
        ("1 Main Street\nWilmington DE", None),
        ("1 High Street", None),
    ],
)
def test_an_address_says_the_country_its_last_line_names(address: str, kept: str | None) -> None:
    assert area_of(ADDRESS, Personal(address)) == kept


def test_nothing_else_has_an_area() -> None:
    assert area_of("email", Personal("somebody@mail.example")) is None


def test_the_map_is_not_read_before_somebody_needs_it() -> None:
    asked = (
        "import sys, vault.domain.timing.area; print([m for m in sys.modules if m.startswith('phonenumbers.tzdata')])"
    )
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert found.stdout.strip() == "[]"
