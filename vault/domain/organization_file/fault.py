"""Faults of an organization file: where each stands and what would be right instead.

Faults are collected, so that whoever wrote the file sees them all at once. A value is shown up to forty characters.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final, NoReturn

import msgspec

from vault.base.errors import Invalid

Path = tuple[str | int, ...]

_CUT: Final = 40
_LISTED: Final = 16
_SHOWN: Final = 100
_MOST: Final = 1_000
_PLAIN_KEY: Final = re.compile(r"[\w-]+")


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong. `line` counts from 1; it is None where no text is at hand."""

    line: int | None
    path: str
    detail: str


class OrganizationFileError(Invalid):
    """The file cannot be applied. `detail` is one line for each fault, in the order of the file."""

    def __init__(self, name: str, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        lines = [_sentence(name, fault) for fault in self.faults[:_SHOWN]]
        if more := len(self.faults) - len(lines):
            lines.append(f"{name}: and {more} more faults")
        super().__init__("bad_organization_file", "\n".join(lines))


class Faults:
    """Collects faults, and knows on which line each path of the file stands."""

    def __init__(self, name: str) -> None:
        self.lines: dict[Path, int] = {}
        self._name = name
        self._found: list[Fault] = []

    def add(self, path: Path, detail: str, *, line: int | None = None) -> None:
        """Note a fault at `path`, on its line unless another is given; after a thousand, raise them."""
        self._found.append(Fault(line=line or self.line(path), path=shown(path), detail=detail))
        if len(self._found) == _MOST:
            raise self._error()

    def line(self, path: Path) -> int | None:
        """Return the line of the path, or of the nearest thing around it that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def references(self, path: Path, words: str | Iterable[str], *, to: str, known: Collection[str]) -> None:
        """Note each of `words` that names no known thing of the kind `to`, and each that stands there twice."""
        if isinstance(words, str):
            words, places = (words,), [path]
        else:
            words = tuple(words)
            places = [(*path, index) for index in range(len(words))]
        seen = set()
        for word, place in zip(words, places, strict=True):
            if word not in known:
                self.add(place, none_such(to, word, known=known))
            elif word in seen:
                self.add(place, f"{quoted(word)} is named twice; leave one of them out")
            seen.add(word)

    def stop(self) -> None:
        """Raise what was found, in the order of the file; do nothing when all is well."""
        if self._found:
            raise self._error()

    def fail(self, path: Path, detail: str, *, line: int) -> NoReturn:
        """Note a fault after which nothing more can be read, and raise what was found."""
        self.add(path, detail, line=line)
        raise self._error()

    def _error(self) -> OrganizationFileError:
        return OrganizationFileError(self._name, sorted(self._found, key=lambda fault: fault.line or 0))


def shown(path: Path) -> str:
    """Return the path as `purposes.offers.channels[1]`; keys with other characters stand in quotes."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (cut(step) if _PLAIN_KEY.fullmatch(step) else quoted(step))
    return text


def cut(text: str) -> str:
    """Return the text on one line, at most forty characters of it."""
    line = " ".join(text.split())
    return line if len(line) <= _CUT else line[: _CUT - 1] + "…"


def quoted(text: str) -> str:
    """Return the text, cut, in quotes."""
    return f'"{cut(text)}"'


def none_such(what: str, word: str, *, known: Collection[str]) -> str:
    """Say that there is no such thing, what was likely meant, and what there is."""
    near = get_close_matches(word[:_CUT], list(known)[:_MOST], n=1)
    if not known:
        return f"there is no {what} {quoted(word)}, and none is declared; declare it first"
    return f"there is no {what} {quoted(word)}{f' ({near[0]}?)' if near else ''}; there are {listed(known)}"


def listed(words: Iterable[object]) -> str:
    """Return the words with commas between them, the first sixteen."""
    names = [cut(str(word)) for word in words]
    return ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")


def _sentence(name: str, fault: Fault) -> str:
    place = name if fault.line is None else f"{name}:{fault.line}"
    return f"{place} {fault.path}: {fault.detail}" if fault.path else f"{place}: {fault.detail}"
