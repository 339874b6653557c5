"""The certificate of an erasure: what went, what stays and why. It is handed over and kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from vault.base.ids import EntryId, Subject


class Stays(msgspec.Struct, frozen=True, kw_only=True):
    """Something kept after an erasure, how many of it, why, and until when; none for as long as it is needed."""

    what: str
    count: int
    why: str
    until: date | None = None


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure did. `no_backup_after` is the date from which no backup can bring the person back.

    While it has no date, `no_date_because` says why.
    """

    subject: Subject
    erased_at: datetime
    gone: Mapping[str, int]
    stays: tuple[Stays, ...]
    no_backup_after: date | None
    no_date_because: str | None
    entry: EntryId


def stays(*, facts: int, suppressions: int, marks: int) -> tuple[Stays, ...]:
    """Return what an erasure leaves, in words."""
    kept = (
        Stays(
            what="facts and log entries under a random subject", count=facts, why="nothing leads from it to a person"
        ),
        Stays(
            what="suppressions", count=suppressions, why="a stopped address stays stopped, also for others who have it"
        ),
        Stays(what="erasure marks", count=marks, why="so that no import or client brings the person back unasked"),
    )
    return tuple(one for one in kept if one.count)
