"""Canonical bytes: RFC 8785 JSON of strings, integers, booleans, arrays and objects.

What is signed or hashed is encoded here once and stored as it is. Floats and nulls never enter: both have more than
one reasonable spelling.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

_MEANS: Final = "canonical JSON holds strings, integers, booleans, arrays and objects"
Json = str | int | bool | list["Json"] | dict[str, "Json"]

_SAFE: Final = 2**53 - 1
_LEAVES: Final = (str, bool)
_encoder: Final = msgspec.json.Encoder(order="sorted")


def canonical(value: object) -> bytes:
    """Return the RFC 8785 bytes; `TypeError` for anything but strings, integers within 2^53, booleans, arrays, objects.

    Member names sort by code point, which is RFC 8785's order for all names below U+10000.
    """
    _check(value)
    return _encoder.encode(value)


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical bytes, in hex."""
    return sha256(canonical(value)).hexdigest()


def _check(value: object) -> None:
    if isinstance(value, _LEAVES):
        return
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(_MEANS)
        value = value.values()
    elif not isinstance(value, list | tuple):
        if isinstance(value, int) and -_SAFE <= value <= _SAFE:
            return
        raise TypeError(_MEANS)
    for item in value:
        if not isinstance(item, _LEAVES):
            _check(item)
