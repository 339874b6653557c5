"""From groups of rows to who is who."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from vault.base.personal import Personal
from vault.imports.identity.carrying import Key, by_names, own_record, with_date
from vault.imports.identity.group import Group
from vault.imports.identity.growing import AMBIGUOUS, CONFLICT, Growing
from vault.imports.identity.joining import Reference
from vault.imports.identity.likeness import likenesses, nicknames, suggested
from vault.imports.identity.naming import Carried
from vault.imports.identity.resolution import Likeness, Person, PutAside, Resolution, Several
from vault.imports.layout import COUNTRY
from vault.imports.row import Row

_LINKED: Final = "linked_records"


def outcome(growing: Growing, carried: Carried) -> Resolution:
    """Return the people, in the order of their first rows, and what became of all other rows."""
    return _Outcome(growing, carried).resolution()


class _Outcome:
    def __init__(self, growing: Growing, carried: Carried) -> None:
        self._growing = growing
        self._torn = {place: whole for place, group in sorted(growing.of.items()) if (whole := group.whole).is_torn}
        self._carried = {
            key: {id(whole) for group in share if not (whole := group.whole).is_torn} for key, share in carried.items()
        }
        torn = {id(group.others): group for group in self._torn.values()}  # many are between the same many people
        between = {key: [*group.people] for key, group in torn.items()}
        named = {key for people in between.values() for key in people}
        named.update(key for share in self._carried.values() if len(share) > 1 for key in share)
        groups = [group for group in growing.groups if group.rows or id(group) in named]
        self._groups = sorted(groups, key=lambda group: min(group.rows, default=len(growing.rows)))
        self._places = {id(group): place for place, group in enumerate(self._groups)}
        self._possible = {key: tuple(sorted(self._places[one] for one in people)) for key, people in between.items()}

    def resolution(self) -> Resolution:
        people = tuple(map(self._person, self._groups))
        aside: list[PutAside] = []
        several: list[Several] = []
        for place, group in self._torn.items():
            row, reason = self._growing.rows[place], self._growing.reasons[place]
            possible = self._possible[id(group.others)]
            waits = reason != AMBIGUOUS or not possible or _needs_one(row)
            if waits:
                aside.append(PutAside(row=place, reason=reason))
            if possible and (not waits or _stops(row)):
                several.append(Several(row=place, people=possible))
        return Resolution(
            people=people,
            several=tuple(several),
            aside=tuple(aside),
            suggestions=suggested(self._shares(people), [group.born for group in self._groups]),
        )

    def _shares(self, people: Sequence[Person]) -> Iterator[tuple[str, Collection[int]]]:
        """Yield what speaks for people being one, and for whom."""
        alike: dict[Likeness, list[int]] = defaultdict(list)
        for place, person in enumerate(people):
            for likeness in person.likenesses:
                alike[likeness].append(place)
        yield from ((likeness.why, places) for likeness, places in alike.items())
        carried = {
            key: [self._places[one] for one in share if one in self._places] for key, share in self._carried.items()
        }
        yield from ((key[0], places) for key, places in carried.items())
        yield from nicknames(carried)
        for group in {id(group): group for group in self._torn.values()}.values():
            if self._growing.reasons[group.rows[0]] == CONFLICT:
                yield _LINKED, self._possible[id(group.others)]

    def _person(self, group: Group) -> Person:
        rows = [self._growing.rows[place] for place in group.rows]
        countries = {row.attributes[COUNTRY] for row in rows if COUNTRY in row.attributes}
        references = sorted(set(self._references(group, rows)))
        return Person(
            customer=None if group.held is None else group.held.customer,
            rows=tuple(sorted(group.rows)),
            references=tuple(Reference(source=source, id=Personal(id_)) for source, id_ in references),
            country=next(iter(countries)) if len(countries) == 1 else None,
            country_disputed=len(countries) > 1,
            likenesses=likenesses(group, rows),
        )

    def _references(self, group: Group, rows: Sequence[Row]) -> Iterator[Key]:
        """Yield what nothing reminds of yet: records, and of rows that are none what they have by name."""
        remembered = set[Key]() if group.held is None else group.held.records | group.held.remembered
        for row in rows:
            if row.role != "person":
                continue
            own = own_record(row)
            keys = [(link.source, link.id.reveal()) for link in row.links if not link.unless_named]
            if own is not None:
                keys.append(own)
            yield from (key for key in keys if key not in remembered)
            for key in by_names(row, (row.name, row.last_name)) if own is None else ():
                if key in remembered:
                    continue
                if len(self._carried[key]) == 1:
                    yield key
                elif group.born is not None:
                    yield with_date(key, group.born)


def _needs_one(row: Row) -> bool:
    """Whether a row says something that can be one person's alone."""
    if row.name is not None or row.role == "point" or row.restricted or row.requests or row.dealings:
        return True
    return any(said.verdict == "granted" for said in row.said)


def _stops(row: Row) -> bool:
    return bool(row.suppressed) or any(said.verdict != "granted" for said in row.said)
