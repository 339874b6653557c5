"""Signed notes (C2SP signed-note): a text, an empty line, and one line for each signature.

Read as strictly as Go's `sumdb/note` reads them, so that what one verifier sees in a note every other sees too. A
text means nothing before `sign.opened` has verified it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vault.tlog.line import Malformed, decode, encode

KEY_ID: Final = 4

_MOST: Final = 100  # signature lines, as Go's reader has it
_DASH: Final = "\u2014 "
_SEPARATOR: Final = "\n\n"
_SPACE: Final = " "  # the first letter after the control characters


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature line: who says to have signed with which key, and the signature, not verified by anybody."""

    name: str
    key_id: bytes
    signature: bytes


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A text and its signature lines. `text` ends with a line break and may hold empty lines."""

    text: str
    signatures: tuple[Signature, ...]


def write(note: Note) -> bytes:
    """Return the bytes of a note; `Malformed` if they would not read back as the same note."""
    raw = encoded(f"{note.text}\n{lines(note.signatures)}")
    if read(raw) != note:
        raise _malformed()
    return raw


def read(raw: bytes) -> Note:
    """Return the note in `raw`; `Malformed` for anything Go's reader refuses."""
    try:
        whole = raw.decode()
    except UnicodeDecodeError:
        raise _malformed() from None
    encoded(whole)
    text, separator, block = whole.rpartition(_SEPARATOR)
    if not separator:
        raise _malformed()
    return Note(text=text + "\n", signatures=read_lines(block))


def lines(signatures: tuple[Signature, ...]) -> str:
    """Return the signature lines."""
    return "".join([f"{_DASH}{one.name} {encode(one.key_id + one.signature)}\n" for one in signatures])


def read_lines(block: str) -> tuple[Signature, ...]:
    """Return the signatures in 1 to 100 signature lines."""
    found = block.split("\n")
    if found.pop() or not 1 <= len(found) <= _MOST:
        raise _malformed()
    return tuple([_read_line(line) for line in found])


def encoded(text: str) -> bytes:
    """Return the bytes of a text; `Malformed` for control characters below U+0020 but line breaks."""
    try:
        raw = text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise _malformed() from None
    if min(text.replace("\n", ""), default=_SPACE) < _SPACE:
        raise _malformed()
    return raw


def is_name(text: str) -> bool:
    """Say whether `text` can name a key: not empty, no Unicode space, no plus, no control character."""
    return bool(text) and all(letter > _SPACE and letter != "+" and not letter.isspace() for letter in text)


def _read_line(line: str) -> Signature:
    name, _, spelled = line.removeprefix(_DASH).partition(_SPACE)
    if not line.startswith(_DASH) or not is_name(name):
        raise _malformed()
    raw = decode(spelled)
    if len(raw) <= KEY_ID:
        raise _malformed()
    return Signature(name=name, key_id=raw[:KEY_ID], signature=raw[KEY_ID:])


def _malformed() -> Malformed:
    return Malformed("malformed_note", "a signed note is a text, an empty line and signature lines")
