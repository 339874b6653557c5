"""Tickets: what the vault hands to somebody and reads again later, sealed under an organization's key.

A ticket opens for its own organization and its own use only. What it says and how long it is good is the caller's.
Format 1: C3, suite, 24 bytes of salt, commitment, ciphertext, tag: the construction of sealed fields, without padding.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from vault.crypto.box import COMMITMENT, SALT, SUITE, TAG, SealError, framed, lock, unlock

MAGIC: Final = 0xC3

_LABEL: Final = b"cv/ticket/1\x00"
_FORMAT: Final = framed(b"ticket/1")
_HEAD: Final = 2 + SALT
_SHORTEST: Final = _HEAD + COMMITMENT + TAG


def issue(key: bytes, plaintext: bytes, *, organization: UUID, use: str, salt: bytes) -> bytes:
    """Return the ticket. `use` is a frozen label; `salt` is 24 bytes of chance never used before."""
    if len(salt) != SALT:
        raise ValueError("a salt has 24 bytes")
    head = bytes((MAGIC, SUITE)) + salt
    return lock(key, plaintext, label=_LABEL, head=head, context=_context(organization, use))


def read(key: bytes, ticket: bytes, *, organization: UUID, use: str) -> bytes:
    """Return what a ticket says; `SealError` for one of another organization, of another use, or of nobody."""
    if len(ticket) < _SHORTEST:
        raise SealError("length")
    if ticket[0] != MAGIC:
        raise SealError("magic")
    if ticket[1] != SUITE:
        raise SealError("suite")
    return unlock(key, ticket, label=_LABEL, head=_HEAD, context=_context(organization, use))


def _context(organization: UUID, use: str) -> bytes:
    return b"".join((_FORMAT, framed(organization.bytes), framed(use.encode())))
