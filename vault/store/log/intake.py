"""The access log's intake: entries are written with what they tell of, and wait for the sequencer's number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vault.base.ids import EntryId, array, raw
from vault.store.database import Work

Entry = tuple[EntryId, bytes]

_READ: Final = "SELECT body FROM vault.log_entry WHERE organization = $1 AND id = $2"
_COUNT: Final = "SELECT count(*) FROM vault.log_entry WHERE organization = $1"


def adding(beside: str = "") -> str:
    """Return a statement that writes entries and, in the same step, does `beside`.

    `$1` is the organization, `$2` and `$3` are the entries; the parameters of `beside` begin at `$4`.
    """
    return f"""
WITH {f"beside AS ({beside}), " if beside else ""}entry AS (
  INSERT INTO vault.log_entry (organization, id, body) SELECT $1, * FROM unnest($2::text::uuid[], $3::bytea[])
)
INSERT INTO vault.log_pending (organization, entry) SELECT $1, unnest($2::text::uuid[])
"""  # noqa: S608 - statements of ours


_ADD: Final = adding()


async def add(work: Work, entries: Sequence[Entry], *values: object, by: str = _ADD) -> None:
    """Write entries and queue them for their numbers, without a counter and without a lock.

    `by` is a statement that `adding` made, `values` are its parameters from `$4` on. The first entry of a work is
    noted, for whoever promises it after the COMMIT.
    """
    if work.entry is None and entries:
        work.entry = entries[0][1]
    await work.fetch(by, work.own, array([entry for entry, _ in entries]), [body for _, body in entries], *values)


async def read(work: Work, entry: EntryId) -> bytes | None:
    """Return an entry's bytes as they were written."""
    rows = await work.fetch(_READ, work.own, raw(entry))
    return rows[0]["body"] if rows else None


async def count(work: Work) -> int:
    """Return how many entries the organization has."""
    rows = await work.fetch(_COUNT, work.own)
    return int(rows[0]["count"])
