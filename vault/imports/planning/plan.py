"""The plan of a batch: what comes to each customer and address, and the verdict of each row.

Nothing depends on the order in which rows or files are given. A no always counts: where it cannot be told whose a row
is, or its person was erased, its noes still bind whoever has the address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from vault.base.ids import CustomerId
from vault.imports.identity.resolution import Resolution, Several
from vault.imports.planning.addition import Adding, Addition, Marks, of_file, ordered
from vault.imports.planning.held import Customer, Stop, Tagged
from vault.imports.planning.word import Declared, Placed, PointKey, ReferenceKey, Word, WordKey, key_of, shared
from vault.imports.row import Row, Spelled, Suppressing

Verdict = Literal["review", "conflict", "stricter", "new", "fills", "same"]

NOT_ACCEPTED: Final = "not_accepted"
NOBODYS: Final = "ambiguous_person"
_NOTHING: Final = Tagged()


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What the vault holds: customers by id, addresses and references by what they are known by."""

    customers: Mapping[CustomerId, Customer] = {}
    points: Mapping[PointKey, Tagged] = {}
    references: Mapping[ReferenceKey, Tagged] = {}


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a row: its verdict, and why it is put aside if it is."""

    verdict: Verdict
    reason: str | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written. `people` tells for each person of the resolution what comes to them, if they have a row.

    `words` and `stops` are under the tags of addresses.
    """

    people: tuple[Addition | None, ...]
    words: tuple[tuple[PointKey, Word], ...]
    stops: tuple[tuple[PointKey, Stop], ...]
    verdicts: Mapping[int, Decided]

    @property
    def made(self) -> int:
        """How many customers are made."""
        return sum(one is not None and one.who is None for one in self.people)


def plan(
    told: Sequence[Placed], *, lists: Iterable[Placed] = (), resolution: Resolution, held: Held, declared: Declared
) -> Plan:
    """Return the plan of rows and of who is who among them (`told`, in the order they were resolved), and of lists."""
    planning = _Planning(told, tuple(lists), held=held, declared=declared)
    return planning.plan(resolution)


class _Planning:
    def __init__(self, told: Sequence[Placed], lists: Sequence[Placed], *, held: Held, declared: Declared) -> None:
        self._told = told
        self._lists = lists
        self._held = held
        self._declared = declared
        self._marks = {one.place: Marks() for one in (*told, *lists)}
        self._aside: dict[int, str] = {}
        self._words: dict[PointKey, dict[WordKey, Word]] = {}
        self._stops: dict[PointKey, dict[str, Stop]] = {}
        self._spots = dict(_spots(one.row for one in told))

    def plan(self, resolution: Resolution) -> Plan:
        binding = self._place(resolution)
        silent = {one.place for one in self._told if one.place in self._aside and one.place not in binding}
        for one in ordered((*self._told, *self._lists)):
            if one.place not in silent:
                self._share(one)
        people = [self._person(place, resolution) for place in range(len(resolution.people))]
        for several in sorted(resolution.several, key=self._several):
            for place in several.people:
                if (person := people[place]) is not None:
                    person.bind(self._told[several.row], declared=self._declared)
        found = tuple(None if one is None else self._added(one) for one in people)
        return Plan(
            people=found,
            words=tuple((point, word) for point, words in self._words.items() for word in words.values()),
            stops=tuple((point, stop) for point, stops in self._stops.items() for stop in stops.values()),
            verdicts={place: self._decided(place, mark) for place, mark in self._marks.items()},
        )

    def _place(self, resolution: Resolution) -> set[int]:
        """Put rows aside; return those whose noes count all the same."""
        for one in self._lists:
            if any(said.verdict == "granted" for said in one.row.said):
                self._aside[one.place] = NOBODYS
        self._aside.update((self._told[one.row].place, one.reason) for one in resolution.aside)
        binding = {self._told[one.row].place for one in resolution.several}
        for person in resolution.people:
            own = self._held.customers.get(person.customer) if person.customer is not None else None
            for place in person.rows:
                if self._is_erased(self._told[place].row, own or Customer()):
                    self._aside[self._told[place].place] = NOT_ACCEPTED
                    binding.add(self._told[place].place)
        return binding

    def _is_erased(self, row: Row, own: Customer) -> bool:
        """Whether a row has a value that was erased, and that nobody brought back in person."""
        if any(self._held.points.get(key, _NOTHING).erased and key not in own.points for key in _points(row)):
            return True
        return any(
            self._held.references.get(key, _NOTHING).erased and key not in own.references for key in _references(row)
        )

    def _share(self, told: Placed) -> None:
        mark = self._marks[told.place]
        for point, word in shared(told, self._declared):
            words = self._words.setdefault(point, {})
            if word.key not in words and word.key not in self._held.points.get(point, _NOTHING).said:
                words[word.key] = word
                mark.stricter = True
        for stop in told.row.suppressed:
            self._stop(stop, mark)

    def _stop(self, new: Suppressing, mark: Marks) -> None:
        point = key_of(new.point)
        stop = _needed(Stop(kind=new.kind, at=new.at), self._held.points.get(point, _NOTHING).stops)
        if stop is None:
            return
        stops = self._stops.setdefault(point, {})
        known = stops.get(stop.kind)
        if known is None:
            mark.stricter = True
        if known is None or stop.at < known.at:
            stops[stop.kind] = stop

    def _person(self, place: int, resolution: Resolution) -> Adding | None:
        person = resolution.people[place]
        rows = [self._told[row] for row in person.rows if self._told[row].place not in self._aside]
        bound = [self._told[row] for row in person.rows if self._told[row].place in self._aside]
        if person.customer is None and not rows:
            return None
        held = None if person.customer is None else self._held.customers[person.customer]
        adding = Adding(person.customer, held, marks=self._marks)
        rows = ordered(rows)
        for one in rows:
            adding.meet(one)
            self._marks[one.place].makes |= person.customer is None
        for one in rows:
            adding.hear(one, declared=self._declared, spots=self._spots)
        for one in ordered(bound):
            adding.bind(one, declared=self._declared)
        for reference in person.references:
            key = (reference.source, reference.id.reveal())
            if not self._held.references.get(key, _NOTHING).erased:
                adding.know(key, reference.id)
        return adding

    def _added(self, adding: Adding) -> Addition:
        adding.owe(self._held.references)
        bound: list[Word] = []
        stopped: set[str] = set()
        for point in adding.points:
            bound += self._held.points.get(point, _NOTHING).words
            bound += self._words.get(point, {}).values()
            stopped.update(self._stops.get(point, ()))
        adding.weigh(self._declared.lineages, tagged=bound)
        return adding.added(stopped)

    def _several(self, several: Several) -> tuple[str, int, int]:
        return of_file(self._told[several.row])

    def _decided(self, place: int, mark: Marks) -> Decided:
        if (reason := self._aside.get(place)) is not None:
            return Decided(verdict="review", reason=reason)
        if mark.conflicts:
            return Decided(verdict="conflict")
        if mark.stricter:
            return Decided(verdict="stricter")
        if mark.fills:
            return Decided(verdict="new" if mark.makes else "fills")
        return Decided(verdict="same")


def _needed(stop: Stop, known: Iterable[Stop]) -> Stop | None:
    """Return the stop that is to be added, none where one stands already; it does not outlast one that was lifted."""
    alike = [one for one in known if one.kind == stop.kind]
    if any(one.at <= stop.at and (one.until is None or stop.at < one.until) for one in alike):
        return None
    later = min((one for one in alike if one.at > stop.at), key=_begins, default=None)
    return stop if later is None else Stop(kind=stop.kind, at=stop.at, until=later.until)


def _begins(stop: Stop) -> datetime:
    return stop.at


def _spots(rows: Iterable[Row]) -> Iterator[tuple[ReferenceKey, Spelled]]:
    for row in rows:
        if row.role == "point" and row.reference is not None and row.points:
            yield (row.source, row.reference.reveal()), row.points[0]


def _points(row: Row) -> Iterator[PointKey]:
    return (key_of(point) for point in row.points)


def _references(row: Row) -> Iterator[ReferenceKey]:
    if row.reference is not None:
        yield row.source, row.reference.reveal()
    for link in row.links:
        yield link.source, link.id.reveal()
