"""Blind tags: equal only for equal values under one key."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vault.crypto.tag import SIZE, index_tag, suppression_tag

KEY = bytes(range(32))
VALUE = b"name@mail.example"


@given(st.lists(st.binary()), st.lists(st.binary()))
def test_different_parts_have_different_tags(one: list[bytes], other: list[bytes]) -> None:
    assume(one != other)
    assert index_tag(KEY, *one) != index_tag(KEY, *other)


def test_equal_values_have_equal_tags_of_sixteen_bytes() -> None:
    assert index_tag(KEY, VALUE) == index_tag(KEY, VALUE)
    assert len(index_tag(KEY, VALUE)) == len(suppression_tag(KEY, "email", value=VALUE)) == SIZE == 16


def test_another_key_and_another_kind_have_another_tag() -> None:
    assert index_tag(KEY, VALUE) != index_tag(bytes(32), VALUE)
    assert suppression_tag(KEY, "phone", value=b"+441632960001") != suppression_tag(
        KEY, "fax_number", value=b"+441632960001"
    )


def test_an_index_tag_never_finds_a_suppression() -> None:
    assert suppression_tag(KEY, "email", value=VALUE) not in {index_tag(KEY, VALUE), index_tag(KEY, b"email", VALUE)}


def test_a_key_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        index_tag(bytes(31), VALUE)
    with pytest.raises(ValueError, match="32 bytes"):
        suppression_tag(bytes(33), "email", value=VALUE)
