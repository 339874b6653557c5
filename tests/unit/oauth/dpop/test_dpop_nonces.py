"""Nonces: nobody keeps them, and still each is of our making and of just now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.oauth.clients import EC_OTHER, KEYS, NOW
from tests.unit.oauth.holders import NONCE, NONCES
from vault.oauth.dpop.nonces import SLICE_SECONDS, Nonces
from vault.oauth.token import Keys

SECOND = timedelta(seconds=1)
seconds = st.integers(0, 10 * SLICE_SECONDS)


@given(seconds, seconds)
def test_a_nonce_is_good_in_its_slice_and_the_next(given_at: int, later: int) -> None:
    slices = (int(NOW.timestamp()) + later) // SLICE_SECONDS - (int(NOW.timestamp()) + given_at) // SLICE_SECONDS
    nonce = NONCES.current(NOW + given_at * SECOND)
    assert NONCES.are_good(nonce, NOW + later * SECOND) == (slices in {0, 1})


def test_a_nonce_of_another_key_is_not_good() -> None:
    assert not Nonces(bytes(32)).are_good(NONCE, NOW)
    assert Nonces(bytes(range(32))).are_good(NONCE, NOW)


@given(st.text(max_size=60))
def test_nobody_guesses_a_nonce(guess: str) -> None:
    assert not NONCES.are_good(guess, NOW)


def test_workers_with_the_same_signing_key_have_the_same_nonces() -> None:
    one, same = Nonces.of(KEYS), Nonces.of(Keys(kid="another name", private=KEYS.private))
    assert same.are_good(one.current(NOW), NOW)
    assert not Nonces.of(Keys(kid="now", private=EC_OTHER)).are_good(one.current(NOW), NOW)


def test_a_nonce_is_short_and_fits_a_header() -> None:
    assert len(NONCE) == 22
    assert NONCE.isascii()
    assert NONCE.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_key_of_another_length_is_no_key(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Nonces(key)
