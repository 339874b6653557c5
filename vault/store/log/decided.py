"""The last decisions of the log, newest first, a page at a time: for whoever asks them again under other rules."""

from __future__ import annotations

from typing import Final

import msgspec

from vault.base.ids import ENTRY, EntryId, show
from vault.store.database import Work

Place = tuple[int, int]
"""A generation and a number in it."""

BEGINNING: Final[Place] = (2**31 - 1, 2**62)
"""After every number there is."""

_DECIDED: Final = """
SELECT l.generation, l.number, l.entry, e.body FROM vault.log_leaf l
LEFT JOIN vault.log_entry e ON e.organization = $1 AND e.id = l.entry
WHERE l.organization = $1 AND l.kind = 'decision' AND (l.generation, l.number) < ($2, $3)
ORDER BY l.generation DESC, l.number DESC LIMIT $4
"""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """The entry of a decision. Without a body it was let go of after its years."""

    place: Place
    entry: EntryId
    body: bytes | None


async def before(work: Work, place: Place, *, most: int) -> list[Decided]:
    """Return up to `most` decisions that were numbered before a place, the newest first."""
    rows = await work.fetch(_DECIDED, work.own, *place, most)
    return [
        Decided(place=(row["generation"], row["number"]), entry=show(ENTRY, row["entry"]), body=row["body"])
        for row in rows
    ]
