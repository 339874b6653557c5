"""A message: one address, one line of title, no longer than a letter."""

from __future__ import annotations

from typing import Any

import pytest

from vault.base.errors import Invalid
from vault.base.personal import Personal
from vault.domain.message import LONGEST, Message, check


def letter(**given: str) -> Message:
    plain: dict[str, Any] = {"to": "somebody@mail.example", "title": "Your code", "text": "It is 123456."} | given
    named: dict[str, Any] = {name: Personal(value) for name, value in plain.items()}
    return Message(kind="code", **named)


def test_a_letter_may_be_as_long_as_letters_are() -> None:
    check(letter(text="a" * LONGEST, html="b" * LONGEST))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"to": "nobody"}, "unreadable_email"),
        ({"to": "a@b.example, c@d.example"}, "unreadable_email"),
        ({"to": "a" * 400 + "@b.example"}, "unreadable_email"),
        ({"title": "Two\nlines"}, "unreadable_message"),
        ({"title": "a" * 1000}, "unreadable_message"),
        ({"text": "a" * (LONGEST + 1)}, "unreadable_message"),
        ({"html": "a" * (LONGEST + 1)}, "unreadable_message"),
    ],
)
def test_what_could_be_another_line_of_a_head_or_a_book_is_refused(given: dict[str, str], code: str) -> None:
    with pytest.raises(Invalid) as raised:
        check(letter(**given))
    assert raised.value.code == code
