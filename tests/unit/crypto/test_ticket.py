"""Tickets: they open for their organization and their use, unchanged, and for nothing else."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vault.crypto.box import SealError
from vault.crypto.ticket import issue, read

KEY, SALT, OWN = bytes(range(32)), bytes(range(24)), UUID(int=1)
TICKET = issue(KEY, b"what was typed", organization=OWN, use="sign_in", salt=SALT)


@given(
    st.binary(min_size=32, max_size=32),
    st.binary(max_size=300),
    st.uuids(),
    st.text(),
    st.binary(min_size=24, max_size=24),
)
def test_what_is_sealed_opens(key: bytes, plain: bytes, organization: UUID, use: str, salt: bytes) -> None:
    ticket = issue(key, plain, organization=organization, use=use, salt=salt)
    assert read(key, ticket, organization=organization, use=use) == plain
    assert len(ticket) == 74 + len(plain)


@given(st.uuids(), st.text(), st.binary(min_size=32, max_size=32))
def test_it_opens_for_nobody_else(organization: UUID, use: str, key: bytes) -> None:
    assume((organization, use, key) != (OWN, "sign_in", KEY))
    with pytest.raises(SealError):
        read(key, TICKET, organization=organization, use=use)


@given(st.integers(0, len(TICKET) - 1), st.integers(1, 255))
def test_a_changed_bit_opens_nothing(place: int, change: int) -> None:
    changed = bytearray(TICKET)
    changed[place] ^= change
    with pytest.raises(SealError):
        read(KEY, bytes(changed), organization=OWN, use="sign_in")


@pytest.mark.parametrize(
    ("ticket", "reason"),
    [
        (b"", "length"),
        (TICKET[:73], "length"),
        (b"\xc1" + TICKET[1:], "magic"),
        (TICKET[:1] + b"\x02" + TICKET[2:], "suite"),
        (TICKET[:30] + b"\x00" + TICKET[31:], "commitment"),
        (TICKET[:-1] + b"\x00", "tag"),
    ],
)
def test_why_it_does_not_open_is_told_inside(ticket: bytes, reason: str) -> None:
    with pytest.raises(SealError) as refused:
        read(KEY, ticket, organization=OWN, use="sign_in")
    assert refused.value.reason == reason
    assert refused.value.code == "unreadable_seal"


def test_a_salt_has_its_length() -> None:
    with pytest.raises(ValueError, match="24 bytes"):
        issue(KEY, b"", organization=OWN, use="sign_in", salt=SALT[1:])
