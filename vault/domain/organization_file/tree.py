"""YAML text to a tree of nodes, each with its line: plain data only, and of bounded size.

A key that stands twice, a key that YAML 1.1 takes for something else, a tag, a merge, an alias is a fault. Size and
nesting are limited, so that no file can exhaust the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import yaml

from vault.domain.organization_file.fault import Faults, Path, quoted

MOST_BYTES: Final = 1_000_000
MOST_NODES: Final = 50_000
DEEPEST: Final = 30

# The parser in C where PyYAML was built with it: thirty times as fast.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER: Final[Any] = yaml.resolver.Resolver()
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_TEXT: Final = "tag:yaml.org,2002:str"
_MERGE: Final = "tag:yaml.org,2002:merge"
_READS_AS: Final = {
    _TEXT: "text",
    _MERGE: "a merge",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a fraction",
    "tag:yaml.org,2002:bool": "true or false",
    "tag:yaml.org,2002:null": "nothing",
    "tag:yaml.org,2002:timestamp": "a date",
    "tag:yaml.org,2002:value": "a default",
}


class Scalar(msgspec.Struct, frozen=True, kw_only=True):
    """A single value as it is written, and what YAML 1.1 would take it for."""

    text: str
    reads_as: str


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """A list."""

    items: tuple[Node, ...]


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping, in the order of the file."""

    entries: dict[str, Node]


Node = Scalar | Items | Entries


def compose(text: str, faults: Faults) -> Node:
    """Return the tree of the text and note the line of every path; `OrganizationFileError` when it is no YAML."""
    faults.lines[()] = 1
    if control := _CONTROL.search(text):
        faults.fail((), "a control character stands here; take it out", line=text.count("\n", 0, control.start()) + 1)
    if len(text.encode()) > MOST_BYTES:
        faults.fail((), f"the file is larger than {MOST_BYTES:,} bytes; nothing that large is read", line=1)
    try:
        return _Composer(text, faults).document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        faults.fail((), f"this is not YAML: {error.problem}; {_hint(text, line)}", line=line)


def _hint(text: str, line: int) -> str:
    lines = text.split("\n")
    tab = line <= len(lines) and "\t" in lines[line - 1]
    return "write spaces instead of the tab" if tab else "look at the lines before it, too"


class _Composer:
    """Turns the parser's events into nodes, depth first. Events are untyped: they are PyYAML's."""

    def __init__(self, text: str, faults: Faults) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._faults = faults
        self._nodes = 0

    def document(self) -> Node:
        """Return the one document of the file."""
        next(self._events)
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            self._faults.fail((), "the file is empty; it begins with format: 1", line=1)
        root = self._node(next(self._events), ())
        next(self._events)
        after = next(self._events)
        if isinstance(after, yaml.DocumentStartEvent):
            self._faults.fail((), "a second document begins here; a file declares one organization", line=_line(after))
        return root

    def _node(self, event: Any, path: Path) -> Node:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._faults.fail(
                path, f"the file holds more than {MOST_NODES:,} values; make it smaller", line=_line(event)
            )
        if len(path) > DEEPEST:
            self._faults.fail(path, f"this is nested deeper than {DEEPEST} levels; make it flatter", line=_line(event))
        if isinstance(event, yaml.AliasEvent):
            self._faults.fail(path, "an alias (*) is not read; write out what it stands for", line=_line(event))
        if event.tag is not None:
            self._faults.add(path, f"a tag such as {quoted(event.tag)} is not read; take it out", line=_line(event))
        if isinstance(event, yaml.MappingStartEvent):
            return Entries(entries=self._entries(path))
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(items=tuple(self._items(path)))
        return self._scalar(event, path)

    def _scalar(self, event: Any, path: Path) -> Scalar:
        if _CONTROL.search(event.value) or "\t" in event.value:
            self._faults.add(path, "this value holds a control character; take it out", line=_line(event))
        tag = _RESOLVER.resolve(yaml.ScalarNode, event.value, (True, False)) if event.implicit[0] else _TEXT
        return Scalar(text=event.value, reads_as=_READS_AS[tag])

    def _items(self, path: Path) -> Iterator[Node]:
        index = 0
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            here = (*path, index)
            self._faults.lines[here] = _line(event)
            yield self._node(event, here)
            index += 1

    def _entries(self, path: Path) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path)
            here = (*path, key)
            if key in entries:
                detail = f"{quoted(key)} stands already in line {self._faults.lines[here]}; leave one of the two out"
                self._faults.add(here, detail, line=_line(event))
            else:
                self._faults.lines[here] = _line(event)
            entries[key] = self._node(next(self._events), here)
        return entries

    def _key(self, event: Any, path: Path) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self._faults.fail(path, "a key is a word; no list, mapping or alias can be one", line=_line(event))
        node = self._scalar(event, path)
        if node.reads_as == _READS_AS[_MERGE]:
            self._faults.add(path, "<< is not read; write out what it would bring in", line=_line(event))
        elif node.reads_as != _READS_AS[_TEXT]:
            detail = f"the key {quoted(node.text)} reads as {node.reads_as} in YAML; put it in quotes"
            self._faults.add(path, detail, line=_line(event))
        return node.text


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
