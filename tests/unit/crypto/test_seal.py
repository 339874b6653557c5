"""Sealed fields: what opens, what never does, and what length tells."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from vault.base.errors import VaultError
from vault.crypto.box import SealError
from vault.crypto.seal import Place, key_version, open_sealed, seal

KEY = bytes(range(32))
SALT = bytes(range(24))
PLACE = Place(
    organization=UUID(int=1), customer=UUID(int=2), table="contact_point", column="value", row=UUID(int=3)
)  # fmt: skip
SEALED = seal(KEY, PLACE, plaintext=b"name@mail.example", version=7, salt=SALT)

places = st.builds(
    Place, organization=st.uuids(), customer=st.uuids(), table=st.text(), column=st.text(), row=st.uuids()
)
boxes = st.tuples(
    st.binary(min_size=32, max_size=32), places, st.binary(max_size=300), st.binary(min_size=24, max_size=24)
)


def test_every_length_up_to_five_thousand_comes_back_as_it_went_in() -> None:
    for size in range(5001):
        plaintext = bytes(size) if size % 2 else b"\x80" * size
        assert open_sealed(KEY, PLACE, sealed=seal(KEY, PLACE, plaintext=plaintext, version=1, salt=SALT)) == plaintext


@given(boxes, st.integers(0, 2**32 - 1))
def test_what_is_sealed_opens_in_its_own_place_and_names_its_key(
    box: tuple[bytes, Place, bytes, bytes], version: int
) -> None:
    key, place, plaintext, salt = box
    sealed = seal(key, place, plaintext=plaintext, version=version, salt=salt)
    assert open_sealed(key, place, sealed=sealed) == plaintext
    assert key_version(sealed) == version


@given(places, places)
def test_no_two_places_are_interchangeable(one: Place, other: Place) -> None:
    assume(one != other)
    sealed = seal(KEY, one, plaintext=b"name@mail.example", version=1, salt=SALT)
    with pytest.raises(SealError) as refusal:
        open_sealed(KEY, other, sealed=sealed)
    assert refusal.value.reason == "commitment"


@pytest.mark.parametrize(
    "change",
    [
        {"organization": UUID(int=9)},
        {"customer": UUID(int=9)},
        {"table": "attribute"},
        {"column": "note"},
        {"row": UUID(int=9)},
        {"table": "contact_poin", "column": "tvalue"},
    ],
)
def test_each_part_of_the_place_counts(change: dict[str, Any]) -> None:
    with pytest.raises(SealError):
        open_sealed(KEY, replace(PLACE, **change), sealed=SEALED)


def test_any_flipped_bit_is_refused() -> None:
    for bit in range(len(SEALED) * 8):
        changed = bytearray(SEALED)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealError):
            open_sealed(KEY, PLACE, sealed=bytes(changed))


def test_any_cut_is_refused() -> None:
    for size in range(len(SEALED)):
        with pytest.raises(SealError):
            open_sealed(KEY, PLACE, sealed=SEALED[:size])


def test_another_key_is_refused() -> None:
    with pytest.raises(SealError):
        open_sealed(bytes(32), PLACE, sealed=SEALED)


def test_all_failures_read_the_same_outside_and_differ_inside() -> None:
    failures = []
    for sealed in (b"", b"\x00" + SEALED[1:], SEALED[:1] + b"\x02" + SEALED[2:], SEALED[:-1] + b"\x00", bytes(200)):
        with pytest.raises(VaultError) as failure:
            open_sealed(KEY, PLACE, sealed=sealed)
        assert isinstance(failure.value, SealError)
        failures.append(failure.value)
    assert len({str(failure) for failure in failures}) == 1
    assert {failure.reason for failure in failures} == {"length", "magic", "suite", "tag"}
    assert all(failure.__cause__ is None for failure in failures)


def test_the_length_tells_the_bucket_and_no_more() -> None:
    sizes = [len(seal(KEY, PLACE, plaintext=bytes(size), version=1, salt=SALT)) - 78 for size in range(300)]
    assert sizes == [32] * 32 + [64] * 32 + [128] * 64 + [256] * 128 + [512] * 44


def test_two_salts_give_two_ciphertexts_of_one_value() -> None:
    other = seal(KEY, PLACE, plaintext=b"name@mail.example", version=7, salt=bytes(24))
    assert other[62:] != SEALED[62:]


@pytest.mark.parametrize("sealed", [b"", b"\xc1\x01", b"\xc2" + SEALED[1:], b"\xc1\x02" + SEALED[2:]])
def test_no_key_version_is_read_from_what_is_no_sealed_field(sealed: bytes) -> None:
    with pytest.raises(SealError):
        key_version(sealed)


def test_keys_salts_and_versions_have_one_size() -> None:
    for size in (0, 31, 33):
        with pytest.raises(ValueError, match="32 bytes"):
            seal(bytes(size), PLACE, plaintext=b"", version=1, salt=SALT)
        with pytest.raises(ValueError, match="32 bytes"):
            open_sealed(bytes(size), PLACE, sealed=SEALED)
    with pytest.raises(ValueError, match="24 bytes"):
        seal(KEY, PLACE, plaintext=b"", version=1, salt=bytes(12))
    with pytest.raises(OverflowError):
        seal(KEY, PLACE, plaintext=b"", version=2**32, salt=SALT)
