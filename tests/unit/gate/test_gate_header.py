"""Fields of a header: what is taken out is gone in every spelling, and no other byte changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.errors import Invalid
from vault.base.mail_server import MailServer
from vault.gate.header import put, without
from vault.gate.relay import Letter, read
from vault.gate.replies import of_relay

BODY = b"\r\nConsent-Permit: in the text\r\n"


def test_a_field_is_found_folded_and_in_any_case() -> None:
    content = b"A: 1\r\nCONSENT-permit: abc\r\n def\r\n\tghi\r\nB: 2\r\n more\r\n" + BODY
    assert without(content, ["Consent-Permit"]) == (
        b"A: 1\r\nB: 2\r\n more\r\n" + BODY,
        {"Consent-Permit": ["abcdefghi"]},
    )


@pytest.mark.parametrize(
    "content", [b"", b"\r\n", BODY, b"no field", b" folded first\r\nA: 1\r\n" + BODY, b"A: 1\n\nX: 2\n"]
)
def test_where_there_is_none_nothing_changes(content: bytes) -> None:
    assert without(content, ["X"]) == (content, {"X": []})


@pytest.mark.parametrize("word", ["=?utf-8?q?a=2Eb?=", "=?utf-8?q?a=2E?=\r\n =?utf-8?q?b?="])
def test_what_a_library_took_for_a_long_word_is_read(word: str) -> None:
    assert without(f"X: {word}\r\n\r\n".encode(), ["X"])[1] == {"X": ["a.b"]}


@pytest.mark.parametrize("word", ["=?nonsense?q?a?=", "=?utf-8?b?A?="])
def test_what_cannot_be_read_is_nothing(word: str) -> None:
    [found] = without(f"X: {word}\r\n\r\n".encode(), ["X"])[1]["X"]
    assert "." not in found


@given(st.binary())
def test_whatever_a_message_is_what_was_put_in_comes_out_again(content: bytes) -> None:
    names = ["X-Quokka-Own"]
    assert without(put(content, [(names[0], "1")]), names)[0] == without(content, names)[0] or content[:1] in b" \t"


def test_a_next_server_is_read_and_shown_without_its_password() -> None:
    relay = read("smtp://a%40b:quokka@mail.example")
    assert relay.server == MailServer(host="mail.example", port=25, tls="starttls", user="a@b", password="quokka")
    assert "quokka" not in repr(relay)


def test_what_is_no_server_is_refused() -> None:
    with pytest.raises(Invalid):
        read("mail.example")


def test_a_letter_shows_nothing_and_a_strange_answer_is_for_later() -> None:
    assert repr(Letter(sender="quokka", recipient="quokka", options=(), content=b"quokka")) == "Letter()"
    assert of_relay(354).reply.startswith("451")
