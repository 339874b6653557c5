"""The area of a contact point: its country, and the time zones it may lie in. A number or an address says no more.

It is kept as a country, then zones in order, with blanks between. What cannot be told is told by nobody.
"""

from __future__ import annotations

from functools import cache
from typing import Final
from zoneinfo import available_timezones

from phonenumbers import parse, region_code_for_country_code, region_code_for_number

from vault.base.personal import Personal

PHONE: Final = "phone"
ADDRESS: Final = "postal_address"
"""The kinds of contact point that have an area."""
NOWHERE: Final = frozenset({"001", "ZZ"})
"""The countries of numbers that are of none, such as those of satellites."""
_LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "pt", "pl")
"""Those in which the last line of an address may name its country."""
_STATES: Final = frozenset({"georgia"})
"""Names of countries that an address in the United States may end with."""


def area_of(kind: str, value: Personal) -> str | None:
    """Return the area of a contact point, as it is kept; none for a kind without, or an address without a country."""
    if kind == PHONE:
        return _of_number(value.reveal())
    return _of_address(value.reveal()) if kind == ADDRESS else None


def _of_number(number: str) -> str:
    """Return the area of a number; one that nobody assigned may lie wherever its calling code is dialled."""
    from phonenumbers import timezone  # noqa: PLC0415 - a large map, for whoever needs it

    read = parse(number)
    assigned = region_code_for_number(read)
    look = timezone.time_zones_for_number if assigned else timezone.time_zones_for_geographical_number
    country = assigned or region_code_for_country_code(read.country_code or 0)
    return " ".join((country, *sorted(_zones() & {*look(read)})))


def _of_address(lines: str) -> str | None:
    """Return the area of the country that the last line of an address names."""
    from babel.core import get_global  # noqa: PLC0415 - likewise

    last = lines.splitlines()[-1].strip(" .,").casefold()
    if (country := _countries().get(last)) is None:
        return None
    return " ".join((country, *sorted(_zones() & {*get_global("territory_zones").get(country, ())})))


@cache
def _countries() -> dict[str, str]:
    """Return countries by their names in small letters: no abbreviation, for CA and DE are states besides."""
    from babel import Locale  # noqa: PLC0415 - likewise

    named = {
        str(name).casefold(): str(code)
        for one in _LANGUAGES
        for code, name in Locale(one).territories.items()
        if str(code).isalpha()
    }
    return {name: code for name, code in named.items() if name not in _STATES}


@cache
def _zones() -> frozenset[str]:
    """Return the zones that every clock here can be set to: the map may know newer ones."""
    return frozenset(available_timezones())
