"""What is known before, and what comes out: people with their rows, and rows that nobody could place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from vault.base.ids import CustomerId
from vault.base.personal import Personal
from vault.imports.identity.joining import Reference

FEW: Final = 3


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A customer the vault holds. No import joins two of them; those whom a human merged are several of one `customer`.

    `references` are all of theirs, those by address or number and name too. `points` are (kind, what it is compared
    by). Names are as they are held; they are folded here.
    """

    customer: CustomerId
    references: Sequence[Reference] = ()
    points: Sequence[tuple[str, Personal]] = ()
    first_name: Personal | None = None
    last_name: Personal | None = None
    birth_date: date | None = None


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """What two have both who may be one person, though it proves nothing. Where more than `FEW` have it, it is no sign.

    `plus_tag`: the address without what follows the plus, and the first name. `full_name`: first and last name.
    """

    why: str
    parts: tuple[Personal, ...]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One customer. `rows` are places in what was given to resolve; none where others' noes bind a known customer.

    `references` is what to remember them by besides what `Known` had, so that the same rows find them again. `country`
    is the one all rows name; none where no row names one, or (`country_disputed`) where they name several.
    `likenesses` are for finding who may be the same person among all others, for no join leads there.
    """

    customer: CustomerId | None
    rows: tuple[int, ...]
    references: tuple[Reference, ...]
    country: Personal | None
    country_disputed: bool
    likenesses: tuple[Likeness, ...]


class PutAside(msgspec.Struct, frozen=True, kw_only=True):
    """A row for a human: nothing of it is applied, but its noes where it is among `Resolution.several` too."""

    row: int
    reason: str


class Several(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is one of several people's (places in `Resolution.people`): its noes bind all, nothing else counts."""

    row: int
    people: tuple[int, ...]


class Suggested(msgspec.Struct, frozen=True, kw_only=True):
    """Two people (places in `Resolution.people`) that may be one: for a human, with the reasons why.

    Reasons are those of a likeness; the source of a reference that both have, who are known as two; `linked_records`.
    """

    people: tuple[int, int]
    why: tuple[str, ...]


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """Who is who. Each row is one person's, or several's, or put aside; rows of lists are nobody's.

    A row both several's and put aside says a no, which counts, and a yes or a dealing, which needs one person.
    """

    people: tuple[Person, ...]
    several: tuple[Several, ...]
    aside: tuple[PutAside, ...]
    suggestions: tuple[Suggested, ...]
