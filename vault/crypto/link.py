"""Links: what a message carries so that its reader may press on it, sealed, and short enough for a text message.

A link names its organization in clear, for that is whose key opens it; everything else is sealed, nothing is stored.
Sealing the same twice gives the same link: no chance is needed, and none can run out (RFC 5297). Format 2: C4, suite
02, 16 bytes of the organization, then AES-256-SIV of the padded plaintext. Its key is derived once, from the link key,
those 18 bytes and the use, so a link of one organization or use opens for no other, with no associated data in each.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from vault.crypto.box import KEY, TAG, SealError

MAGIC: Final = 0xC4
SUITE: Final = 0x02
HEAD: Final = 2 + 16
"""How many bytes say whose link it is."""

_LABEL: Final = b"cv/link/2\x00"
_ORGANIZATION: Final = 2
_BLOCK: Final = 16


class LinkKey:
    """The link key of one organization, ready to use."""

    __slots__ = ("_cipher", "_head")

    def __init__(self, key: bytes, *, organization: UUID, use: bytes = b"") -> None:
        """`use` is a frozen label; the empty one is that of stopping."""
        if len(key) != KEY:
            raise ValueError("a key has 32 bytes")
        self._head = bytes((MAGIC, SUITE)) + organization.bytes
        self._cipher = AESSIV(HKDFExpand(SHA256(), 2 * KEY, _LABEL + self._head + use).derive(key))

    def issue(self, plaintext: bytes) -> bytes:
        """Return the link."""
        return self._head + self._cipher.encrypt(_padded(plaintext), None)

    def read(self, link: bytes) -> bytes:
        """Return what a link says; `SealError` for one of another organization, or of nobody."""
        if organization_of(link).bytes != self._head[_ORGANIZATION:]:
            raise SealError("wrapping_key")
        if len(link) < HEAD + TAG + _BLOCK:
            raise SealError("length")
        try:
            padded = self._cipher.decrypt(link[HEAD:], None)
        except InvalidTag:
            raise SealError("tag") from None
        return padded.rstrip(b"\x00")[:-1]


def organization_of(link: bytes) -> UUID:
    """Return whose link it says it is, to choose the key: its head is enough. Nothing is proven before it is read."""
    if len(link) < HEAD:
        raise SealError("length")
    if link[0] != MAGIC:
        raise SealError("magic")
    if link[1] != SUITE:
        raise SealError("suite")
    return UUID(bytes=link[_ORGANIZATION:HEAD])


def _padded(plaintext: bytes) -> bytes:
    """Pad by ISO/IEC 7816-4 to full blocks, so that the length hardly tells which purpose it is."""
    size = (len(plaintext) // _BLOCK + 1) * _BLOCK
    return (plaintext + b"\x80").ljust(size, b"\x00")
