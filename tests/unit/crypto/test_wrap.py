"""Wrapped keys: bound to whose they are and what for."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from vault.crypto.box import SealError
from vault.crypto.wrap import Binding, Source, WrappingKey, organization_key, source_of, unwrap, wrap

KEY = bytes(range(100, 132))
SALT = bytes(range(24))
ABOVE = organization_key(UUID(int=1), 3, key=bytes(range(32)))
BINDING = Binding(organization=UUID(int=1), kind="customer", owner=UUID(int=2), version=1)
WRAPPED = wrap(ABOVE, KEY, binding=BINDING, salt=SALT)

bindings = st.builds(
    Binding, organization=st.uuids(), kind=st.text(), owner=st.uuids() | st.text(), version=st.integers(0, 2**32 - 1)
)


@given(bindings, st.binary(min_size=32, max_size=32))
def test_a_wrapped_key_has_127_bytes_and_comes_back(binding: Binding, key: bytes) -> None:
    wrapped = wrap(ABOVE, key, binding=binding, salt=SALT)
    assert len(wrapped) == 127
    assert unwrap(ABOVE, wrapped, binding=binding) == key


@given(bindings, bindings)
def test_no_two_bindings_are_interchangeable(one: Binding, other: Binding) -> None:
    assume(one != other)
    with pytest.raises(SealError):
        unwrap(ABOVE, wrap(ABOVE, KEY, binding=one, salt=SALT), binding=other)


def test_any_flipped_bit_is_refused() -> None:
    for bit in range(len(WRAPPED) * 8):
        changed = bytearray(WRAPPED)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealError):
            unwrap(ABOVE, bytes(changed), binding=BINDING)


def test_its_head_says_which_key_is_above() -> None:
    assert source_of(WRAPPED) == Source(provider=0, key_id=UUID(int=1).bytes, epoch=3)


def test_another_epoch_another_organization_and_another_key_are_refused() -> None:
    for above, reason in (
        (organization_key(UUID(int=1), 4, key=ABOVE.key), "wrapping_key"),
        (organization_key(UUID(int=9), 3, key=ABOVE.key), "wrapping_key"),
        (replace(ABOVE, key=bytes(32)), "commitment"),
    ):
        with pytest.raises(SealError) as refusal:
            unwrap(above, WRAPPED, binding=BINDING)
        assert refusal.value.reason == reason


def test_no_key_shows_in_a_repr() -> None:
    shown = repr(replace(ABOVE, key=b"k" * 32))
    assert "epoch=3" in shown
    assert "kk" not in shown


@pytest.mark.parametrize(("key", "salt", "key_id"), [(31, 24, 16), (32, 23, 16), (32, 24, 15)])
def test_keys_salts_and_key_ids_have_one_size(key: int, salt: int, key_id: int) -> None:
    above = WrappingKey(source=Source(provider=0, key_id=bytes(key_id), epoch=0), key=bytes(32))
    with pytest.raises(ValueError, match="32 bytes"):
        wrap(above, bytes(key), binding=BINDING, salt=bytes(salt))
