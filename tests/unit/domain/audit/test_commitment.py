"""A commitment tells nothing, and opens to what was committed to and to nothing else."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.errors import Invalid
from vault.base.personal import Personal
from vault.domain.audit.commitment import Opening, read_reason, unpacked

SALTS = st.binary(min_size=32, max_size=32)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(SALTS, TEXTS)
def test_it_is_the_sha256_of_salt_and_text(salt: bytes, text: str) -> None:
    opening = Opening(salt=salt, text=Personal(text))
    assert opening.commitment == sha256(salt + text.encode()).hexdigest()
    assert opening.opens(opening.commitment)


@given(SALTS, TEXTS)
def test_what_is_packed_comes_out_the_same(salt: bytes, text: str) -> None:
    opening = Opening(salt=salt, text=Personal(text))
    assert unpacked(Personal(opening.packed.decode())) == opening


@given(SALTS, TEXTS, TEXTS)
def test_another_text_does_not_open_it(salt: bytes, text: str, other: str) -> None:
    opening = Opening(salt=salt, text=Personal(text))
    assert Opening(salt=salt, text=Personal(other)).opens(opening.commitment) == (text == other)


@given(SALTS, st.integers(0, 255))
def test_another_salt_does_not_open_it(salt: bytes, bit: int) -> None:
    flipped = (int.from_bytes(salt, "big") ^ (1 << bit)).to_bytes(32, "big")
    text = Personal("198.51.100.7")
    assert not Opening(salt=flipped, text=text).opens(Opening(salt=salt, text=text).commitment)


@pytest.mark.parametrize("commitment", [None, "", 7, "0" * 64, "é" * 64, ["0"]])
def test_what_is_no_commitment_is_opened_by_nothing(commitment: object) -> None:
    assert not Opening(salt=bytes(32), text=Personal("x")).opens(commitment)


@pytest.mark.parametrize("packed", ["", "00", "g" * 64, "0" * 63])
def test_what_was_never_packed_is_refused(packed: str) -> None:
    with pytest.raises(ValueError, match=r"hex|salt"):
        unpacked(Personal(packed))


def test_it_shows_nothing_when_printed() -> None:
    assert repr(Opening(salt=bytes(32), text=Personal("quokka"))) == "Opening(personal)"


@pytest.mark.parametrize("given_reason", ["0123456789", " a  complaint \n of March ", "x" * 500])
def test_a_reason_is_one_line(given_reason: str) -> None:
    assert read_reason(Personal(given_reason)).reveal() == " ".join(given_reason.split())


@pytest.mark.parametrize("given_reason", ["", "complaint", "   short    \n", "x" * 501])
def test_a_reason_too_short_or_too_long_is_none(given_reason: str) -> None:
    with pytest.raises(Invalid, match="no_reason") as refused:
        read_reason(Personal(given_reason))
    assert given_reason.strip() == "" or given_reason not in str(refused.value)
