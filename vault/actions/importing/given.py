"""What an import is given, and what it tells on its way and in the end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from vault.base.ids import ImportId, OrganizationId
from vault.imports.survey import Opened, Overrides

Stage = Literal["looking", "staging", "joining", "settling"]
State = Literal["receiving", "staging", "joining", "settling", "planned", "done", "refused"]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be read. `path` is relative, with `/`: folder and name tell the source. `opened` opens it anew."""

    path: str
    opened: Opened


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """Files, the instant they speak for, and how they are read where it is not by the organization file.

    `mapping` is one file's own, and then there is but one file. `dry`: looked at, and nothing but that. `keep`: a dry
    one stays, to be shown and then carried out; otherwise it takes itself away.
    """

    files: Sequence[File]
    exported_at: datetime
    dry: bool = False
    keep: bool = False
    mapping: Mapping[str, Any] | None = None
    overrides: Overrides = Overrides()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """How far an import is: rows done of all rows; how many there are nobody knows while it is `looking`."""

    stage: Stage
    done: int
    of: int | None


Progress = Callable[[Step], None]


class FileTold(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file: each of its `rows` has one verdict; `reasons` are those of rows put aside."""

    path: str
    source: str
    pattern: str
    digest: str
    encoding: str
    separator: str
    rows: int
    verdicts: Mapping[str, int] = {}
    reasons: Mapping[str, int] = {}
    cells: Mapping[str, int] = {}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an import. `repeated`: all of it had been done before, and nothing was done now.

    `cells` counts cells set aside in rows that were applied. `customers`: how many were made.
    """

    id: ImportId
    state: State
    dry: bool
    repeated: bool
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


class Workers(Protocol):
    """Processes that settle beside this one."""

    def __call__(
        self, organization: OrganizationId, import_: ImportId, *, done: Callable[[int], None]
    ) -> Awaitable[None]:
        """Work until nothing is left to settle; tells `done` how many rows each time."""
        ...
