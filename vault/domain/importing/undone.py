"""Law 14: what an undone import brought counts no more, from when the undoing was recorded; its noes stay.

Unless they were undone with it. What anybody said since, or another import brought, stays. Nothing is taken away: who
asks what was known before the undoing is told what was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from vault.base.errors import Invalid
from vault.base.ids import ImportId
from vault.base.personal import Personal
from vault.domain.audit.commitment import LONGEST_REASON, SHORTEST_REASON
from vault.domain.fact import Fact, FactKind

NOES: Final[frozenset[FactKind]] = frozenset({"refused", "withdrawn", "objected"})
"""What stays of an undone import. Suppressions do, too."""


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """The row that names an import: since when it is undone, and whether its noes and suppressions are, too."""

    import_: ImportId
    recorded_at: datetime
    with_noes: bool


class NewUndoing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take back what an import brought. Its noes and stops stay, unless `with_noes`, which needs a reason.

    `dry` only says what would go. The reason is kept sealed beside the entry of the log.
    """

    dry: bool = False
    with_noes: bool = False
    reason: Annotated[Personal, Meta(description="in a few words; needed for with_noes alone")] | None = None


class Undoing(msgspec.Struct, frozen=True, kw_only=True):
    """What undoing an import takes back, and what it leaves.

    `customers` are those it made about whom nobody else said anything: they are erased. `stay` are those it made about
    whom somebody did. Of noes and suppressions, either all are kept or all are undone. `left`: so many customers are
    still to be erased; nothing about them counts any more.
    """

    id: ImportId
    dry: bool
    with_noes: bool
    yeses: int
    noes: int
    suppressions: int
    attributes: int
    contact_points: int
    references: int
    customers: int
    stay: int
    left: int = 0
    undone_at: datetime | None = None


def counted(facts: Iterable[Fact], undone: Iterable[Undone], *, known_at: datetime | None = None) -> list[Fact]:
    """Return the facts that count: with `known_at`, as far as imports were undone by then."""
    rows = tuple(undone)
    return [fact for fact in facts if counts(fact.brought_by, rows, is_stop=fact.kind in NOES, known_at=known_at)]


def counts(
    brought_by: ImportId | None, undone: Iterable[Undone], *, is_stop: bool, known_at: datetime | None = None
) -> bool:
    """Whether what an import brought counts; what nobody knows an import of always does."""
    return brought_by is None or all(
        one.import_ != brought_by
        or (is_stop and not one.with_noes)
        or (known_at is not None and known_at < one.recorded_at)
        for one in undone
    )


def read_why(new: NewUndoing) -> Personal | None:
    """Return why noes and stops are undone, in one line, or none where they stay.

    `Invalid` for no reason: nobody brings back into reach who said no, and says nothing of why.
    """
    if not new.with_noes:
        return None
    line = "" if new.reason is None else " ".join(new.reason.reveal().split())
    if not SHORTEST_REASON <= len(line) <= LONGEST_REASON:
        raise Invalid("no_reason", "say in 10 to 500 letters why noes and stops are to count no more")
    return Personal(line)
