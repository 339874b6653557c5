"""Bytes as signatures and permits carry them: base64url without padding (RFC 4648 section 5)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode


def encoded(value: bytes) -> str:
    """Return bytes as letters."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return the bytes behind base64url in its one right spelling, or none."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
    return raw if encoded(raw) == text else b""
