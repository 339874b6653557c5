"""The next steps: by addresses and numbers with names, then by addresses alone where a row names nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from vault.imports.identity.carrying import Key, Names, addresses, by_names, own_record
from vault.imports.identity.group import Group, of_row
from vault.imports.identity.growing import AMBIGUOUS, UNKNOWN, Growing

Carried = dict[Key, list[Group]]
"""Who has which address or number under which names."""


def by_name(growing: Growing) -> Carried:
    """Make one who has the same address under a first name, or the same number under both names."""
    carried: Carried = defaultdict(list)
    names = _names(growing)
    for place, group in growing.of.items():
        whole = group.whole
        if whole.is_torn:
            continue
        row = growing.rows[place]
        own = [(row.name, row.last_name)]
        if row.role == "point":  # it counts as of the record that it belongs to
            own = [name for link in row.links for name in names[link.source, link.id.reveal()]]
        for name in own:
            for key in by_names(row, name):
                carried[key].append(whole)
    _add_known(growing, carried)
    growing.unite(carried.values(), reason=AMBIGUOUS)
    return carried


def without_name(growing: Growing) -> None:
    """Give who has no first name to the only person who has the address; and two such at one address are one."""
    having: dict[str, list[Group]] = {}
    for group in growing.groups:
        if not group.is_named:
            having |= {address: [] for address in _addresses(growing, group)}
    _find(growing, having)
    growing.unite(having.values(), reason=AMBIGUOUS, by_name=False)


def answers(growing: Growing) -> None:
    """Give an answer about an address to who has it: an answer makes nobody."""
    asked: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(growing.rows):
        if row.role == "consent" and not row.links:
            asked[addresses(row)[0]].append(place)
    having: dict[str, list[Group]] = {address: [] for address in asked}
    _find(growing, having)
    for address, places in asked.items():
        people = list({id(group): group for group in having[address]}.values())
        for place in places:
            answer = growing.of[place] = of_row(place, growing.rows[place])
            if len(people) == 1:
                people[0].take([answer])
            else:
                growing.tear(answer, people, reason=AMBIGUOUS if people else UNKNOWN)


def _names(growing: Growing) -> dict[Key, set[Names]]:
    """Return under which names records of contact points stand: their own, else of who leads there, else known ones."""
    own: dict[Key, set[Names]] = {}
    for row in growing.rows:
        if row.role == "point":
            own |= {(link.source, link.id.reveal()): set() for link in row.links}
    linked: dict[Key, set[Names]] = {key: set() for key in own}
    for place, group in growing.of.items() if own else ():
        row = growing.rows[place]
        if row.role != "person" or group.whole.is_torn:
            continue
        names = row.name, row.last_name
        key = own_record(row)
        if key in own:
            own[key].add(names)
        for link in row.links:
            key = link.source, link.id.reveal()
            if key in linked and not link.unless_named:
                linked[key].add(names)
    known = {key: {*held.names} for held, _ in growing.held for key in held.records & own.keys()}
    return {key: names or linked[key] or known.get(key, set()) for key, names in own.items()}


def _add_known(growing: Growing, carried: Carried) -> None:
    """Add known customers: who is remembered by a key, and only if nobody is, who has it by points and names."""
    remembered: Carried = defaultdict(list)
    having: Carried = defaultdict(list)
    for held, group in growing.held:
        for key in held.remembered & carried.keys():
            remembered[key].append(group.whole)
        for key in held.by_names & carried.keys():
            having[key].append(group.whole)
    for key, groups in (having | remembered).items():
        carried[key].extend(groups)


def _find(growing: Growing, having: dict[str, list[Group]]) -> None:
    """Find who has these addresses."""
    for group in growing.groups if having else ():
        for address in _addresses(growing, group):
            if address in having:
                having[address].append(group)


def _addresses(growing: Growing, group: Group) -> Iterator[str]:
    if group.held is not None:
        yield from group.held.addresses
    for place in group.rows:
        yield from addresses(growing.rows[place])
