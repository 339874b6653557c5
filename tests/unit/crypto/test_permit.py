"""Permit keys: what one sender is told means nothing to another, and the format does not drift."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vault.crypto.permit import PermitKey, address_hash

KEY = PermitKey(bytes(range(32)))
SUBJECT = bytes(16)


@given(st.binary(), st.binary())
def test_each_sender_has_a_key_and_a_name_for_a_person_of_its_own(one: bytes, other: bytes) -> None:
    assume(one != other)
    assert KEY.of_sender(one) != KEY.of_sender(other)
    assert KEY.pseudonym(one, SUBJECT) != KEY.pseudonym(other, SUBJECT)
    assert KEY.pseudonym(b"sender", one) != KEY.pseudonym(b"sender", other)


@given(st.binary(max_size=3), st.binary(max_size=3), st.binary(max_size=3))
def test_what_is_put_together_cannot_be_put_together_otherwise(one: bytes, two: bytes, three: bytes) -> None:
    assume(two)
    assert KEY.pseudonym(one + two, three) != KEY.pseudonym(one, two + three)


def test_the_format_does_not_drift() -> None:
    own = KEY.of_sender(b"fernhill.mailer")
    assert own.hex() == "998075ef17541bd6628ecb8b6690017e3151081d775f28f2a033731318d3b7a4"
    assert KEY.pseudonym(b"fernhill.mailer", SUBJECT).hex() == "c088a45a751e8f951e728e41841036da"
    assert (
        address_hash(own, b"name@mail.example").hex()
        == "5dcefe2357ea4a0dba5c4ee85c64d108791ddb5bf42c8521f2c9f6f5d9c9042b"
    )


def test_a_key_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        PermitKey(bytes(31))
