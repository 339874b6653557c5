"""What is named at the command line, as files: those of a folder by their way in it, one named alone by its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import yaml

from vault.actions.importing.given import File
from vault.base.errors import Invalid

_PIECE: Final = 1 << 16


def files(paths: Sequence[Path]) -> list[File]:
    """Return every file; `Invalid` for a path that is none, and for two that would have the same name."""
    found: dict[str, Path] = {}
    for path in paths:
        for name, file in _named(path):
            if found.setdefault(name, file) != file:
                raise Invalid("same_name", f"two files are called {name}: give the folder they are both in")
    if not found:
        raise Invalid("no_files", "there is no file there; name files, or a folder that holds some")
    named = {path.resolve() for path in paths}
    return [File(path=name, opened=partial(_read, path), named=path in named) for name, path in found.items()]


def written_at(paths: Sequence[Path]) -> datetime:
    """Return when the last of the files was written."""
    times = [file.stat().st_mtime for path in paths for _, file in _named(path)]
    return datetime.fromtimestamp(max(times, default=0), UTC)


def mapping(path: Path | None) -> Mapping[str, Any] | None:
    """Return a mapping as it was written in YAML or JSON; what it means is the import's to say."""
    if path is None:
        return None
    try:
        said = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise Invalid("unreadable_file", f"{path} cannot be read: {error.strerror}; give a mapping file") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError):
        raise Invalid("unreadable_file", f"{path} is no YAML; write a mapping as the README shows") from None
    if not isinstance(said, dict):
        raise Invalid("unsupported_mapping", f"{path} holds no mapping; write one as the README shows")
    return said


def _named(path: Path) -> Iterable[tuple[str, Path]]:
    if path.is_dir():
        return ((one.relative_to(path).as_posix(), one.resolve()) for one in sorted(path.rglob("*")) if one.is_file())
    if not path.is_file():
        raise Invalid("no_such_file", f"{path} is no file and no folder")
    return ((path.name, path.resolve()),)


def _read(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except OSError as error:
        raise Invalid("unreadable_file", f"{path} cannot be read: {error.strerror}") from None
