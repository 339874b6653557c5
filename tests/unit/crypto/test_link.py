"""Links: they open for their organization, unchanged, and for nobody else; the format does not drift."""

from __future__ import annotations

from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.crypto.test_second_implementation import hkdf_expand
from vault.crypto.box import SealError
from vault.crypto.link import LinkKey, organization_of

KEY, OWN = bytes(range(32)), UUID(int=1)
HOLDER = LinkKey(KEY, organization=OWN)
PLAIN = b"whom, what for, how, when"
LINK = HOLDER.issue(PLAIN)
VECTOR = (
    "c40200000000000000000000000000000001"
    "57a705cf29c28506db1e94c7edf5e3643b362ce8c7045561038e026578b5be4ef2239415462ebf7ffcb1bf4466880efd"
)
CONFIRMING = (
    "c40200000000000000000000000000000001"
    "9be053a8354f48647f6db72f6f6b2301baa8d301934d0518fd9fcd8bab22a303841b59ede6d0809d3c2e6ff6bfca7d67"
)
KEYS = st.binary(min_size=32, max_size=32)


@given(KEYS, st.binary(max_size=100), st.uuids())
def test_what_is_sealed_opens_and_its_length_tells_blocks_alone(key: bytes, plain: bytes, organization: UUID) -> None:
    holder = LinkKey(key, organization=organization)
    link = holder.issue(plain)
    assert holder.read(link) == plain
    assert organization_of(link) == organization
    assert len(link) == 34 + (len(plain) // 16 + 1) * 16


@given(KEYS, st.binary(max_size=100))
def test_the_same_is_the_same_link_and_nothing_of_it_can_be_read(key: bytes, plain: bytes) -> None:
    holder = LinkKey(key, organization=OWN)
    assert holder.issue(plain) == holder.issue(plain)
    assert len(plain) < 4 or plain not in holder.issue(plain)


@given(KEYS, st.uuids())
def test_it_opens_for_nobody_else(key: bytes, organization: UUID) -> None:
    assume((key, organization) != (KEY, OWN))
    moved = LINK[:2] + organization.bytes + LINK[18:]
    for link in (LINK, moved):
        with pytest.raises(SealError):
            LinkKey(key, organization=organization).read(link)


@given(st.binary(min_size=1, max_size=8))
def test_a_link_of_one_use_opens_for_no_other(use: bytes) -> None:
    other = LinkKey(KEY, organization=OWN, use=use)
    assert other.read(other.issue(PLAIN)) == PLAIN
    for holder, link in ((other, LINK), (HOLDER, other.issue(PLAIN))):
        with pytest.raises(SealError):
            holder.read(link)


@given(st.integers(0, len(LINK) - 1), st.integers(1, 255))
def test_a_changed_bit_opens_nothing(place: int, change: int) -> None:
    changed = bytearray(LINK)
    changed[place] ^= change
    with pytest.raises(SealError):
        HOLDER.read(bytes(changed))


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        (b"", "length"),
        (LINK[:49], "length"),
        (b"\xc3" + LINK[1:], "magic"),
        (LINK[:1] + b"\x01" + LINK[2:], "suite"),
        (LINK[:2] + bytes(16) + LINK[18:], "wrapping_key"),
        (LINK[:-1], "tag"),
        (LINK[:-16], "tag"),
    ],
)
def test_why_it_does_not_open_is_told_inside(link: bytes, reason: str) -> None:
    with pytest.raises(SealError) as refused:
        HOLDER.read(link)
    assert refused.value.reason == reason


def test_the_format_does_not_drift() -> None:
    assert LINK.hex() == VECTOR
    derived = hkdf_expand(KEY, b"cv/link/2\x00" + LINK[:18], 64)
    assert AESSIV(derived).decrypt(LINK[18:], None) == PLAIN + b"\x80" + bytes(6)
    assert LinkKey(KEY, organization=OWN, use=b"confirm").issue(PLAIN).hex() == CONFIRMING


def test_a_key_has_its_length() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        LinkKey(KEY[1:], organization=OWN)
