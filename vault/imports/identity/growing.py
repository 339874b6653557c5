"""Groups of rows, growing by what they share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from vault.imports.identity.carrying import Held
from vault.imports.identity.group import Group, of_known, of_row
from vault.imports.identity.parting import Colours, part
from vault.imports.row import Row

CONFLICT: Final = "identity_conflict"
AMBIGUOUS: Final = "ambiguous_person"
UNKNOWN: Final = "unknown_reference"


class Growing:
    """What is known so far: the groups that stand, and why the rows of others were put aside.

    `of` holds the first group of each row; answers about an address, which name nobody, have none to begin with.
    """

    def __init__(self, rows: Sequence[Row], held: Sequence[Held]) -> None:
        self.rows = rows
        self.held = [(one, of_known(one)) for one in held]
        self.of = {place: of_row(place, row) for place, row in enumerate(rows) if _is_somebodys(row)}
        self.groups = [*(group for _, group in self.held), *self.of.values()]
        self.reasons: dict[int, str] = {}

    def unite(self, shares: Iterable[Sequence[Group]], *, reason: str, by_name: bool = True) -> list[list[Group]]:
        """Make one what shares something, as far as it goes together; return what did not.

        Unless it is `by_name`, two who have names stay two. `reason` is why rows that are torn are put aside.
        """
        several = [share for share in shares if len(share) > 1]
        things = list({id(group): group for share in several for group in share}.values())
        at = {id(group): place for place, group in enumerate(things)}
        colours = {place: _colours(group, by_name=by_name) for place, group in enumerate(things)}
        coloured = {place: own for place, own in colours.items() if own != (None, None, None)}
        kept = {place for place, (known, _, named) in coloured.items() if known or named}
        shared = ([at[id(group)] for group in share] for share in several)
        parted = part(at.values(), shared, colours=coloured, kept=kept)
        for first, *others in parted.groups:
            things[first].take([things[other] for other in others])
        for torn in parted.torn:
            touched = [things[place] for place in torn.touched]
            for place in torn.things:
                self.tear(things[place], touched, reason=reason)
        self.settle()
        return [[things[place] for place in share] for share in parted.contested]

    def settle(self) -> None:
        """Keep the groups that stand."""
        self.groups = [group for group in self.groups if group.stands]

    def tear(self, group: Group, between: Sequence[Group], *, reason: str) -> None:
        """Leave a group between others."""
        group.tear(between)
        self.reasons.update(dict.fromkeys(group.rows, reason))


def _is_somebodys(row: Row) -> bool:
    return row.role != "list" and (row.role != "consent" or bool(row.links))


def _colours(group: Group, *, by_name: bool) -> Colours:
    known = None if group.held is None else id(group)
    return known, group.born, None if by_name or not group.is_named else id(group)
