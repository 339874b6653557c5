"""Blind tags: find a value without reading it. HMAC-SHA256 over the normalised value, cut to 16 bytes.

Equal values under one key have equal tags, so tags are personal data: they are never logged. An index tag and a
suppression tag of one value have nothing in common, even if somebody gave both the same key.
"""

from __future__ import annotations

from hmac import digest
from typing import Final

from vault.crypto.box import KEY, framed

SIZE: Final = 16

_SUPPRESSION: Final = framed(b"suppression/1")


def index_tag(key: bytes, *parts: bytes) -> bytes:
    """Return the 16-byte tag of a value under the index key of its field and version (IXK).

    A value of several parts, such as source and id of an external reference, gives each part by itself.
    """
    return _tag(key, b"".join(framed(part) for part in parts))


def suppression_tag(key: bytes, kind: str, *, value: bytes) -> bytes:
    """Return the 16-byte tag of a contact point under the suppression key (SUPK), which serves every kind."""
    return _tag(key, _SUPPRESSION + framed(kind.encode()) + framed(value))


def _tag(key: bytes, message: bytes) -> bytes:
    if len(key) != KEY:
        raise ValueError("a key has 32 bytes")
    return digest(key, message, "sha256")[:SIZE]
