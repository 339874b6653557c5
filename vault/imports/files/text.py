"""Bytes to text, as a stream, without being told the encoding.

A mark at the beginning decides; without one the bytes are UTF-8 if most letters beyond ASCII read as such, else
Windows-1252. A byte that is no text there stays in its place as a lone surrogate, so that its row can be put aside and
the rest be read. No byte is ever replaced or left out.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterable, Iterator
from typing import Final

from vault.imports.row import FileRefused

_MARKS: Final = (
    (BOM_UTF8, "utf-8", "surrogateescape"),
    (BOM_UTF16_LE, "utf-16-le", "surrogatepass"),
    (BOM_UTF16_BE, "utf-16-be", "surrogatepass"),
)
ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be", "cp1252")
_LONGEST_MARK: Final = 3
_BROKEN: Final = re.compile("[\0\ud800-\udfff]")
_BEYOND_ASCII: Final = re.compile("[^\0-\x7f]")


def encoding(chunks: Iterable[bytes]) -> str:
    """Return the encoding of a file that is read through, one of `ENCODINGS`."""
    parts = _marked(chunks)
    start = next(parts)
    for mark, name, _ in _MARKS:
        if start.startswith(mark):
            return name
    broken = letters = 0
    for text in _decoded(start, parts, way=("utf-8", "surrogateescape")):
        if not text.isascii():
            here = len(_BROKEN.findall(text))
            broken += here
            letters += len(_BEYOND_ASCII.findall(text)) - here
    return "utf-8" if broken == 0 or letters > broken else "cp1252"


def decoded(chunks: Iterable[bytes], name: str) -> Iterator[str]:
    """Yield the text of a file, without its mark; `FileRefused` when it ends in the middle of a character."""
    parts = _marked(chunks)
    start = next(parts)
    errors = "surrogateescape"
    for mark, known, way in _MARKS:
        if known == name:
            start, errors = start.removeprefix(mark), way
    yield from _decoded(start, parts, way=(name, errors))


def is_broken(text: str) -> bool:
    """Whether a letter of this stands for a byte that is no text, or is NUL."""
    return _BROKEN.search(text) is not None


def _marked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the chunks, the first of them long enough to hold a mark; an empty one for an empty file."""
    parts = iter(chunks)
    start = b""
    for part in parts:
        start += part
        if len(start) >= _LONGEST_MARK:
            break
    yield start
    yield from parts


def _decoded(start: bytes, parts: Iterable[bytes], *, way: tuple[str, str]) -> Iterator[str]:
    decoder = getincrementaldecoder(way[0])(way[1])
    try:
        yield decoder.decode(start)
        for part in parts:
            yield decoder.decode(part)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise FileRefused("unreadable_bytes", "the file is cut: export it again, or save it as UTF-8") from None
