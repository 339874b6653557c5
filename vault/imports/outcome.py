"""What became of an import: told row by row, in counts, codes and ids of ours, never in a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from vault.base.ids import CustomerId
from vault.imports.row import Aside, FileRefused

PENDING: Final = "pending"


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """A file some other system wrote. `path` is relative, with `/`; its name finds how to read it."""

    path: str
    data: bytes


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded for a row. `verdict` is `pending` for a yes without the evidence it needs."""

    verdict: str
    purpose: str
    channel: str
    repeated: bool


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was applied: to whom, and what was recorded for each."""

    record: int
    customers: tuple[CustomerId, ...]
    told: tuple[Told, ...]


class FileLoaded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file: each of its `count` rows is among those applied or those put aside."""

    path: str
    source: str
    count: int
    applied: tuple[Applied, ...]
    aside: tuple[Aside, ...]
    cells: tuple[Aside, ...]

    @property
    def verdicts(self) -> Mapping[str, int]:
        """How many of each verdict its rows said; `nothing` counts rows that said nothing."""
        found = Counter(told.verdict for row in self.applied for told in row.told)
        found["nothing"] = sum(not row.told for row in self.applied)
        return {verdict: count for verdict, count in found.items() if count}


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of everything that was given. `refused` files name why nothing of them was applied."""

    files: tuple[FileLoaded, ...]
    refused: Mapping[str, FileRefused]
    customers: int
    facts: int
