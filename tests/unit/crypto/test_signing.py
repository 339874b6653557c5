"""Signing keys: what a JWT library makes of them."""

from __future__ import annotations

import jwt
import pytest
from jwt.algorithms import ECAlgorithm

from vault.base.clock import SystemEntropy
from vault.crypto.signing import SigningKey, fresh, read, scalar, thumbprint


class Fixed:
    def __init__(self, byte: int) -> None:
        self.byte = byte

    def draw(self, size: int) -> bytes:
        return bytes((self.byte,)) * size


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return fresh(SystemEntropy())


def test_a_token_signed_with_the_key_verifies_with_its_published_half(key: SigningKey) -> None:
    token = jwt.encode({"sub": "crm"}, key.private, algorithm="ES256", headers={"kid": key.kid})
    assert jwt.decode(token, key.private.public_key(), algorithms=["ES256"]) == {"sub": "crm"}
    published = ECAlgorithm.to_jwk(key.private.public_key(), as_dict=True)
    assert thumbprint({name: published[name] for name in ("crv", "kty", "x", "y")}) == key.kid


def test_the_key_comes_back_from_its_32_bytes(key: SigningKey) -> None:
    kept = scalar(key)
    assert len(kept) == 32
    assert read(kept).kid == key.kid


def test_a_small_scalar_keeps_its_leading_zeros() -> None:
    assert scalar(read(bytes(31) + b"\x01")) == bytes(31) + b"\x01"


def test_the_key_id_is_the_thumbprint_of_rfc_7638() -> None:
    # The key and thumbprint of RFC 9449, sections 4.1 and 6.1.
    required = {
        "kty": "EC", "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    }  # fmt: skip
    assert thumbprint(required) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def test_all_chance_gives_a_key_and_equal_chance_an_equal_one() -> None:
    for byte in (0, 1, 255):
        assert fresh(Fixed(byte)).kid == fresh(Fixed(byte)).kid
    assert fresh(Fixed(0)).kid != fresh(Fixed(1)).kid


@pytest.mark.parametrize("kept", [b"", bytes(31), bytes(32), b"\xff" * 32, bytes(33)])
def test_what_is_no_scalar_of_the_curve_is_refused(kept: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(kept)


def test_no_private_byte_shows_in_a_repr(key: SigningKey) -> None:
    shown = repr(key)
    assert scalar(key).hex() not in shown
    assert str(int.from_bytes(scalar(key), "big")) not in shown
