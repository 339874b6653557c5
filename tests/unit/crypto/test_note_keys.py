"""Keys that sign notes: what other implementations make of the same seeds."""

from __future__ import annotations

from hashlib import sha256

import pytest

from vault.base.clock import SystemEntropy
from vault.crypto.note_keys import PUBLIC, Algorithm, NoteKey, fresh, read, seed, sign, verifies

ALGORITHMS: tuple[Algorithm, ...] = ("ed25519", "ml-dsa-44")
SIGNATURE = {"ed25519": 64, "ml-dsa-44": 2420}


@pytest.fixture(params=ALGORITHMS, scope="module")
def key(request: pytest.FixtureRequest) -> NoteKey:
    return fresh(request.param, SystemEntropy())


def test_what_a_key_signed_verifies_with_its_public_half(key: NoteKey) -> None:
    signature = sign(key, b"said")
    assert len(key.public) == PUBLIC[key.algorithm]
    assert len(signature) == SIGNATURE[key.algorithm]
    assert verifies(key.algorithm, key.public, message=b"said", signature=signature)


def test_nothing_else_verifies(key: NoteKey) -> None:
    signature = sign(key, b"said")
    other = fresh(key.algorithm, SystemEntropy())
    assert not verifies(key.algorithm, key.public, message=b"meant", signature=signature)
    assert not verifies(key.algorithm, other.public, message=b"said", signature=signature)
    for wrong in (b"", signature[:-1], signature + b"\x00", bytes([signature[0] ^ 1]) + signature[1:]):
        assert not verifies(key.algorithm, key.public, message=b"said", signature=wrong)


def test_the_key_comes_back_from_its_seed(key: NoteKey) -> None:
    kept = seed(key)
    assert len(kept) == 32
    assert read(key.algorithm, kept).public == key.public
    assert seed(read(key.algorithm, kept)) == kept


def test_a_key_shows_nothing_of_its_private_half(key: NoteKey) -> None:
    assert seed(key).hex() not in repr(key)
    assert repr(seed(key))[2:-1] not in repr(key)


def test_a_seed_gives_the_ed25519_key_of_rfc_8032() -> None:
    # RFC 8032 section 7.1, test 2.
    key = read("ed25519", bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    assert key.public.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert sign(key, b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


def test_a_seed_gives_the_ml_dsa_44_key_another_implementation_makes_of_it() -> None:
    # The log key of litewitness's test, made by filippo.io/mldsa; its note key id hides the whole public key.
    key = read("ml-dsa-44", bytes.fromhex("2886adc2b0eabfce67c0472939127998bf886cf256bfee8ba76a253fce1146e0"))
    assert sha256(b"example.com/mldsa-log\n\x06" + key.public).hexdigest()[:8] == "b5df45c5"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(algorithm: Algorithm, length: int) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(algorithm, bytes(length))
