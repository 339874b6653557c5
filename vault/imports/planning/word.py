"""Words: what a row says for somebody, and what it says of an address whoever has it.

Two words with the same key are one saying (law 9). A yes that is proven is another than one that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final, Literal, Protocol

import msgspec

from vault.base.personal import Personal
from vault.imports.layout import ADDRESS
from vault.imports.row import Row, Saying, Spelled

Kind = Literal["granted", "refused", "withdrawn", "objected", "dealing"]
PointKey = tuple[str, str]
"""A contact point by its kind and what it is compared by."""
ReferenceKey = tuple[str, str]
"""A record by its source and id."""
WordKey = tuple[str, str, str, datetime, PointKey | None, tuple[str, ...], bool, datetime | None]

EVERY: Final = "*"
_CONFIRMED: Final = "confirmed_at"
_ASKED: Final = ("asked_at", "captured_at")
NOES: Final = frozenset({"refused", "withdrawn", "objected"})


class Placed(Protocol):
    """A row at its place in an import. `about_address`: a no in it binds whoever has the address."""

    @property
    def place(self) -> int: ...  # noqa: D102

    @property
    def row(self) -> Row: ...  # noqa: D102

    @property
    def about_address(self) -> bool: ...  # noqa: D102


class Suffices(Protocol):
    """Tells whether evidence is complete for a yes."""

    def __call__(self, evidence: Mapping[str, Personal], *, purpose: str, channel: str) -> bool:
        """Return it for a purpose over a channel."""
        ...


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What an organization declares: the kind each channel reaches, and each purpose with those above it.

    `suffices` tells what proves a yes, `confirms` what proves that an address is the person's.
    """

    reaches: Mapping[str, str]
    lineages: Mapping[str, tuple[str, ...]]
    suffices: Suffices
    confirms: Callable[[Mapping[str, Personal]], bool]


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """Something said, on its way to become a fact. `point` is the contact point it is about or names.

    A dealing has for purpose and channel `*`, and in `dealing` what it was and what was so at it.
    """

    kind: Kind
    purpose: str
    channel: str
    at: datetime
    point: PointKey | None = None
    dealing: tuple[str, ...] = ()
    proven: bool = True
    until: datetime | None = None
    evidence: Mapping[str, Personal] = {}

    @property
    def key(self) -> WordKey:
        """What makes it the same saying."""
        return (*_said(self), self.at, self.point, self.dealing, self.proven, self.until)

    @property
    def is_no(self) -> bool:
        """Whether it is a no."""
        return self.kind in NOES


def key_of(point: Spelled) -> PointKey:
    """Return by what a contact point is known."""
    return point.kind, point.index.reveal()


def words(told: Placed, *, declared: Declared, spots: Mapping[ReferenceKey, Spelled]) -> Iterator[Word]:
    """Yield what a row says for its person. `spots` are the contact points that are records of their own."""
    row = told.row
    for said in row.said:
        point = _point(row, said, declared=declared, spots=spots)
        if said.verdict != "granted":
            yield Word(
                kind=said.verdict,
                purpose=said.purpose,
                channel=said.channel,
                at=said.at,
                point=point if told.about_address else None,
            )
            continue
        yield Word(
            kind=said.verdict,
            purpose=said.purpose,
            channel=said.channel,
            at=said.at,
            point=point,
            proven=is_in_order(said.evidence)
            and declared.suffices(said.evidence, purpose=said.purpose, channel=said.channel),
            until=said.until,
            evidence=said.evidence,
        )
    for dealing in row.dealings:
        met = [condition for condition, is_met in _conditions(row, offered=dealing.refusal_offered) if is_met]
        bought = dealing.kind == "purchased"
        yield Word(
            kind="dealing",
            purpose=EVERY,
            channel=EVERY,
            at=dealing.at,
            dealing=(dealing.kind, *(met if bought else ())),
        )


def is_in_order(evidence: Mapping[str, Personal]) -> bool:
    """Whether nothing was confirmed before it was asked for: what was did not answer the asking, and proves nothing."""
    confirmed = evidence.get(_CONFIRMED)
    asked = [evidence[name] for name in _ASKED if name in evidence]
    return not confirmed or all(_instant(one) <= _instant(confirmed) for one in asked)


def shared(told: Placed, declared: Declared) -> Iterator[tuple[PointKey, Word]]:
    """Yield the noes of a row that bind whoever has a contact point of it, channel by channel."""
    if not told.about_address:
        return
    for said in told.row.said:
        if said.verdict == "granted":
            continue
        for point in told.row.points:
            for channel in _bound(told.row, said, point=point, declared=declared):
                yield (
                    key_of(point),
                    Word(kind=said.verdict, purpose=said.purpose, channel=channel, at=said.at),
                )


def _bound(row: Row, said: Saying, *, point: Spelled, declared: Declared) -> list[str]:
    """Return over which channels a no binds whoever has this point of a row.

    What reaches no point of the row binds by those it has: they are all that tells who is meant.
    """
    if said.channel != EVERY and row.point(declared.reaches.get(said.channel, "")) is None:
        return [said.channel]
    return [
        channel for channel, kind in declared.reaches.items() if kind == point.kind and said.channel in {channel, EVERY}
    ]


def _instant(text: Personal) -> datetime:
    return datetime.fromisoformat(text.reveal())


def _said(word: Word) -> tuple[str, str, str]:
    return word.kind, word.purpose, word.channel


def _point(row: Row, said: Saying, *, declared: Declared, spots: Mapping[ReferenceKey, Spelled]) -> PointKey | None:
    kind = declared.reaches.get(said.channel)
    if row.about_point is not None:
        point = spots.get((row.source, row.about_point.reveal()))
        return key_of(point) if point is not None and point.kind == kind else None
    point = None if kind is None else row.point(kind)
    return None if point is None else key_of(point)


def _conditions(row: Row, *, offered: bool) -> Iterator[tuple[str, bool]]:
    yield "email_at_purchase", row.point(ADDRESS) is not None
    yield "refusal_offered", offered
