"""Words: in the reader's language, and dates as they are written where the organization is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vault.words.catalogue import offered, own_name, preferred, words

AT = datetime(2026, 11, 19, 23, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "region", "tag", "moment"),
    [
        ("en", "GB", "en-GB", "19 November 2026, 23:05"),
        ("en", "US", "en-US", "November 19, 2026, 11:05\u202fPM"),
        ("de-AT", "AT", "de-AT", "19. November 2026, 23:05"),
        ("de", "GB", "de", "19. November 2026, 23:05"),
        ("fr", None, "fr", "19 novembre 2026, 23:05"),
        ("nl", "NL", "en-NL", "19 November 2026, 23:05"),
        ("../../x", "x/y", "en", "November 19, 2026, 11:05\u202fPM"),
    ],
)
def test_dates_are_written_as_the_language_does_there(language: str, region: str | None, tag: str, moment: str) -> None:
    found = words(language, region)
    assert (found.tag, found.moment(AT, zone="UTC"), found.direction) == (tag, moment, "ltr")


def test_a_time_is_told_in_the_readers_zone() -> None:
    assert words("de").moment(AT, zone="Europe/Berlin") == "20. November 2026, 00:05"
    assert words("de").time(AT, zone="America/New_York") == "18:05"


def test_a_day_is_told_shortly_and_a_time_to_the_second() -> None:
    assert (words("en", "GB").short(AT.date()), words("de").short(AT.date())) == ("19 Nov", "19. Nov.")
    assert words("en", "GB").weekday(AT.date()) == "Thu 19 Nov"
    assert words("en", "GB").second(AT, zone="UTC") == "23:05:00"


def test_a_text_has_its_places_filled_and_the_form_its_number_wants() -> None:
    one, many = (
        "That is not the code. You can try once more.",
        "That is not the code. You can try %(number)s more times.",
    )
    assert words("en").count(one, many, number=1) == one
    assert words("en").count(one, many, number=4) == many % {"number": "4"}
    assert words("de").count(one, many, number=4).endswith("noch 4-mal versuchen.")
    assert words("fr").say("Your link to %(name)s", name="A & B") == "Votre lien vers A & B"
    assert words("de").say("a text nobody wrote down") == "a text nobody wrote down"
    assert words("de").number(1_234_567) == "1.234.567"


def test_an_organizations_languages_are_offered_where_there_are_words_for_them() -> None:
    assert offered(["de-AT", "de", "nl", "en"]) == ("de", "en")
    assert offered(["nl", "cy"]) == ("en",)
    assert [own_name(language) for language in ("en", "de", "fr")] == ["English", "Deutsch", "Français"]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("de", "de"),
        ("de-CH, en;q=0.9", "de"),
        ("nl, en;q=0.5, de;q=0.7", "de"),
        ("fr;q=0, en;q=0.1", "en"),
        ("en;q=x, de;q=0.2", "de"),
        ("nl", None),
        ("", None),
        (None, None),
        (";;,,;q=;q=1," * 100, None),
        ("*", None),
    ],
)
def test_the_browsers_wish_is_heard(header: str | None, found: str | None) -> None:
    assert preferred(header, ("en", "de", "fr")) == found
