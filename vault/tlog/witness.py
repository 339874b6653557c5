"""Witnessing (C2SP tlog-witness): the bodies of `add-checkpoint`, and whether a witness cosigns what it is sent.

The decision is a pure function of the body and of what the witness cosigned last. Whoever decides stores the new
size and root before a cosignature leaves, and compares and stores in one step: two requests judged by the same old
state would roll one back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from vault.tlog import checkpoint, note
from vault.tlog.checkpoint import Checkpoint
from vault.tlog.hashes import EMPTY, Hash, read_hash
from vault.tlog.key import Verifier
from vault.tlog.line import Malformed, encode, number
from vault.tlog.note import Signature
from vault.tlog.sign import Unverified, sorted_out
from vault.tlog.verify import Unproven, check_consistency

SIZE_TYPE: Final = "text/x.tlog.size"  # the content type of a conflict's body

MALFORMED: Final = 400
UNSIGNED: Final = 403
UNKNOWN: Final = 404
CONFLICT: Final = 409
INCONSISTENT: Final = 422

_OLD: Final = "old "
_MOST: Final = 63  # hashes: the height of the largest tree


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a log sends: a signed checkpoint verbatim, and the proof that it extends the tree of `old_size`."""

    old_size: int
    proof: tuple[Hash, ...]
    note: bytes


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """What a witness knows of a log: its keys, and the tree it cosigned last."""

    verifiers: tuple[Verifier, ...]
    size: int = 0
    root: Hash = EMPTY


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """To be stored, then cosigned. `text` is what the log signed, to the byte."""

    checkpoint: Checkpoint
    text: str


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Not to be cosigned, and the status that says why. `size` is told with a conflict only."""

    status: Literal[400, 403, 404, 409, 422]
    size: int | None = None


def write_request(request: Request) -> bytes:
    """Return the body of a request; `Malformed` if it would not read back."""
    lines = (f"{_OLD}{request.old_size}", *map(encode, request.proof), "")
    raw = "".join([f"{line}\n" for line in lines]).encode() + request.note
    read_request(raw)
    return raw


def read_request(raw: bytes) -> Request:
    """Return the request in a body. Its note is well formed, and not verified."""
    head, separator, signed = raw.partition(b"\n\n")
    if not separator or not head.isascii():
        raise _malformed()
    old, *proof = head.decode().split("\n")
    if not old.startswith(_OLD) or len(proof) > _MOST:
        raise _malformed()
    note.read(signed)
    return Request(old_size=number(old.removeprefix(_OLD)), proof=tuple(map(read_hash, proof)), note=signed)


def judge(body: bytes, logs: Mapping[str, Log]) -> Accepted | Refused:
    """Return whether to cosign the checkpoint in `body`; `logs` are what the witness knows, by origin.

    The order of the questions is the specification's: a log learns its size only from a request it signed.
    """
    try:
        request = read_request(body)
        signed = note.read(request.note)
        head = checkpoint.read(signed.text)
    except Malformed:
        return Refused(status=MALFORMED)
    log = logs.get(head.origin)
    if log is None:
        return Refused(status=UNKNOWN)
    if not _is_signed(signed.text, signed.signatures, by=log.verifiers):
        return Refused(status=UNSIGNED)
    return _refusal(request, head, log=log) or Accepted(checkpoint=head, text=signed.text)


def write_response(signatures: tuple[Signature, ...]) -> bytes:
    """Return the body in which a witness gives its cosignatures."""
    return note.lines(signatures).encode()


def read_response(body: bytes, text: str, *, verifiers: Sequence[Verifier]) -> tuple[Signature, ...]:
    """Return the cosignatures of known witnesses on the checkpoint in `text`; all of them hold, there may be none.

    `Unverified` if one of them does not hold, `Malformed` if the body is no signature lines.
    """
    try:
        lines = body.decode()
    except UnicodeDecodeError:
        raise _malformed() from None
    return sorted_out(text, note.read_lines(lines), verifiers=verifiers)[0]


def write_conflict(size: int) -> bytes:
    """Return the body of a conflict: the size the witness cosigned last."""
    return f"{size}\n".encode()


def read_conflict(body: bytes) -> int:
    """Return the size that the body of a conflict tells."""
    if not body.isascii() or not body.endswith(b"\n"):
        raise _malformed()
    return number(body[:-1].decode())


def _is_signed(text: str, signatures: Sequence[Signature], *, by: Sequence[Verifier]) -> bool:
    try:
        return bool(sorted_out(text, signatures, verifiers=by)[0])
    except Unverified:
        return False


def _refusal(request: Request, head: Checkpoint, *, log: Log) -> Refused | None:
    if request.old_size > head.size:
        return Refused(status=MALFORMED)
    if request.old_size != log.size:
        return Refused(status=CONFLICT, size=log.size)
    try:
        check_consistency(request.proof, old_size=log.size, old_root=log.root, new_size=head.size, new_root=head.root)
    except Unproven:
        return Refused(status=INCONSISTENT)
    return None


def _malformed() -> Malformed:
    return Malformed("malformed_witness_body", "a request is an old size, a proof, an empty line and a checkpoint")
