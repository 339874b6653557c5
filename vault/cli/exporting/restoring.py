"""An export read back from its folder: every file is held against the manifest before a line of it is believed.

`consent-vault import FOLDER` calls `restore` for a folder that `is_export`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from vault.actions.exporting import restoring
from vault.actions.exporting.given import How, Progress, Restored
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Invalid
from vault.cli.exporting.folder import INCOMPLETE
from vault.cli.exporting.key import kept
from vault.domain.actor import Actor
from vault.domain.exported.manifest import MANIFEST, PERSONS, Manifest, read

LONGEST: Final = 1 << 24
"""Bytes of a line, or of a manifest: nobody has said so much."""
_BLOCK: Final = 1 << 20


class Held:
    """An export whose files are what its manifest says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        text = _bytes(folder / MANIFEST)
        self.manifest: Manifest = read(text)
        self.digest = sha256(text).hexdigest()
        for name, told in self.manifest.files.items():
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise Invalid("unreadable_export", f"{MANIFEST} names a file outside of the export")
            size, digest = _fingerprint(folder / name)
            if size < told.bytes:
                raise Conflict("export_altered", f"{folder / name} was cut off; bring the whole export")
            if (size, digest) != (told.bytes, told.sha256):
                raise Conflict("export_altered", f"{folder / name} is not what the export wrote; bring it as it was")

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a file; of one that is not there, none."""
        if name not in self.manifest.files:
            return
        with (self._folder / name).open("rb") as file:
            while text := file.readline(LONGEST + 1):
                if len(text) > LONGEST:
                    raise Invalid("unreadable_export", f"a line of {self._folder / name} is too long")
                yield text


def is_export(folder: Path) -> bool:
    """Whether a folder is an export of ours; `Conflict` for one that is not whole."""
    if (folder / MANIFEST).is_file():
        return True
    if folder.name.endswith(INCOMPLETE) and (folder / PERSONS).is_file():
        raise Conflict("export_unfinished", f"{folder} is of an export that was stopped; make it anew")
    return False


async def restore(vault: Vault, actor: Actor, *, folder: Path, key: Path | None = None, how: How) -> Restored:
    """Restore an export from its folder; `key` is the file that was made with it. `Conflict` for an altered file."""
    held = await asyncio.to_thread(Held, folder)
    how = how if key is None else msgspec.structs.replace(how, carrier=kept(key))
    return await restoring.restore(vault, actor, given=held, how=how)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST + 1)
    except OSError as error:
        raise Invalid("unreadable_export", f"{path} cannot be read: {error.strerror}") from None
    if len(text) > LONGEST:
        raise Invalid("unreadable_export", f"{path} is too long for a manifest")
    return text


def _fingerprint(path: Path) -> tuple[int, str]:
    size, digest = 0, sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                size += len(block)
                digest.update(block)
    except OSError as error:
        raise Invalid("unreadable_export", f"{path} cannot be read: {error.strerror}") from None
    return size, digest.hexdigest()


__all__ = ["How", "Progress", "is_export", "restore"]
