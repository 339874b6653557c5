"""Canonical bytes: RFC 8785 JSON of strings, integers, booleans, arrays and objects.

What is signed or hashed is encoded here once and stored as it is. Floats and nulls never enter: both have more than
one reasonable spelling.
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from typing import Final

import msgspec

_MEANS: Final = "canonical JSON holds strings, integers, booleans, arrays and objects"
Json = str | int | bool | list["Json"] | dict[str, "Json"]

_SAFE: Final = 2**53 - 1
_NAMES: Final = frozenset({str})
_LEAVES: Final = frozenset({str, bool})
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
    if isinstance(value, dict):
        if not _NAMES.issuperset(map(type, value)):
            raise TypeError(_MEANS)
        _check_all(value.values())
    elif isinstance(value, list | tuple):
        _check_all(value)
    elif not isinstance(value, str | bool) and not (isinstance(value, int) and -_SAFE <= value <= _SAFE):
        raise TypeError(_MEANS)


def _check_all(values: Collection[object]) -> None:
    if not _LEAVES.issuperset(map(type, values)):
        for value in values:
            if type(value) not in _LEAVES:
                _check(value)
