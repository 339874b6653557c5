"""What hangs together, as far as nothing keeps it apart: an answer that does not depend on the order of anything.

Things that share something are one, and so on from thing to thing. Some have colours: a customer, a date of birth.
Where things that hang together show two colours of one kind, nothing is guessed: what leads to both is torn, and is
part of neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement

import msgspec

Colours = tuple[Hashable | None, ...]
"""Of each kind the colour a thing has, or none. Two things go together unless they differ in a kind that both have."""


class Torn(msgspec.Struct, frozen=True, kw_only=True):
    """Things that may be part of several others, and those."""

    things: Sequence[int]
    touched: Collection[int]


class Parted(msgspec.Struct, frozen=True, kw_only=True):
    """Groups of things that are one, and what is torn. `contested` is shared by things that did not all come to one."""

    groups: list[list[int]]
    torn: list[Torn]
    contested: list[Sequence[int]]


def part(
    things: Iterable[int], shares: Iterable[Sequence[int]], *, colours: Mapping[int, Colours], kept: Collection[int]
) -> Parted:
    """Return what is one. Each of `shares` are things that share something; `kept` are coloured and never torn."""
    found = Parted(groups=[], torn=[], contested=[])
    whole = _Forest(things)
    several = [share for share in shares if len(share) > 1]
    for share in several:
        whole.unite(share)
    apart: dict[int, list[int]] = {}
    for root, group in whole.trees():
        if len(group) == 1 or _go_together(colours[thing] for thing in group if thing in colours):
            found.groups.append(group)
        else:
            apart[root] = group
    if apart:
        inside: dict[int, list[Sequence[int]]] = defaultdict(list)
        for share in several:
            root = whole.root(share[0])
            if root in apart:
                inside[root].append(share)
        for root, group in apart.items():
            found.contested.extend(inside[root])
            _Parting(group, inside[root], colours=colours, kept=kept).into(found)
    return found


class _Forest:
    """Which things hang together."""

    def __init__(self, things: Iterable[int]) -> None:
        self._up = {thing: thing for thing in things}

    def root(self, thing: int) -> int:
        up = self._up
        while up[thing] != thing:
            up[thing] = up[up[thing]]
            thing = up[thing]
        return thing

    def unite(self, things: Sequence[int]) -> None:
        for thing in things[1:]:
            self._up[self.root(thing)] = self.root(things[0])

    def trees(self) -> Iterable[tuple[int, list[int]]]:
        found: dict[int, list[int]] = defaultdict(list)
        for thing in self._up:
            found[self.root(thing)].append(thing)
        return found.items()


class _Parting:
    """Things that hang together and do not all go together."""

    def __init__(
        self,
        things: Sequence[int],
        shares: Sequence[Sequence[int]],
        *,
        colours: Mapping[int, Colours],
        kept: Collection[int],
    ) -> None:
        self._colours = colours
        self._kept = kept
        self._plain = _Forest(thing for thing in things if thing not in colours)
        self._coloured = _Forest(thing for thing in things if thing in colours)
        self._touched: dict[int, set[int]] = defaultdict(set)
        for share in shares:
            coloured = [thing for thing in share if thing in colours]
            for alike in _alike(coloured, colours):
                self._coloured.unite(alike)
            self._plain.unite([thing for thing in share if thing not in colours])
        for share in shares:
            coloured = [thing for thing in share if thing in colours]
            for thing in share:
                if thing not in colours:
                    self._touched[self._plain.root(thing)].update(coloured)
        for touched in self._touched.values():
            if self._one(touched):
                self._coloured.unite([*touched])

    def into(self, found: Parted) -> None:
        """Add what is one and what is torn."""
        groups: dict[int, list[int]] = {}
        for _, group in self._coloured.trees():
            if self._one(group):
                groups.update(dict.fromkeys(group, group))
                found.groups.append(group)
                continue
            kept = [thing for thing in group if thing in self._kept]
            for thing in kept:
                groups[thing] = [thing]
                found.groups.append(groups[thing])
            if len(kept) < len(group):
                found.torn.append(Torn(things=[thing for thing in group if thing not in self._kept], touched=kept))
        for root, plain in self._plain.trees():
            touched = self._touched[root]
            into = [groups[thing] for thing in touched if thing in groups]
            if len(into) == len(touched) and len({*map(id, into)}) == 1:
                into[0].extend(plain)
            else:
                found.torn.append(Torn(things=plain, touched=touched))

    def _one(self, things: Iterable[int]) -> bool:
        return _go_together(self._colours[thing] for thing in things)


def _go_together(colours: Iterable[Colours]) -> bool:
    return all(len({*kind} - {None}) <= 1 for kind in zip(*colours, strict=True))


def _alike(things: Sequence[int], colours: Mapping[int, Colours]) -> Iterator[Sequence[int]]:
    """Yield those of things that share something that can be one by it.

    By kinds, not by pairs: there may be thousands at one address.
    """
    by_kinds: dict[tuple[bool, ...], list[int]] = defaultdict(list)
    for thing in things:
        by_kinds[tuple(colour is not None for colour in colours[thing])].append(thing)
    for one, other in combinations_with_replacement(by_kinds, 2):
        both = [place for place, (first, second) in enumerate(zip(one, other, strict=True)) if first and second]
        left = _by(by_kinds[one], both, colours=colours)
        right = _by(by_kinds[other], both, colours=colours)
        for colour, alike in left.items():
            if colour in right:
                yield [*alike, *right[colour]]


def _by(things: Iterable[int], kinds: Sequence[int], *, colours: Mapping[int, Colours]) -> dict[Colours, list[int]]:
    found: dict[Colours, list[int]] = defaultdict(list)
    for thing in things:
        found[tuple(colours[thing][kind] for kind in kinds)].append(thing)
    return found
