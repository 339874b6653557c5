"""What an import is given, and what it tells on its way and in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from vault.base.ids import ImportId, OrganizationId
from vault.domain.importing.told import State
from vault.imports.files.survey import Opened, Overrides

Stage = Literal["looking", "staging", "joining", "settling"]
Part = Literal["staging", "settling"]
"""What several processes do together."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be read. `path` is relative, with `/`: folder and name tell the source. `opened` opens it anew.

    One that was `named` has to be read. Of a whole folder, what is clearly no export may be passed over.
    """

    path: str
    opened: Opened
    named: bool = True


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """Files, the instant they speak for, and how they are read where it is not by the organization file.

    `mapping` is one file's own, and then there is but one file. `dry`: looked at, and nothing but that. `keep`: a dry
    one stays, to be shown and then carried out; otherwise it takes itself away. `received`: the import whose files
    these are, where they came over HTTP.
    """

    files: Sequence[File]
    exported_at: datetime
    dry: bool = False
    keep: bool = False
    mapping: Mapping[str, Any] | None = None
    overrides: Overrides = Overrides()
    received: ImportId | None = None


class FileTold(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is read, and what became of it: each of its `rows` has one verdict.

    `reasons` are those of rows put aside, `cells` those of cells set aside. `code`: why it was refused as a whole.
    """

    number: int
    path: str
    source: str
    pattern: str
    digest: str
    size: int
    encoding: str
    separator: str
    day_first: bool | None
    rows: int
    verdicts: Mapping[str, int] = {}
    reasons: Mapping[str, int] = {}
    cells: Mapping[str, int] = {}
    code: str | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """How far an import is: rows done of all rows; how many there are nobody knows while it is `looking`.

    `files` are told once, when all of them were looked at.
    """

    stage: Stage
    done: int
    of: int | None
    files: Sequence[FileTold] = ()


Progress = Callable[[Step], None]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an import. `repeated`: all of it had been done before, and nothing was done now.

    `cells` counts cells set aside in rows that were applied. `customers`: how many were made, or would have been.
    `unread` are files of a folder that are no exports.
    """

    id: ImportId
    state: State
    dry: bool
    exported_at: datetime
    made_at: datetime
    ended_at: datetime | None
    files: Sequence[FileTold]
    rows: int
    verdicts: Mapping[str, int]
    reasons: Mapping[str, int]
    cells: Mapping[str, int]
    customers: int
    code: str | None = None
    repeated: bool = False
    unread: Sequence[str] = ()


Claim = Callable[[int, int], bool]
"""Takes a chunk of a file for whoever asks, by the file's number; false if somebody has it."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """An import for several processes to work on: what it was given, to be opened by each of them.

    `chunks`: of how many each file is, by its number.
    """

    organization: OrganizationId
    import_: ImportId
    chunks: Sequence[int]
    given: Given


class Crew(Protocol):
    """Processes beside this one. Of what they stage together, each takes what no other has."""

    claim: Claim

    @property
    def has_claimed(self) -> bool:
        """Whether any of them took anything."""
        ...

    def work(self, part: Part) -> AsyncIterator[int]:
        """Let each do its part, and yield how many rows are done whenever some are."""
        ...


Workers = Callable[[Task], AbstractAsyncContextManager[Crew | None]]
"""Starts processes for a task, if it is worth it, and ends them."""
