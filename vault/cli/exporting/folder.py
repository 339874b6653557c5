"""A folder of an export while it is written: under another name until its manifest is there, and open to nobody else.

What fails takes the files with it. What is killed leaves a folder whose name says that it is not whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from vault.base.errors import Conflict, Unavailable
from vault.domain.exported.manifest import MANIFEST, File

INCOMPLETE: Final = ".incomplete"


class _Written:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.digest = sha256()
        self.size = 0
        self.lines = 0


class Draft:
    """The folder while it is written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, _Written] = {}

    def add(self, name: str, data: bytes, *, lines: int) -> None:
        """Write more of a file."""
        written = self._files.get(name)
        if written is None:
            (self._path / name).parent.mkdir(mode=0o700, exist_ok=True)
            written = self._files[name] = _Written(_create(self._path / name))
        written.file.write(data)
        written.digest.update(data)
        written.size += len(data)
        written.lines += lines

    def files(self) -> dict[str, File]:
        """Return what was written, flushed to the disk."""
        for written in self._files.values():
            _flush(written.file)
        return {
            name: File(sha256=written.digest.hexdigest(), bytes=written.size, lines=written.lines)
            for name, written in self._files.items()
        }

    def finish(self, manifest: bytes) -> None:
        """Write the manifest."""
        file = _create(self._path / MANIFEST)
        file.write(manifest)
        _flush(file)

    def close(self) -> None:
        """Let go of the files."""
        for written in self._files.values():
            written.file.close()


@contextmanager
def draft(to: Path) -> Iterator[Draft]:
    """Yield the draft of a folder, which gets its name when the block ends well.

    `Conflict` for a folder that is not empty, or one that another export was killed in.
    """
    unfinished = to.with_name(to.name + INCOMPLETE)
    try:
        if to.exists() and (not to.is_dir() or any(to.iterdir())):
            raise Conflict("not_empty", f"{to} is not empty; name a new folder")
        try:
            unfinished.mkdir(mode=0o700)
        except FileExistsError:
            raise Conflict(
                "export_unfinished", f"{unfinished} is left of an export that was stopped; look, then delete it"
            ) from None
        writing = Draft(unfinished)
        try:
            yield writing
            unfinished.rename(to)  # an empty folder makes way
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        finally:
            writing.close()
    except OSError as error:
        raise Unavailable("folder_unwritable", f"{to} cannot be written: {error.strerror}") from None


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()
