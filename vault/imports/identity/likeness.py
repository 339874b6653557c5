"""Who may be one person though nothing proves it: suggested to a human, never guessed.

Different dates of birth speak against it, and so does a likeness that many have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations, permutations, product
from typing import Final

from vault.base.personal import Personal
from vault.imports.identity.carrying import Key, Names, addresses
from vault.imports.identity.group import Group
from vault.imports.identity.joining import ADDRESS_AND_NAME
from vault.imports.identity.resolution import FEW, Likeness, Suggested
from vault.imports.row import Row

_HOUSEHOLD: Final = 8
"""An address that more first names have is no home."""


def likenesses(group: Group, rows: Iterable[Row]) -> tuple[Likeness, ...]:
    """Return what makes a group like others, each once."""
    found = {key for row in rows for key in _of(addresses(row), (row.name, row.last_name))}
    if group.held is not None:
        found.update(key for names in group.held.names for key in _of(group.held.addresses, names))
    return tuple(Likeness(why=why, parts=tuple(map(Personal, parts))) for why, *parts in sorted(found))


def _of(addresses: Iterable[str], names: Names) -> Iterator[tuple[str, ...]]:
    first, last = names
    if first is None:
        return
    if last is not None:
        yield "full_name", first, last
    for address in addresses:
        local, _, domain = address.rpartition("@")
        yield "plus_tag", f"{local.partition('+')[0]}@{domain}", first


def nicknames(carried: Mapping[Key, Collection[int]]) -> Iterator[tuple[str, Collection[int]]]:
    """Yield who has an address, or a number and a last name, under first names of which one holds the other.

    `carried` are the people of each address or number with names.
    """
    homes: dict[tuple[str, ...], dict[str, Collection[int]]] = defaultdict(dict)
    for (source, id_), people in carried.items():
        index, first, *last = id_.split("\n")
        homes[source, index, *last][first] = people
    for firsts in homes.values():
        for one, other in permutations(firsts, 2) if len(firsts) <= _HOUSEHOLD else ():
            if one in other:
                yield from (("nickname", {*pair}) for pair in product(firsts[one], firsts[other]))


def suggested(shares: Iterable[tuple[str, Collection[int]]], born: Sequence[date | None]) -> tuple[Suggested, ...]:
    """Return pairs of people who share something, and what, unless they were born on different days.

    Each of `shares` is a reason and who it speaks of.
    """
    pairs: dict[tuple[int, int], set[str]] = defaultdict(set)
    for why, people in shares:
        for one, other in combinations(sorted(people), 2) if len(people) <= FEW else ():
            if born[one] == born[other] or born[one] is None or born[other] is None:
                pairs[one, other].add(why)
    for reasons in pairs.values():
        if ADDRESS_AND_NAME in reasons:  # the address itself says more than the address without its plus
            reasons.discard("plus_tag")
    return tuple(Suggested(people=pair, why=tuple(sorted(reasons))) for pair, reasons in sorted(pairs.items()))
