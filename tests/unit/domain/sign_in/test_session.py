"""Sessions: what the browser carries, what is kept of it, and how long it lasts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vault.base.ids import SessionId
from vault.domain.sign_in.session import LASTING, SessionToken, csrf, digest, is_csrf, read, spelled

secrets = st.binary(min_size=32, max_size=32)


@given(secrets)
def test_a_secret_is_read_as_it_was_spelled(secret: bytes) -> None:
    text = spelled(secret)
    assert len(text) == 43
    assert read(text) == secret
    assert len(digest(secret)) == 32
    assert digest(secret) != secret


@given(st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_=-]{40,46}\n?", fullmatch=True)))
def test_what_was_never_spelled_is_never_read(text: str) -> None:
    secret = read(text)
    assert secret is None or spelled(secret) == text


def test_two_spellings_of_one_secret_do_not_exist() -> None:
    text = spelled(bytes(32))
    assert text[-1] == "A"
    assert [letter for letter in "ABCDEFGH" if read(text[:-1] + letter) is not None] == ["A", "E"]


@given(secrets, secrets)
def test_a_form_fits_its_own_session(one: bytes, other: bytes) -> None:
    assume(one != other)
    assert is_csrf(csrf(spelled(one)), spelled(one))
    assert not is_csrf(csrf(spelled(other)), spelled(one))
    assert csrf(spelled(one)) not in spelled(one)


@pytest.mark.parametrize("given", ["", "é", "0" * 32, "\ud800"])
def test_what_was_made_up_fits_no_session(given: str) -> None:
    assert not is_csrf(given, spelled(bytes(32)))
    assert not is_csrf(given, "é")


def test_nobody_stays_for_ever() -> None:
    for lasting in LASTING.values():
        assert timedelta(minutes=10) < lasting.idle < lasting.whole <= timedelta(hours=12)
    assert LASTING["admin"].idle < LASTING["customer"].idle


def test_a_token_is_not_printed() -> None:
    token = SessionToken(id=SessionId("ses_06h0090m41t835kpwqjv10s1y0"), secret="quokka")
    assert "quokka" not in f"{token} {token!r}"
