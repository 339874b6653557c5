"""The area of a telephone number: its country, and the time zones it may lie in. A number says no more than that."""

from __future__ import annotations

from functools import cache
from typing import Final
from zoneinfo import available_timezones

from phonenumbers import parse, region_code_for_number

from vault.base.personal import Personal

PHONE: Final = "phone"
"""The kind of contact point that has an area."""
NOWHERE: Final = "ZZ"
"""The country of a number that is of none, such as one of a satellite."""


def area(number: Personal) -> str:
    """Return the area of a number in the form it is kept in: a country, then zones in order, with blanks between."""
    from phonenumbers.timezone import time_zones_for_number  # noqa: PLC0415 - a large map, for whoever needs it

    read = parse(number.reveal())
    zones = sorted(_zones() & {*time_zones_for_number(read)})
    return " ".join((region_code_for_number(read) or NOWHERE, *zones))


@cache
def _zones() -> frozenset[str]:
    """Return the zones that every clock here can be set to: the map may know newer ones."""
    return frozenset(available_timezones())
