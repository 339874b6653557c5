"""Ids: UUIDs in a form people can read out, checked letter by letter."""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.make import FakeClock, SeededEntropy
from vault.base import ids, letters
from vault.base.errors import Invalid, Unknown

LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
SHOWN = "cus_06h0090m41t835kpwqjv10s1y0"


def spelled(value: UUID) -> str:
    """The definition, written out once more: 26 letters of five bits, the last two bits zero."""
    bits = f"{value.int:0128b}00"
    return "".join(LETTERS[int(bits[start : start + 5], 2)] for start in range(0, 130, 5))


@given(some.uuids())
def test_a_shown_id_is_the_uuid_in_crockford_base32_and_reads_back(value: UUID) -> None:
    shown = ids.show(ids.CUSTOMER, value)
    assert shown == f"cus_{spelled(value)}"
    assert ids.read(ids.CUSTOMER, shown) == value
    assert ids.raw(shown) == value
    assert ids.data([shown]) == [value.bytes]


@given(some.uuids())
def test_what_is_read_is_a_uuid_like_any_other(value: UUID) -> None:
    read = ids.raw(ids.show(ids.CUSTOMER, value))
    assert (type(read), hash(read), str(read), read.is_safe) == (UUID, hash(value), str(value), value.is_safe)
    assert copy(read) == value


@given(some.uuids(), some.uuids())
def test_shown_ids_sort_like_the_uuids_behind_them(first: UUID, second: UUID) -> None:
    assert (ids.show(ids.FACT, first) < ids.show(ids.FACT, second)) == (first.bytes < second.bytes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cus",
        "cus_",
        "06h0090m41t835kpwqjv10s1y0",
        "sub_06h0090m41t835kpwqjv10s1y0",
        "cus_06h0090m41t835kpwqjv10s1y",
        "cus_06h0090m41t835kpwqjv10s1y00",
        "cus_06H0090M41T835KPWQJV10S1Y0",
        "cus_i6h0090m41t835kpwqjv10s1y0",
        "cus_06h0090m41t835kpwqjv10s1y1",
        "cus_06h0090m41t835kpwqjv10s1y0\n",
        " cus_06h0090m41t835kpwqjv10s1y0",
        "cus__06h0090m41t835kpwqjv10s1y0",
        "cus_cus_06h0090m41t835kpwqjv10s1y0",
        "cus_06h0090m41t835kpwqjv10s1yé",
        "cus_\u06606h0090m41t835kpwqjv10s1y0",
        "cus_06h00=0m41t835kpwqjv10s1y0",
        "cus_\ud80006h0090m41t835kpwqjv10s1y",
        "anna@example.com",
    ],
)
def test_another_form_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        ids.read(ids.CUSTOMER, text)
    assert refused.value.detail == "an id of this kind is cus_ and 26 characters"


@given(some.text())
def test_whatever_is_read_shows_as_it_stood(text: str) -> None:
    try:
        value = ids.read(ids.CUSTOMER, text)
    except Invalid:
        return
    assert ids.show(ids.CUSTOMER, value) == text


@given(some.text(alphabet=LETTERS, min_size=26, max_size=26))
def test_of_all_spellings_one_is_the_id(letters: str) -> None:
    try:
        ids.read(ids.CUSTOMER, f"cus_{letters}")
    except Invalid:
        assert letters[-1] not in "048cgmrw"
    else:
        assert letters[-1] in "048cgmrw"


def test_a_fresh_id_holds_the_time_in_milliseconds_and_chance() -> None:
    at = datetime(2026, 3, 1, 12, 0, 0, 123_999, tzinfo=UTC)
    value = ids.uuid7(FakeClock(at), SeededEntropy())
    assert (value.version, value.variant) == (7, "specified in RFC 4122")
    assert value.int >> 80 == 1_772_366_400_123


def test_a_fresh_id_spends_74_bits_of_chance_and_no_more() -> None:
    class Ones:
        def draw(self, size: int) -> bytes:
            return b"\xff" * size

    class Zeros:
        def draw(self, size: int) -> bytes:
            return b"\x00" * size

    at = FakeClock(datetime(1970, 1, 1, tzinfo=UTC))
    assert ids.uuid7(at, Zeros()).int == 0x0000_0000_0000_7000_8000_0000_0000_0000
    assert ids.uuid7(at, Ones()).int == 0x0000_0000_0000_7FFF_BFFF_FFFF_FFFF_FFFF


def test_several_ids_are_of_one_moment_and_of_chance_each() -> None:
    at = datetime(2026, 3, 1, 12, 0, 0, 123_999, tzinfo=UTC)
    values = [
        ids.read(ids.ENTRY, one) for one in ids.several(ids.ENTRY, FakeClock(at), entropy=SeededEntropy(), count=3)
    ]
    assert {(one.version, one.variant, one.int >> 80) for one in values} == {
        (7, "specified in RFC 4122", 1_772_366_400_123)
    }
    assert len({one.int & (1 << 62) - 1 for one in values}) == len(values) == 3
    assert ids.several(ids.ENTRY, FakeClock(at), entropy=SeededEntropy(), count=0) == []


def test_several_ids_spend_74_bits_of_chance_each() -> None:
    class Ones:
        def draw(self, size: int) -> bytes:
            return b"\xff" * size

    at = FakeClock(datetime(1970, 1, 1, tzinfo=UTC))
    for count in (1, 5):
        shown = ids.several(ids.ENTRY, at, entropy=Ones(), count=count)
        assert [ids.raw(one).int for one in shown] == [0x0000_0000_0000_7FFF_BFFF_FFFF_FFFF_FFFF] * count


@given(some.lists(some.uuids(), max_size=20) | some.lists(some.uuids(), min_size=257, max_size=300))
def test_many_are_spelled_as_each_by_itself(values: list[UUID]) -> None:
    data = b"".join(value.bytes for value in values)
    for before in ("", "cus_", "five_"):
        assert letters.spell_all(data, before=before) == [f"{before}{spelled(value)}" for value in values]
    assert ids.show_all(ids.CUSTOMER, [str(value) for value in values]) == [
        ids.show(ids.CUSTOMER, value) for value in values
    ]


@given(some.lists(some.uuids(), max_size=20) | some.lists(some.uuids(), min_size=257, max_size=300))
def test_many_are_read_as_each_by_itself(values: list[UUID]) -> None:
    shown = [ids.show(ids.CUSTOMER, value) for value in values]
    assert (
        letters.read_all(shown)
        == letters.read_all([one[4:] for one in shown])
        == b"".join(value.bytes for value in values)
    )
    assert ids.array(shown) == f"{{{','.join(value.hex for value in values)}}}"
    with_gaps = [None, *(one for each in shown for one in (each, None))]
    assert ids.array(with_gaps) == f"{{NULL{''.join(f',{value.hex},NULL' for value in values)}}}"


def test_many_of_different_lengths_are_not_read_together() -> None:
    one = "cus_06h0090m41t835kpwqjv10s1y0"
    with pytest.raises(ValueError, match="of one length"):
        letters.read_all([*[one] * 8, one[4:]])


def test_fresh_ids_sort_by_time() -> None:
    clock, entropy = FakeClock(), SeededEntropy()
    first = ids.fresh(ids.FACT, clock, entropy=entropy)
    clock.pass_by(milliseconds=1)
    assert first < ids.fresh(ids.FACT, clock, entropy=entropy)


@given(some.binary(min_size=16, max_size=16))
def test_a_derived_id_is_a_uuid_8_and_keeps_the_other_122_bits(tag: bytes) -> None:
    value = ids.uuid8(tag)
    assert (value.version, value.variant) == (8, "specified in RFC 4122")
    kept = (1 << 128) - 1 ^ (0xF << 76) ^ (0b11 << 62)
    assert value.int & kept == int.from_bytes(tag, "big") & kept
    assert value == ids.uuid8(tag)


def test_every_kind_of_id_has_a_prefix_of_its_own() -> None:
    kinds = [one for one in vars(ids).values() if isinstance(one, ids.Kind)]
    assert len({*kinds}) == len(kinds) >= 19
    assert ids.show(ids.CUSTOMER, ids.read(ids.CUSTOMER, SHOWN)) == SHOWN


def test_what_cannot_be_an_id_in_a_path_is_of_nothing_there_is() -> None:
    assert ids.known(ids.CUSTOMER, SHOWN, noun="customer") == SHOWN
    for text in ("", SHOWN[:-1], SHOWN.replace("cus", "rgt")):
        with pytest.raises(Unknown, match="unknown_customer: there is no such customer"):
            ids.known(ids.CUSTOMER, text, noun="customer")
