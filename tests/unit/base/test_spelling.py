"""Bytes in letters: one spelling for each, and none for what is no spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.spelling import spelled, unspelled


@given(st.binary(max_size=40))
def test_bytes_come_back_from_letters_that_an_address_takes(data: bytes) -> None:
    text = spelled(data)
    assert unspelled(text) == data
    assert text.replace("-", "").replace("_", "").isalnum() or not data


@pytest.mark.parametrize("text", ["", "A", "AB", "AA==", "A A", "ä", "AAA+", "AAA/", "A\nAA"])
def test_what_is_no_spelling_or_another_of_the_same_is_nothing(text: str) -> None:
    assert unspelled(text) == b""
