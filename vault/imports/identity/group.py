"""Rows and known customers that are one, on the way to a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from vault.imports.identity.carrying import Held
from vault.imports.row import Row


class Group:
    """Rows by their places, and at most one known customer and one date of birth.

    `others` is empty for who stands alone; one group for who became part of that; for who is torn those it may be part
    of, and who is torn is nobody.
    """

    __slots__ = ("born", "held", "is_named", "is_person", "is_torn", "others", "rows")

    def __init__(
        self, rows: list[int], *, born: date | None, is_named: bool, is_person: bool, held: Held | None = None
    ) -> None:
        self.rows = rows
        self.born = born
        self.is_named = is_named
        self.is_person = is_person
        self.held = held
        self.is_torn = False
        self.others: Sequence[Group] = ()

    @property
    def stands(self) -> bool:
        """Whether it is somebody, and not part of another."""
        return not self.others and not self.is_torn

    @property
    def whole(self) -> Group:
        """Return what it is part of."""
        group = self
        while group.others and not group.is_torn:
            group = group.others[0]
        return group

    @property
    def people(self) -> dict[int, Group]:
        """Return who it is, or who it may be part of."""
        whole = self.whole
        if not whole.is_torn:
            return {id(whole): whole}
        return {key: person for group in whole.others for key, person in group.people.items()}

    def take(self, others: Sequence[Group]) -> None:
        """Make others part of this one."""
        for other in others:
            self.rows.extend(other.rows)
            self.born = self.born or other.born
            self.held = self.held or other.held
            self.is_named |= other.is_named
            self.is_person |= other.is_person
            other.others = (self,)

    def tear(self, between: Sequence[Group]) -> None:
        """Leave it between others."""
        self.is_torn = True
        self.others = between


def of_row(place: int, row: Row) -> Group:
    """Return the group of one row."""
    return Group([place], born=row.birth_date, is_named=row.name is not None, is_person=row.role == "person")


def of_known(held: Held) -> Group:
    """Return the group of a customer without rows."""
    return Group([], born=held.born, is_named=bool(held.first_names), is_person=True, held=held)
