"""Checkpoints (C2SP tlog-checkpoint): the text in which a log says how large its tree is and which root it has."""

from __future__ import annotations

from typing import Final

import msgspec

from vault.tlog.hashes import Hash, read_hash
from vault.tlog.line import Malformed, encode, number
from vault.tlog.note import encoded

_LONGEST: Final = 255  # bytes of an origin: what a cosignature can count
_LINES: Final = 3


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A tree head. `origin` names the log; `extensions` should be empty, as no monitor can audit them."""

    origin: str
    size: int
    root: Hash
    extensions: tuple[str, ...] = ()


def write(checkpoint: Checkpoint) -> str:
    """Return the note text; `Malformed` if it would not read back as the same checkpoint."""
    head = (checkpoint.origin, str(checkpoint.size), encode(checkpoint.root), *checkpoint.extensions)
    text = "".join([f"{line}\n" for line in head])
    if read(text) != checkpoint:
        raise _malformed()
    return text


def read(text: str) -> Checkpoint:
    """Return the checkpoint a note's text spells."""
    encoded(text)
    origin, *rest = text.split("\n")
    if rest[-1:] != [""] or len(rest) < _LINES or "" in (origin, *rest[:-1]):
        raise _malformed()
    if len(origin.encode()) > _LONGEST:
        raise _malformed()
    size, root, *extensions = rest[:-1]
    return Checkpoint(origin=origin, size=number(size), root=read_hash(root), extensions=tuple(extensions))


def _malformed() -> Malformed:
    return Malformed("malformed_checkpoint", "a checkpoint is origin, size and root, each on a line of its own")
