"""The first step: what carries the same record of a source is one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from vault.imports.identity.carrying import Held, Key, own_record
from vault.imports.identity.group import Group
from vault.imports.identity.growing import CONFLICT, UNKNOWN, Growing
from vault.imports.row import Row


def by_references(rows: Sequence[Row], held: Sequence[Held]) -> Growing:
    """Make one what carries the same record, and put aside what leads to two customers or two dates of birth.

    A link that does not hold against names puts its row aside when it leads to somebody of another first name. Put
    aside, too, are words and contact points of a record that nobody is.
    """
    records = _Records(rows, held)
    others = {place for place, key in records.unsure if records.is_another(place, key)}
    torn: set[int] = set()
    while True:
        growing = Growing(rows, held)
        for place in others | torn:
            growing.tear(growing.of[place], (), reason=CONFLICT)
        shares = records.shares(growing)
        contested = growing.unite([[one for one in share if not one.is_torn] for share in shares], reason=CONFLICT)
        more = _claimed(growing, contested)
        if not more:
            break
        torn |= more | {place for place, group in growing.of.items() if group.whole.is_torn} - others
    leads: dict[int, list[Group]] = defaultdict(list)
    for share in shares if torn else ():
        people = [group.whole for group in share if not group.whole.is_torn]
        for group in share:
            leads[id(group)].extend(people)
    for place in torn:
        growing.tear(growing.of[place], leads[id(growing.of[place])], reason=CONFLICT)
    for group in growing.groups:
        if not group.is_person:
            growing.tear(group, (), reason=UNKNOWN)
    growing.settle()
    return growing


def _claimed(growing: Growing, contested: Sequence[Sequence[Group]]) -> set[int]:
    """Return the rows that claim a record which is another person's too, with all they would make one.

    A record is one person's. A customer who is known stays, and whose record it is keeps what goes with it.
    """
    found: set[int] = set()
    places = {id(group): place for place, group in growing.of.items()} if contested else {}
    for share in contested:
        people = {id(whole): whole for group in share if not (whole := group.whole).is_torn}
        if len(people) > 1:
            owner = next((group.whole for group in share if id(group) not in places), None)
            for group in share:
                whole = group.whole
                if whole is not owner and not whole.is_torn:
                    found.update(whole.rows if whole.held is None else (places[id(group)],))
    return found


class _Records:
    """Who is which record, and whose rows lead to it.

    `unsure` are the links that do not hold against names, by their rows. One to a record that nobody is says nothing.
    """

    def __init__(self, rows: Sequence[Row], held: Sequence[Held]) -> None:
        self._rows = rows
        self._own: dict[Key, list[int]] = defaultdict(list)
        self._linked: dict[Key, list[int]] = defaultdict(list)
        self._known = {key: one for one in held for key in one.records}
        unsure: list[tuple[int, Key]] = []
        for place, row in enumerate(rows):
            own = own_record(row)
            if own is not None:
                self._own[own].append(place)
            for link in row.links:
                key = (link.source, link.id.reveal())
                if link.unless_named:
                    unsure.append((place, key))
                else:
                    self._linked[key].append(place)
        self.unsure = [(place, key) for place, key in unsure if self._is_somebody(key)]

    def shares(self, growing: Growing) -> list[list[Group]]:
        """Return those who carry the same record, record by record."""
        found: dict[Key, list[Group]] = {key: [group] for held, group in growing.held for key in held.records}
        for carried in (self._own, self._linked):
            for key, places in carried.items():
                found.setdefault(key, []).extend(growing.of[place] for place in places)
        for place, key in self.unsure:
            found[key].append(growing.of[place])
        return [share for share in found.values() if len(share) > 1]

    def is_another(self, place: int, key: Key) -> bool:
        """Whether a row names somebody else than whoever is the record."""
        row = self._rows[place]
        names = self._names(self._own.get(key, ())) or self._names(self._linked.get(key, ()))
        known = self._known.get(key)
        own = own_record(row)
        if not names and known is not None and (own is None or self._known.get(own) is not known):
            names = known.first_names
        return row.name is not None and bool(names) and row.name not in names

    def _is_somebody(self, key: Key) -> bool:
        """Whether somebody is the record, or a row of somebody vouches for it."""
        vouching = (self._rows[place].role == "person" for place in self._linked.get(key, ()))
        return key in self._own or key in self._known or any(vouching)

    def _names(self, places: Iterable[int]) -> set[str]:
        return {name for place in places if (name := self._rows[place].name) is not None}
