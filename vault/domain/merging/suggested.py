"""Two records that may be one person's, as staff sees them: kinds and counts, what agrees, and never a value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from vault.base.ids import Subject
from vault.base.personal import Personal


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two: since when it is known, by which systems, with how many contact points of each kind."""

    subject: Subject
    since: datetime
    points: Mapping[str, int]
    sources: tuple[str, ...]
    fields: tuple[str, ...]
    said: int


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two records, why somebody thinks they may be one person's, and which kinds of data agree or differ."""

    one: Side
    other: Side
    why: tuple[str, ...]
    agree: tuple[str, ...]
    differ: tuple[str, ...]


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """A merge that stands."""

    kept: Subject
    joined: Subject
    at: datetime


def compared(one: Mapping[str, Personal], other: Mapping[str, Personal]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which fields of two records agree, and which differ; a field that one lacks does neither."""
    both = sorted(one.keys() & other.keys())
    agree = tuple(name for name in both if _plain(one[name]) == _plain(other[name]))
    return agree, tuple(name for name in both if name not in agree)


def _plain(value: Personal) -> str:
    return " ".join(value.reveal().casefold().split())
