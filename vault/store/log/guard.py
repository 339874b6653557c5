"""The guard of the log: the last checkpoint of each log in a file, where whoever restores the database does not reach.

A file is replaced whole, after its COMMIT, and never by an older checkpoint. A crash in between leaves the one before,
which is as true as ever. Nobody's data enters: a checkpoint is a name, a size, a hash and signatures.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from vault.base.errors import Unavailable
from vault.base.ids import OrganizationId

_LARGEST: Final = 65_536
Newer = Callable[[bytes, bytes], bool]


class Guard:
    """The files of one folder. It is made when the first checkpoint is."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder

    def read(self, organization: OrganizationId) -> bytes | None:
        """Return the note kept of a log, if one is; `Unavailable` when that cannot be said."""
        try:
            with self._path(organization).open("rb") as file:
                return file.read(_LARGEST)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable("log_guard_unreadable", f"{self.folder} cannot be read: {error.strerror}") from None

    def write(self, organization: OrganizationId, note: bytes, *, newer: Newer) -> None:
        """Keep a note for good, unless what is kept is as new: `newer(one, than)`; `Unavailable` when it cannot be."""
        path = self._path(organization)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)  # of two sequencers on one machine, one at a time
                kept = self.read(organization)
                if kept is None or newer(note, kept):
                    _replace(path, note)
                    os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise Unavailable("log_guard_unwritable", f"{self.folder} cannot be written: {error.strerror}") from None

    def _path(self, organization: OrganizationId) -> Path:
        return self.folder / f"{organization}.checkpoint"


def _replace(path: Path, note: bytes) -> None:
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(note)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
