"""What goes between the two halves of an import: rows that may be about the same people, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from vault.base.ids import ImportId
from vault.imports.row import Row

Verdict = Literal["reject", "review", "conflict", "stricter", "new", "fills", "same"]
VERDICTS: tuple[Verdict, ...] = ("reject", "review", "conflict", "stricter", "new", "fills", "same")
"""Exactly one is a row's: the first that fits."""
ASIDE: frozenset[str] = frozenset({"reject", "review"})
"""Those of rows that were put aside: nothing of them is applied, and they are kept sealed."""


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was read, and its place: number of its file * 2^32 + record.

    `about_address`: its source knows addresses, so a no in it binds whoever has the address.
    """

    place: int
    row: Row
    about_address: bool


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Some components of an import: about the people of one, no row of another says anything.

    `exported_at` is the instant the files speak for.
    """

    import_: ImportId
    exported_at: datetime
    components: Sequence[Sequence[Staged]]
    dry: bool


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a row. `reason` is a code, of rows that were put aside."""

    place: int
    verdict: Verdict
    reason: str | None = None


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of every row of a batch, and how many customers were made, or in a dry run would be."""

    verdicts: Sequence[Judged]
    made: int = 0
