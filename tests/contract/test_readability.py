"""Whoever is twelve can read the portal: Flesch's reading ease, and Amstad's for German, text by text and as a whole.

The measure is made for running text, so single words and labels are left to the whole; a text of a sentence or more
has to be easy by itself. 60 to 70 is plain language, read by twelve- to fifteen-year-olds; 70 and more is easier.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.contract.test_words import PLACE, catalogue, forms, texts

LONG: Final = 12  # words from which on a score says something of one text
WHOLE: Final = 75
EACH: Final = 55

# What stands in a place is a name, a date or a number, and no harder to read than this.
SOMETHING: Final = "it"


def english(word: str) -> int:
    """Count syllables: groups of vowels, but for a silent e at the end."""
    is_spoken = re.search(r"(?:le|[td]ed|[sxz]es|ches|shes)$", word)
    heard = word if is_spoken else re.sub(r"(?<=[a-z]{2})(?:e|es|ed)$", "", word)
    return max(1, len(re.findall(r"[aeiouy]+", heard)))


def german(word: str) -> int:
    """Count syllables: groups of vowels, two together only where they are one sound."""
    return max(1, len(re.findall(r"ei|ie|au|eu|äu|ai|aa|ee|oo|[aeiouyäöü]", word)))


MEASURES: Final[dict[str, tuple[Callable[[str], int], float, float, float]]] = {
    "en": (english, 206.835, 1.015, 84.6),
    "de": (german, 180.0, 1.0, 58.5),
}


def ease(written: str, language: str) -> float:
    """Return how easy a text is to read; 100 is very easy, 0 very hard."""
    count, most, by_sentence, by_word = MEASURES[language]
    words = re.findall(r"[^\W\d_]+", written.lower())
    sentences = max(1, len(re.findall(r"[.?:](?:\s|$)", written)))
    return most - by_sentence * len(words) / sentences - by_word * sum(map(count, words)) / len(words)


def said(language: str) -> Iterator[str]:
    """Yield every text of the portal."""
    wanted = texts("portal", "pages")
    found = wanted if language == "en" else [one.string for one in catalogue(language) if one.id in wanted]
    for text in found:
        for form in forms(text):
            yield PLACE.sub(SOMETHING, form.replace("-", "").replace("%%", "%"))


@pytest.mark.parametrize("language", sorted(MEASURES))
def test_each_text_of_the_portal_and_all_of_it_are_easy_to_read(language: str) -> None:
    found = sorted({form for form in said(language) if re.search(r"[^\W\d_]", form)})
    hard = {form: round(ease(form, language)) for form in found if len(form.split()) >= LONG}
    assert {form: score for form, score in hard.items() if score < EACH} == {}
    whole = ease(" ".join(form if form.endswith((".", "?", ":")) else f"{form}." for form in found), language)
    assert whole >= WHOLE, whole


def test_what_an_office_would_write_is_not() -> None:
    assert (
        ease("The processing of personal information is subject to contractual documentation requirements.", "en") < 0
    )
    assert (
        ease("Die Verarbeitung personenbezogener Daten unterliegt vertraglichen Dokumentationspflichten.", "de") < EACH
    )
    assert ease("You can say no at any time. We stop at once.", "en") > 90
