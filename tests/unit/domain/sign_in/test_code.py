"""Codes: how they are typed, how often they may be tried, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from vault.domain.sign_in.code import LASTS, MOST_TRIES, Sent, Wrong, digits, shown, typed

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SENT = Sent(purpose="code", digest=b"d" * 16, tries=0, asked_at=AT, ends_at=AT + LASTS["code"], device="other/other")


@given(st.binary(min_size=16, max_size=16))
def test_a_code_has_six_digits_and_is_typed_as_it_is_shown(chance: bytes) -> None:
    code = digits(chance)
    assert len(code) == 6
    assert code.isascii()
    assert code.isdecimal()
    assert typed(shown(code)) == typed(f" {code[:2]}-{code[2:4]}\u2013{code[4:]}\u00a0\t") == code


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("٠١٢٣٤٥", "012345"),
        ("०१२३४५", "012345"),
        ("\uff11\uff12\uff13\uff14\uff15\uff16", "123456"),
        ("\u200f123\u200b456", "123456"),
        ("12345x", "12345x"),
        ("²34567", "234567"),
        ("", ""),
        ("1" * 100, "1" * 40),
    ],
)
def test_digits_of_any_script_are_digits(text: str, read: str) -> None:
    assert typed(text) == read


@given(st.text())
def test_whatever_is_typed_is_read(text: str) -> None:
    typed(text)


def test_every_code_is_as_likely_as_any_other() -> None:
    assert digits(bytes(16)) == "000000"
    assert digits(b"\xff" * 16) == f"{(2**128 - 1) % 10**6:06}"


def test_five_tries_count_down_to_a_time_to_come_back() -> None:
    assert [replace(SENT, tries=tries).missed() for tries in range(5)] == [
        Wrong(left=4), Wrong(left=3), Wrong(left=2), Wrong(left=1), Wrong(after=SENT.ends_at),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tries", "minutes", "refusal"),
    [
        (0, 0, None),
        (4, 9.99, None),
        (0, 10, Wrong(too_old=True)),
        (4, 11, Wrong(too_old=True)),
        (5, 1, Wrong(after=SENT.ends_at)),
        (6, 11, Wrong(after=SENT.ends_at)),
    ],
)
def test_what_is_used_up_or_too_old_is_not_tried(tries: int, minutes: float, refusal: Wrong | None) -> None:
    assert replace(SENT, tries=tries).refusal(AT + timedelta(minutes=minutes)) == refusal
    assert MOST_TRIES == 5


def test_only_its_own_digest_opens_it() -> None:
    assert SENT.is_opened_by(b"d" * 16)
    assert not SENT.is_opened_by(b"d" * 15 + b"e")
    assert not SENT.is_opened_by(b"")
