"""The file of a witness: its key, and of each log the tree it cosigned last. One process owns it.

It is replaced whole and flushed before a cosignature leaves, so no crash makes a witness forget what it said.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

import msgspec

from vault.base.errors import Conflict, Unavailable

_OTHERS: Final = 0o077


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A tree that was cosigned."""

    size: int
    root: bytes


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """All that a witness keeps. `seed` is its private key; `heads` are by origin."""

    name: str
    seed: bytes
    heads: dict[str, Head]


class WitnessFile:
    """The file, owned from now until this process ends; `Conflict` if another one owns it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("witness_runs", f"another witness works with {path}") from None
        except OSError as error:
            raise _unusable(path, error) from None

    def read(self) -> Kept | None:
        """Return what is kept; none if there is no file yet."""
        try:
            with self._path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & _OTHERS:
                    raise Unavailable("bad_witness_file", f"{self._path} may be read by others: chmod 600 it")
                return msgspec.json.decode(file.read(), type=Kept)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(self._path, error) from None
        except msgspec.DecodeError:
            raise Unavailable("bad_witness_file", f"{self._path} is not a file of a witness") from None

    def write(self, kept: Kept) -> None:
        """Keep it for good."""
        draft = self._path.with_name(f"{self._path.name}.new")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgspec.json.encode(kept))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise _unusable(self._path, error) from None

    def close(self) -> None:
        """Let another process own the file."""
        os.close(self._lock)


def _unusable(path: Path, error: OSError) -> Unavailable:
    return Unavailable("bad_witness_file", f"{path} cannot be used: {error.strerror}")
