"""What the vault holds already of the customers and addresses that rows are about, as far as rows may change it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

import msgspec

from vault.base.personal import Personal
from vault.imports.planning.word import EVERY, PointKey, ReferenceKey, Word, WordKey


class No(msgspec.Struct, frozen=True, kw_only=True):
    """A no that stands, whoever brought it."""

    purpose: str
    channel: str
    at: datetime


class Yes(msgspec.Struct, frozen=True, kw_only=True):
    """A yes of the customer in person."""

    purpose: str
    channel: str
    at: datetime


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """What is held of a customer. `fields` are those that rows may fill, opened; `country` among them by its letters.

    `own` are fields that somebody wrote and no import did. `said` are the sayings that imports brought. `disputed`:
    files disagree about the country. `requests` are the rights that were ever asked for.
    """

    fields: Mapping[str, Personal] = {}
    own: AbstractSet[str] = frozenset()
    points: AbstractSet[PointKey] = frozenset()
    references: AbstractSet[ReferenceKey] = frozenset()
    said: AbstractSet[WordKey] = frozenset()
    noes: tuple[No, ...] = ()
    in_person: tuple[Yes, ...] = ()
    disputed: bool = False
    requests: AbstractSet[str] = frozenset()


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """A suppression of an address."""

    kind: str
    at: datetime
    until: datetime | None = None


class Tagged(msgspec.Struct, frozen=True, kw_only=True):
    """What is held of an address or reference, whoever has it. `words` are noes that bind whoever gets it.

    `said` are those that imports brought.
    """

    words: tuple[Word, ...] = ()
    said: AbstractSet[WordKey] = frozenset()
    stops: tuple[Stop, ...] = ()
    erased: bool = False


def outweighs(no: No | Word, yes: Word, *, lineage: tuple[str, ...]) -> bool:
    """Whether a no covers what a yes names: its purpose or one above it, its channel or all."""
    return no.purpose in lineage and no.channel in {yes.channel, EVERY}
