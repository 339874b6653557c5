"""Letters: what is in their heads and in their bodies, and that neither ever becomes the other."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as RULES
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests import make
from vault.base.errors import Invalid
from vault.base.personal import Personal
from vault.courier.letter import Letter, compose
from vault.domain.message import Message, check

AT = datetime(2026, 8, 7, 9, 30, 12, tzinfo=UTC)
SENDER = "vault@fernhill.example"
HEADS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding",
}  # fmt: skip


def letter(**given: Any) -> Letter:
    plain = {"name": "0" * 32, "sender": "Fernhill", "to": make.email(), "title": "Quokka", "text": "quokka\n"} | given
    personal = {name: Personal(plain[name]) for name in ("to", "title", "text", "html") if plain.get(name) is not None}
    return Letter(name=plain["name"], sender=plain["sender"], at=AT, **personal)


def read(one: Letter) -> EmailMessage:
    """Return the letter as whoever gets it reads it."""
    return email.message_from_bytes(compose(one, address=SENDER).as_bytes(), policy=RULES)


def test_a_letter_has_the_heads_it_needs_and_no_other() -> None:
    one = letter(to="quokka@mail.example")
    found = read(one)
    assert set(found.keys()) == HEADS
    assert (found["from"], found["to"], found["subject"]) == (f"Fernhill <{SENDER}>", "quokka@mail.example", "Quokka")
    assert found["date"].datetime == AT
    assert found["message-id"] == f"<{'0' * 32}@fernhill.example>"
    assert found["auto-submitted"] == "auto-generated"
    assert found.get_content() == "quokka\r\n"


def test_a_letter_may_have_a_second_dress() -> None:
    found = read(letter(text="Grüße 🐾\n", html="<p>Grüße 🐾</p>\n"))
    parts = {part.get_content_type(): part.get_content() for part in found.iter_parts()}
    assert found.get_content_type() == "multipart/alternative"
    assert parts == {"text/plain": "Grüße 🐾\r\n", "text/html": "<p>Grüße 🐾</p>\r\n"}


def test_no_byte_of_a_letter_needs_more_than_seven_bits() -> None:
    assert compose(letter(title="Grüße", sender="Föhn", text="🐾"), address=SENDER).as_bytes().isascii()


def test_an_address_beyond_ascii_is_written_as_it_is() -> None:
    written = compose(letter(to="quokkä@mail.example"), address=SENDER).as_bytes()
    assert "To: quokkä@mail.example\r\n".encode() in written


def test_whose_name_a_letter_carries_is_one_line() -> None:
    found = read(letter(sender='Fern\nhill "Ltd",\r\nBcc: all@quokka.example\x00'))
    assert found["from"].addresses[0].display_name == 'Fern hill "Ltd", Bcc: all@quokka.example'
    assert set(found.keys()) == HEADS


@given(title=some.text(max_size=300), to=some.text(max_size=80), sender=some.text(max_size=80), text=some.text())
def test_whatever_passes_the_check_is_one_letter_to_one_address(title: str, to: str, sender: str, text: str) -> None:
    message = Message(kind="code", to=Personal(f"{to}@mail.example"), title=Personal(title), text=Personal(text))
    try:
        check(message)
    except Invalid:
        return
    try:
        written = compose(letter(to=f"{to}@mail.example", title=title, sender=sender, text=text), address=SENDER)
        found = email.message_from_bytes(written.as_bytes(), policy=RULES)
    except (ValueError, UnicodeError):
        return  # nothing goes out
    assert set(found.keys()) == HEADS
    assert len(found["from"].addresses) == 1
    assert found["from"].addresses[0].addr_spec == SENDER


@pytest.mark.parametrize("field", ["title", "to"])
@given(before=some.text(max_size=20), after=some.text(max_size=20))
@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n", "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_nothing_that_ends_a_line_anywhere_passes_the_check(field: str, before: str, after: str, line_end: str) -> None:
    values = {"to": "quokka@mail.example", "title": "Quokka"} | {field: f"{before}{line_end}{after}@mail.example"}
    with pytest.raises(Invalid) as refused:
        check(Message(kind="code", to=Personal(values["to"]), title=Personal(values["title"]), text=Personal("")))
    assert "quokka" not in str(refused.value).lower()
