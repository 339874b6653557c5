"""The first step: what carries the same record of a source is one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from vault.imports.identity.carrying import Key, own_record
from vault.imports.identity.group import Group
from vault.imports.identity.growing import CONFLICT, UNKNOWN, Growing


def by_references(growing: Growing) -> None:
    """Make one what carries the same record, and put aside what leads to two customers or two dates of birth.

    A link that does not hold against names puts its row aside when it leads to somebody of another first name. Put
    aside, too, are words and contact points of a record that nobody is.
    """
    owners = _owners(growing)
    carried = {key: list(own) for key, own in owners.items()}
    unsure: list[tuple[Group, list[Group]]] = []
    for place, group in growing.of.items():
        for link in growing.rows[place].links:
            key = (link.source, link.id.reveal())
            if not link.unless_named:
                carried.setdefault(key, []).append(group)
            elif key in owners:  # one to a record that nobody is says nothing
                unsure.append((group, carried[key]))
                if _is_another(growing, place, owners[key]):
                    growing.tear(group, (), reason=CONFLICT)
    for group, linked in unsure:
        linked.append(group)
    shares = [[group for group in share if not group.is_torn] for share in carried.values()]
    _part_owners(growing, growing.unite(shares, reason=CONFLICT))
    for group in growing.groups:
        if not group.is_person:
            growing.tear(group, (), reason=UNKNOWN)
    growing.settle()


def _owners(growing: Growing) -> dict[Key, list[Group]]:
    """Return who is which record."""
    found: dict[Key, list[Group]] = defaultdict(list)
    for place, group in growing.of.items():
        key = own_record(growing.rows[place])
        if key is not None:
            found[key].append(group)
    for held, group in growing.held:
        for key in held.records:
            found[key].append(group)
    return found


def _is_another(growing: Growing, place: int, owners: Sequence[Group]) -> bool:
    """Whether a row names somebody else than all who are the record it is linked to."""
    row = growing.rows[place]
    own = own_record(row)
    if any(own in group.held.records for group in owners if group.held is not None):
        return False  # both are records of one customer already
    names = {growing.rows[other].name for group in owners for other in group.rows} - {None}
    if not names:
        names = {name for group in owners if group.held is not None for name in group.held.first_names}
    return bool(names) and row.name is not None and row.name not in names


def _part_owners(growing: Growing, contested: Sequence[Sequence[Group]]) -> None:
    """Put aside who would be the same record as another person: a record is one person's."""
    apart: dict[int, tuple[Group, list[Group]]] = {}
    for share in contested:
        people = {id(whole): whole for group in share if not (whole := group.whole).is_torn}
        if len(people) > 1:
            known = [person for person in people.values() if person.held is not None]
            apart |= {key: (person, known) for key, person in people.items() if person.held is None}
    for person, known in apart.values():
        growing.tear(person, known, reason=CONFLICT)
