"""Letters of signing in say what they are for in three languages, as text and as plain HTML, and name nobody."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from vault.actions.sign_in.letters import Letter, letter
from vault.base.personal import Personal
from vault.domain.message import Message, check
from vault.domain.organization_file import read
from vault.domain.sign_in.code import Purpose
from vault.words.catalogue import LANGUAGES

ORGANIZATION: Final = replace(
    read((Path(__file__).parents[1] / "unit/domain/organization.yaml").read_text("utf-8")), name="Fern & <Hill>"
)
AT: Final = datetime(2026, 11, 19, 10, tzinfo=UTC)
LINK: Final = "https://vault.example/p/fernhill/in/" + "A" * 43
PURPOSES: Final[tuple[Purpose, ...]] = ("code", "link", "again", "exchange", "point")


class Words(HTMLParser):
    """The words of a page, and the tags it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def written(purpose: Purpose, language: str | None) -> Message:
    secret = LINK if purpose == "link" else "012345"
    message = letter(
        ORGANIZATION,
        Letter(purpose=purpose, secret=secret, ends_at=AT),
        to=Personal("quokka@mail.example"),
        locale=language,
    )
    check(message)
    return message


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("language", [*LANGUAGES, "de-AT", None])
def test_both_halves_say_the_same_and_name_nobody(purpose: Purpose, language: str | None) -> None:
    message = written(purpose, language)
    assert (message.kind, message.expires_at) == (f"sign_in_{purpose}", AT)
    text, page = message.text.reveal(), Words((message.html or Personal("")).reveal())
    [html, *_] = [attributes for tag, attributes in page.tags if tag == "html"]
    assert (html["lang"] or "").startswith((language or "en")[:2])
    assert page.words == [message.title.reveal(), *text.strip().split("\n\n")]
    assert "quokka" not in text + "".join(page.words)
    assert {tag for tag, _ in page.tags} <= {"html", "meta", "title", "p", "a"}
    addresses = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert addresses == ([LINK] if purpose == "link" else [])
    assert re.findall(r"https?://\S+", text) == addresses
    assert ("012 345" in text) is (purpose != "link")
    assert "012345" not in message.title.reveal()


def test_every_language_has_words_of_its_own() -> None:
    for purpose in PURPOSES:
        texts = [written(purpose, language).text.reveal() for language in LANGUAGES]
        assert len(set(texts)) == len(LANGUAGES)
    assert written("code", "nl").text == written("code", "en").text
