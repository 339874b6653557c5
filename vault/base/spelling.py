"""Bytes as addresses, cookies and forms carry them: base64url without padding (RFC 4648 section 5)."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from binascii import b2a_base64
from typing import Final

_FOR_ADDRESSES: Final = bytes.maketrans(b"+/", b"-_")


def spelled(data: bytes) -> str:
    """Return bytes as letters."""
    return b2a_base64(data, newline=False).rstrip(b"=").translate(_FOR_ADDRESSES).decode()


def unspelled(text: str) -> bytes:
    """Return the bytes that are spelled so, and in no other way; none for what is no spelling."""
    try:
        found = urlsafe_b64decode(text.encode("ascii") + b"==")
    except ValueError:
        return b""
    return found if spelled(found) == text else b""
