"""Every text of the pages and letters stands in every catalogue, with the same places, and none stands there unused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from vault.words.catalogue import ENGLISH, LANGUAGES

VAULT: Final = Path(__file__).parents[2] / "vault"
PLACE: Final = re.compile(r"%\((\w+)\)[sd]")
OTHERS: Final = [language for language in LANGUAGES if language != ENGLISH]
# Commands speak English to operators, and `say` is how a terminal is spoken to there; the console speaks it to staff.
NOT_READ_BY_CUSTOMERS: Final = {"cli", "console"}
# What customers are never told (`What each reason says` has the words that are).
NOT_IN_THE_PORTAL: Final = (
    "consent", "opt in", "opt-in", "preference", "data subject", "processing", "legitimate interest", "policy",
    "token", "gdpr", "please note", "value your privacy", "are you sure", "miss you", "!",
)  # fmt: skip

Text = str | tuple[str, ...]


def texts(*folders: str) -> set[Text]:
    found: set[Text] = set()
    for folder in folders:
        for methods, keywords in ((("**.html", "jinja2"), None), (("**.py", "python"), {"say": None, "count": (1, 2)})):
            given = {"keywords": keywords} if keywords else {}
            rows = extract_from_dir(VAULT / folder, method_map=[methods], **given)  # type: ignore[arg-type]
            found |= {message for _, _, message, _, _ in rows if not (isinstance(message, str) and not message.strip())}
    return found


def folders() -> list[str]:
    return [path.name for path in VAULT.iterdir() if path.is_dir() and path.name not in NOT_READ_BY_CUSTOMERS]


def catalogue(language: str) -> Catalog:
    with (VAULT / "words" / language / "vault.po").open("rb") as written:
        return read_po(written, locale=language)


def forms(text: object) -> Iterator[str]:
    yield from (text,) if isinstance(text, str) else text  # type: ignore[misc]


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_and_no_translation_is_left_over(language: str) -> None:
    kept = {message.id: message for message in catalogue(language) if message.id}
    wanted = texts(*folders())
    assert wanted - kept.keys() == set()
    assert kept.keys() - wanted - texts("console") == set()
    assert [message.id for message in kept.values() if message.fuzzy or not all(forms(message.string))] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_translation_has_the_places_of_its_text(language: str) -> None:
    for message in catalogue(language):
        if message.id:
            wanted = {name for form in forms(message.id) for name in PLACE.findall(form)}
            for form in forms(message.string):
                assert set(PLACE.findall(form)) <= wanted, form
            assert {name for form in forms(message.string) for name in PLACE.findall(form)} == wanted, message.id


def test_no_text_of_the_portal_says_what_customers_need_not_know() -> None:
    said = [form.lower() for text in texts("portal", "pages") for form in forms(text)]
    assert len(said) > 50
    assert [(word, form) for word in NOT_IN_THE_PORTAL for form in said if word in form] == []


def test_sentences_of_the_portal_are_short() -> None:
    for text in texts("portal", "pages"):
        for form in forms(text):
            for sentence in re.split(r"(?<=[.:?]) ", form):
                assert len(sentence.split()) <= 21, sentence
