from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.tlog.line import LARGEST, Malformed, decode, encode, number


@given(st.integers(0, LARGEST))
def test_a_number_reads_back(value: int) -> None:
    assert number(str(value)) == value


def test_the_largest_number_is_the_largest_of_an_int64() -> None:
    assert number("9223372036854775807") == LARGEST
    with pytest.raises(Malformed):
        number("9223372036854775808")


@pytest.mark.parametrize(
    "text", ["", "00", "01", "+1", "-1", " 1", "1 ", "1\n", "1_0", "0x1", "1.0", "\u0661", str(LARGEST + 1), "1" * 500]
)
def test_a_number_has_one_spelling(text: str) -> None:
    with pytest.raises(Malformed, match="malformed_number"):
        number(text)


@given(st.binary(max_size=50))
def test_bytes_read_back_from_base64(raw: bytes) -> None:
    assert decode(encode(raw)) == raw


@pytest.mark.parametrize(
    "text", ["A", "AA", "AAA", "AA=", "AA==\n", "A\nA==", " AA==", "AB==", "AAB=", "AA=A", "____", "AA==AA==", "é", "="]
)
def test_bytes_have_one_spelling(text: str) -> None:
    with pytest.raises(Malformed, match="malformed_base64"):
        decode(text)
