"""Numbers and base64 as the C2SP formats spell them: one spelling each, every other one refused.

Two spellings of one thing would be two signed texts for one tree, or a way to smuggle bytes past a verifier.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error, b2a_base64
from typing import Final

from vault.base.errors import Invalid

LARGEST: Final = 2**63 - 1  # sizes and times; Go's implementations hold them in an int64

_DECIMAL: Final = re.compile("0|[1-9][0-9]{0,18}")


class Malformed(Invalid):
    """It is not spelled as its format demands."""


def number(text: str) -> int:
    """Return an ASCII decimal without leading zeros, at most 2^63 - 1."""
    if _DECIMAL.fullmatch(text) is None or int(text) > LARGEST:
        raise Malformed("malformed_number", "a number is an ASCII decimal without leading zeros, below 2^63")
    return int(text)


def encode(raw: bytes) -> str:
    """Return the standard base64 (RFC 4648 section 4)."""
    return b2a_base64(raw, newline=False).decode()


def decode(text: str) -> bytes:
    """Return the bytes behind standard base64; a second spelling of the same bytes is refused."""
    try:
        raw = b64decode(text, validate=True)
    except (Error, ValueError):  # ValueError: letters beyond ASCII
        raw = b""
    if encode(raw) != text:
        raise Malformed("malformed_base64", "it is not standard base64 in its one canonical spelling")
    return raw
