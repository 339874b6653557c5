"""Permit keys: what a permit calls a person, and the hash of the address it is for, each for one sender alone.

Both are derived from one key of the organization. A sender is handed the key of its hashes, and can neither tell by it
what other senders are told nor recognise anybody by what they call them.
"""

from __future__ import annotations

from hmac import digest
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from vault.crypto.box import KEY, framed

_SENDER: Final = b"cv/permit/sender/1\x00"
_PERSON: Final = b"cv/permit/person/1\x00"
_ADDRESS: Final = b"cv/permit/to/1\x00"
_NAME: Final = 16


class PermitKey:
    """The permit key of one organization, ready to use."""

    __slots__ = ("_key", "_people")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY:
            raise ValueError("a key has 32 bytes")
        self._key = key
        self._people = _derived(key, _PERSON)

    def of_sender(self, sender: bytes) -> bytes:
        """Return the key under which the hashes for a sender are made."""
        return _derived(self._key, _SENDER + framed(sender))

    def pseudonym(self, sender: bytes, subject: bytes) -> bytes:
        """Return what a person is called to a sender: 16 bytes, the same each time."""
        return digest(self._people, framed(sender) + framed(subject), "sha256")[:_NAME]


def address_hash(key: bytes, address: bytes) -> bytes:
    """Return the hash of a normalised address under a sender's key."""
    return digest(key, _ADDRESS + address, "sha256")


def _derived(key: bytes, label: bytes) -> bytes:
    return HKDFExpand(SHA256(), KEY, label).derive(key)
