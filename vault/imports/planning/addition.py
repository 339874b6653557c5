"""Additions: what comes to one customer, and by which row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from vault.base.personal import Personal
from vault.imports.layout import COUNTRY
from vault.imports.planning.held import Customer, No, Tagged, outweighs
from vault.imports.planning.word import Declared, Placed, PointKey, ReferenceKey, Word, WordKey, key_of, words
from vault.imports.row import Spelled

_NOBODY: Final = Customer()
_NOTHING: Final = Tagged()


class Addition(msgspec.Struct, frozen=True, kw_only=True):
    """What comes to a customer. `who` is one the vault knows, none where one is made.

    `country` is what is to stand in the clear: none for as it is, empty where files disagree. `dropped` are fields that
    go because of it. `confirmed` tells when an address proved to be theirs. `stopped` are kinds of stops that come to
    points of theirs.
    """

    who: str | None
    fields: Mapping[str, Personal]
    country: str | None
    dropped: tuple[str, ...]
    points: Mapping[PointKey, Spelled]
    references: Mapping[ReferenceKey, Personal]
    words: tuple[Word, ...]
    confirmed: Mapping[PointKey, datetime]
    restricts: bool
    requests: tuple[str, ...]
    stopped: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether there is anything to write."""
        return (
            self.who is None
            or self.country is not None
            or self.restricts
            or any((self.fields, self.dropped, self.points, self.references))
            or any((self.words, self.requests, self.stopped))
        )


class Marks(msgspec.Struct, kw_only=True):
    """What a row did, so far."""

    conflicts: bool = False
    stricter: bool = False
    fills: bool = False
    makes: bool = False


class Adding:
    """One customer, while rows are heard."""

    def __init__(self, who: str | None, held: Customer | None, *, marks: Mapping[int, Marks]) -> None:
        self.who = who
        self._held = held or _NOBODY
        self._marks = marks
        self._fields: dict[str, Personal] = {}
        self._countries: dict[str, list[int]] = {}
        self._points: dict[PointKey, Spelled] = {}
        self._references: dict[ReferenceKey, Personal] = {}
        self._words: dict[WordKey, Word] = {}
        self._yeses: list[tuple[int, Word]] = []
        self._confirmed: dict[PointKey, datetime] = {}
        self._restricts = False
        self._requests: dict[str, None] = {}

    @property
    def points(self) -> Iterable[PointKey]:
        """Those the customer has, or gets."""
        return {*self._held.points, *self._points}

    def meet(self, told: Placed) -> None:
        """Take in by what a row of this customer knows them: the points are there before anything names one."""
        row, mark = told.row, self._marks[told.place]
        if row.role == "person" and row.reference is not None:
            self.know((row.source, row.reference.reveal()), row.reference, mark=mark)
        for point in row.points:
            own = key_of(point)
            if own not in self._held.points and own not in self._points:
                self._points[own] = point
                mark.fills = True

    def hear(self, told: Placed, *, declared: Declared, spots: Mapping[ReferenceKey, Spelled]) -> None:
        """Take in what a row of this customer says."""
        mark = self._marks[told.place]
        self._fill(told, mark)
        for word in words(told, declared=declared, spots=spots):
            self._say(word, place=told.place, declared=declared)
        self._ask(told, mark)

    def bind(self, told: Placed, *, declared: Declared) -> None:
        """Take in the noes of a row that may be about this customer; nothing else of it counts."""
        mark = self._marks[told.place]
        for word in words(told, declared=declared, spots={}):
            if word.is_no:
                self._say(word, place=told.place, declared=declared)
        self._ask(told, mark)

    def know(self, key: ReferenceKey, own: Personal, *, mark: Marks | None = None) -> None:
        """Remember by what the customer is found again."""
        if key not in self._held.references and key not in self._references:
            self._references[key] = own
            if mark is not None:
                mark.fills = True

    def owe(self, tagged: Mapping[ReferenceKey, Tagged]) -> None:
        """Take over the noes that outlived whoever had a reference before."""
        for key in self._references:
            for word in tagged.get(key, _NOTHING).words:
                if word.key not in self._held.said:
                    self._words.setdefault(word.key, word)

    def weigh(self, lineages: Mapping[str, tuple[str, ...]], *, tagged: Iterable[Word]) -> None:
        """Mark rows whose yes a no outweighs: one of the person, or under the tag of a point of theirs."""
        noes: list[No | Word] = [*self._held.noes, *(word for word in self._words.values() if word.is_no), *tagged]
        if not noes:
            return
        for place, yes in self._yeses:
            lifted = [one.at for one in self._held.in_person if _names(yes) == (one.purpose, one.channel)]
            lineage = lineages.get(yes.purpose, (yes.purpose,))
            if any(outweighs(no, yes, lineage=lineage) and all(no.at >= at for at in lifted) for no in noes):
                self._marks[place].conflicts = True

    def added(self, stopped: Iterable[str]) -> Addition:
        """Return what comes to the customer."""
        country, dropped = self._country()
        return Addition(
            who=self.who,
            fields=self._fields,
            country=country,
            dropped=dropped,
            points=self._points,
            references=self._references,
            words=tuple(self._words.values()),
            confirmed=self._confirmed,
            restricts=self._restricts,
            requests=tuple(self._requests),
            stopped=tuple(sorted({*stopped})),
        )

    def _fill(self, told: Placed, mark: Marks) -> None:
        for name, value in told.row.attributes.items():
            if name == COUNTRY:
                self._countries.setdefault(value.reveal(), []).append(told.place)
                continue
            known = self._held.fields.get(name) or self._fields.get(name)
            if known is None:
                self._fields[name] = value
                mark.fills = True
            elif _folded(known) != _folded(value):
                mark.conflicts = True

    def _say(self, word: Word, *, place: int, declared: Declared) -> None:
        if word.point is not None and word.point not in self._held.points and word.point not in self._points:
            word = msgspec.structs.replace(word, point=None)  # somebody else's
        if word.kind == "granted":
            self._yeses.append((place, word))
        if word.key in self._held.said or word.key in self._words:
            return
        self._words[word.key] = word
        mark = self._marks[place]
        if word.is_no:
            mark.stricter = True
        else:
            mark.fills = True
        if word.point is not None and word.proven and declared.confirms(word.evidence):
            self._confirmed[word.point] = max(word.at, self._confirmed.get(word.point, word.at))

    def _ask(self, told: Placed, mark: Marks) -> None:
        row = told.row
        wanted = [*(("restriction",) if row.restricted else ()), *row.requests]
        new = [right for right in wanted if right not in self._held.requests and right not in self._requests]
        self._requests.update(dict.fromkeys(new))
        self._restricts |= "restriction" in new
        mark.stricter |= bool(new)

    def _country(self) -> tuple[str | None, tuple[str, ...]]:
        """Return the country all agree on, and the fields that go; files that disagree leave it unknown."""
        if not self._countries:
            return None, ()
        held = self._held.fields.get(COUNTRY)
        known = {*self._countries, *(() if held is None else (held.reveal(),))}
        if self._held.disputed or len(known) > 1:
            self._dispute(None if held is None else held.reveal())
            if self._held.disputed or COUNTRY in self._held.own:
                return None, ()
            return "", ((COUNTRY,) if held is not None else ())
        if held is not None:
            return None, ()
        [code] = known
        self._fields[COUNTRY] = Personal(code)
        self._marks[self._countries[code][0]].fills = True
        return code, ()

    def _dispute(self, held: str | None) -> None:
        for code, places in self._countries.items():
            for place in places:
                self._marks[place].conflicts |= code != held


def ordered(told: Iterable[Placed]) -> list[Placed]:
    """Return rows by where they stand."""
    return sorted(told, key=of_file)


def of_file(told: Placed) -> tuple[str, int, int]:
    """Return where a row stands, whatever the order in which files were given."""
    return told.row.file, told.row.record, told.place


def _names(word: Word) -> tuple[str, str]:
    return word.purpose, word.channel


def _folded(value: Personal) -> str:
    return " ".join(value.reveal().split()).casefold()
