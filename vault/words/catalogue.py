"""Catalogues: each text by its English, with named places and plural forms. Read from `*.po`; nothing is built before.

A text without a translation is English: a page with one foreign sentence is better than none. A test finds each.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

ENGLISH: Final = "en"
LANGUAGES: Final = (ENGLISH, "de", "fr")
"""The languages there are catalogues for."""

_FOLDER: Final = Path(__file__).parent


class Words:
    """The texts of one language, and how its readers write dates and numbers."""

    __slots__ = ("_locale", "_texts", "language")

    def __init__(self, language: str, locale: Locale) -> None:
        self.language: Final = language
        self._texts: Final = _texts(language)
        self._locale: Final = locale

    @property
    def tag(self) -> str:
        """What the page says its language is (BCP 47)."""
        return str(self._locale).replace("_", "-")

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return str(self._locale.text_direction)

    @property
    def texts(self) -> NullTranslations:
        """The texts as templates read them, with their places still open."""
        return self._texts

    def say(self, text: str, **places: object) -> str:
        """Return a text, its places filled."""
        return self._texts.gettext(text) % places

    def count(self, one: str, many: str, *, number: int, **places: object) -> str:
        """Return the form of a text that goes with a number, its places filled."""
        return self._texts.ngettext(one, many, number) % {"number": self.number(number), **places}

    def number(self, value: int) -> str:
        """Return a number as it is written."""
        return format_decimal(value, locale=self._locale)

    def day(self, instant: datetime, *, zone: str) -> str:
        """Return the date of an instant, in the reader's time zone."""
        return format_date(instant.astimezone(ZoneInfo(zone)), "long", locale=self._locale)

    def time(self, instant: datetime, *, zone: str) -> str:
        """Return the time of day of an instant, in the reader's time zone."""
        return format_time(instant, "short", tzinfo=ZoneInfo(zone), locale=self._locale)

    def second(self, instant: datetime, *, zone: str) -> str:
        """Return the time of day of an instant to the second, in the reader's time zone."""
        return format_time(instant, "medium", tzinfo=ZoneInfo(zone), locale=self._locale)

    def short(self, day: date) -> str:
        """Return a date without its year, as short as it can be."""
        return format_skeleton("MMMd", datetime.combine(day, time()), locale=self._locale)

    def weekday(self, day: date) -> str:
        """Return a date without its year, with its day of the week."""
        return format_skeleton("MMMEd", datetime.combine(day, time()), locale=self._locale)

    def moment(self, instant: datetime, *, zone: str) -> str:
        """Return date and time of an instant, in the reader's time zone."""
        return f"{self.day(instant, zone=zone)}, {self.time(instant, zone=zone)}"


@lru_cache(maxsize=256)
def words(language: str, region: str | None = None) -> Words:
    """Return the words of a language; English for one without a catalogue. `region` decides how dates are written.

    Texts follow the language alone. Both may be what somebody sent: whatever is not known is left out.
    """
    known = language.partition("-")[0].lower()
    known = known if known in LANGUAGES else ENGLISH
    return Words(known, _locale(known, region) or Locale(known))


def offered(declared: Iterable[str]) -> tuple[str, ...]:
    """Return those of an organization's languages that have catalogues, each once; English where none has."""
    found = dict.fromkeys(locale.partition("-")[0].lower() for locale in declared)
    return tuple(language for language in found if language in LANGUAGES) or (ENGLISH,)


def preferred(header: str | None, choice: tuple[str, ...]) -> str | None:
    """Return the language of an Accept-Language header (RFC 9110 section 12.5.4) that can be had; none for none."""
    wished = []
    for place, one in enumerate((header or "")[:200].split(",")):
        tag, _, weight = one.partition(";q=")
        wished.append((-_weight(weight), place, tag.strip().partition("-")[0].lower()))
    return next((language for weight, _, language in sorted(wished) if weight < 0 and language in choice), None)


def own_name(language: str) -> str:
    """Return what a language is called by those who speak it; its tag for one that nobody here knows."""
    try:
        return str(Locale(language).get_display_name(language) or language).capitalize()
    except (UnknownLocaleError, ValueError):
        return language


def _weight(text: str) -> float:
    try:
        return min(1.0, float(text)) if text else 1.0
    except ValueError:
        return 0.0


def _locale(language: str, region: str | None) -> Locale | None:
    try:
        return Locale.parse(f"{language}_{region}") if region else None
    except (UnknownLocaleError, ValueError):
        return None


@cache
def _texts(language: str) -> NullTranslations:
    if language == ENGLISH:
        return NullTranslations()
    with (_FOLDER / language / "vault.po").open("rb") as written:
        catalogue = read_po(written, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
