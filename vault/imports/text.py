"""Bytes to text, without being told the encoding.

A mark at the beginning decides; without one the bytes are UTF-8 if most letters beyond ASCII read as such, else
Windows-1252. A byte that is no text there stays in its place as a lone surrogate, so that its row can be put aside and
the rest be read. No byte is ever replaced or left out.
"""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import Final

from vault.imports.row import FileRefused

_MARKS: Final = (
    (BOM_UTF8, "utf-8", "surrogateescape"),
    (BOM_UTF16_LE, "utf-16-le", "surrogatepass"),
    (BOM_UTF16_BE, "utf-16-be", "surrogatepass"),
)
_ASCII: Final = "\x7f"


def decode(data: bytes) -> str:
    """Return the text of a file; `FileRefused` when it ends in the middle of a character."""
    for mark, encoding, errors in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding, errors)
            except UnicodeDecodeError:
                raise FileRefused("unreadable_bytes", "the file is cut: export it again, or save it as UTF-8") from None
    text = data.decode("utf-8", "surrogateescape")
    broken = sum(map(is_broken, text))
    letters = sum(letter > _ASCII for letter in text) - broken
    return text if broken == 0 or letters > broken else data.decode("cp1252", "surrogateescape")


def is_broken(letter: str) -> bool:
    """Whether this stands for a byte that is no text, or is NUL."""
    return letter == "\0" or "\ud800" <= letter <= "\udfff"
