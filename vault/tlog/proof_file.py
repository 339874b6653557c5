"""Proof files (C2SP tlog-proof): one entry's place in the log, with all that is needed to believe it offline.

A proof file holds no entry: whoever checks it brings the entry, and the keys of the log and its witnesses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from vault.tlog import checkpoint, note
from vault.tlog.checkpoint import Checkpoint
from vault.tlog.hashes import Hash, read_hash
from vault.tlog.key import Verifier
from vault.tlog.line import Malformed, decode, encode, number
from vault.tlog.sign import opened
from vault.tlog.verify import check_inclusion

_FIRST: Final = "c2sp.org/tlog-proof@v1"
_EXTRA: Final = "extra "
_INDEX: Final = "index "
_MOST: Final = 63  # hashes: the height of the largest tree


class ProofFile(msgspec.Struct, frozen=True, kw_only=True):
    """An inclusion proof. `note` is the signed checkpoint verbatim; nobody vouches for `extra`."""

    index: int
    proof: tuple[Hash, ...]
    note: bytes
    extra: bytes = b""


def write(file: ProofFile) -> bytes:
    """Return the bytes of a proof file; `Malformed` if they would not read back."""
    extra = [_EXTRA + encode(file.extra)] if file.extra else []
    head = [_FIRST, *extra, f"{_INDEX}{file.index}", *map(encode, file.proof), ""]
    raw = "".join([f"{line}\n" for line in head]).encode() + file.note
    read(raw)
    return raw


def read(raw: bytes) -> ProofFile:
    """Return the proof file in `raw`. Its note is well formed, and not verified."""
    head, separator, signed = raw.partition(b"\n\n")
    lines = _lines(head)
    if not separator or lines.pop(0) != _FIRST:
        raise _malformed()
    extra = b""
    if lines and lines[0].startswith(_EXTRA):
        extra = decode(lines.pop(0).removeprefix(_EXTRA))
        if not extra:  # the line is left out then
            raise _malformed()
    if not lines or not lines[0].startswith(_INDEX) or len(lines) - 1 > _MOST:
        raise _malformed()
    index = number(lines.pop(0).removeprefix(_INDEX))
    note.read(signed)
    return ProofFile(index=index, proof=tuple(map(read_hash, lines)), note=signed, extra=extra)


def check(file: ProofFile, leaf: Hash, *, verifiers: Sequence[Verifier]) -> Checkpoint:
    """Return the checkpoint whose tree has `leaf` at the file's index; `Unverified`, `Unproven` or `Malformed` if not.

    One good signature of `verifiers` is enough here. Whoever demands witnesses counts those of `sign.opened` itself,
    and everybody compares the checkpoint's origin with the log they meant.
    """
    head = checkpoint.read(opened(file.note, verifiers).text)
    check_inclusion(leaf, file.proof, index=file.index, size=head.size, root=head.root)
    return head


def _lines(head: bytes) -> list[str]:
    try:
        return head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise _malformed() from None


def _malformed() -> Malformed:
    return Malformed("malformed_proof_file", "a proof file is a first line, an index, hashes and a signed checkpoint")
