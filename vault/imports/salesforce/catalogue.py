"""What ids of Salesforce stand for: in other files of the same export, gathered before what points to them is read.

Ids are compared by their first 15 characters, case and all; the other three are a checksum of these.
"""

from __future__ import annotations

from typing import Final

from vault.imports.files.table import Table
from vault.imports.row import FileRefused
from vault.imports.salesforce.objects import (
    CONTACT,
    ENGAGEMENT,
    INDIVIDUAL,
    OBJECTS,
    POINT_EMAIL,
    POINT_PHONE,
    PURPOSE,
    SUBSCRIPTION,
    SUBSCRIPTION_CHANNEL,
)

_KINDS: Final = {POINT_EMAIL: "Email", POINT_PHONE: "Phone"}
_GROUP: Final = 5
_COMPARED: Final = 15
_WHOLE: Final = 18
_CHECKS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


class Catalogue:
    """What ids stand for, of the files of one export. It holds a few letters for each id."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, tuple[str, ...]]] = {}

    def gather(self, name: str, table: Table) -> None:
        """Keep what the ids of an object's file stand for, to be read before what points to them.

        `FileRefused` when a column for that is not there.
        """
        wanted = ("id", *OBJECTS[name].keeps)
        missing = [column for column in wanted if table.header and column not in table.header]
        if missing:
            raise FileRefused("missing_column", f"{name}: there is no column {missing[0]}")
        places = [table.header.index(column) for column in wanted if table.header]
        kept = self._kept.setdefault(name, {})
        for record in table.records:
            if record.wrong is None:
                own, *values = (record.cells[place] for place in places)
                kept[own[:_COMPARED]] = tuple(values)

    def has(self, name: str, own: str) -> bool:
        """Whether an object's file holds the id."""
        return own[:_COMPARED] in self._kept.get(name, {})

    def is_person(self, own: str) -> bool:
        """Whether it is the id of somebody."""
        return self.has(INDIVIDUAL, own) or self.has(CONTACT, own)

    def purpose(self, own: str) -> str:
        """Return the name of a purpose; nothing for no id or one that is in no file."""
        return self._first(PURPOSE, own)

    def engagement(self, own: str) -> str:
        """Return the name of a channel type."""
        return self._first(ENGAGEMENT, own)

    def subscription(self, own: str) -> tuple[str, str]:
        """Return a subscription and its channel by name."""
        of, by = self._kept.get(SUBSCRIPTION_CHANNEL, {}).get(own[:_COMPARED], ("", ""))
        return self._first(SUBSCRIPTION, of), self.engagement(by)

    def point(self, own: str) -> tuple[str, str] | None:
        """Return the type of a contact point, and whose it is; none for one that nobody in these files has."""
        for name, kind in _KINDS.items():
            if self.has(name, own):
                parent = self._first(name, own)
                return (kind, parent) if self.is_person(parent) else None
        return None

    def _first(self, name: str, own: str) -> str:
        return next(iter(self._kept.get(name, {}).get(own[:_COMPARED], ())), "")


def whole_id(own: str) -> str:
    """Return an id with the checksum of its first 15 characters, which alone count; what is no such id as it is."""
    if len(own) not in (_COMPARED, _WHOLE):
        return own
    own = own[:_COMPARED]
    groups = (own[start : start + _GROUP] for start in range(0, _COMPARED, _GROUP))
    return own + "".join(
        _CHECKS[sum(1 << place for place, letter in enumerate(group) if "A" <= letter <= "Z")] for group in groups
    )
