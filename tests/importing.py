"""Files for imports: the samples, or a few lines of a test's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.stage import Stage
from tests.unit.imports.samples import EXPORTED, SAMPLES
from vault.actions.importing.given import File, Given, Progress, Told
from vault.actions.importing.running import run
from vault.domain.actor import Actor

PIECE: Final = 1 << 16


def read(path: Path) -> Iterator[bytes]:
    """A file of this machine, piece by piece."""
    with path.open("rb") as file:
        while part := file.read(PIECE):
            yield part


def held(data: bytes) -> list[bytes]:
    """A file that a test wrote."""
    return [data]


def of_folder(folder: Path = SAMPLES, **how: Any) -> Given:
    """What lies in a folder, its prose included."""
    files = [
        File(path=path.relative_to(folder).as_posix(), opened=partial(read, path), named=False)
        for path in folder.rglob("*")
        if path.is_file()
    ]
    return _given(files, how)


def of_texts(texts: Mapping[str, str | bytes], **how: Any) -> Given:
    """Files by their path, with what is in them."""
    files = [
        File(path=path, opened=partial(held, text.encode() if isinstance(text, str) else text))
        for path, text in texts.items()
    ]
    return _given(files, how)


def _given(files: list[File], how: dict[str, Any]) -> Given:
    return msgspec.structs.replace(Given(files=files, exported_at=EXPORTED), **how)


async def bring_in(stage: Stage, given: Given, *, progress: Progress | None = None) -> Told:
    """Import as the command line does."""
    actor = Actor(organization=await stage.organization(), kind="import")
    return await run(stage.vault, actor, given=given, progress=progress)
