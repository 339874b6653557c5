"""Notes signed and opened: the messages under each kind of signature, and whose signatures hold.

A plain signature covers the text; a cosignature (C2SP tlog-cosignature) covers a checkpoint and a time. The time is
an argument: there is no clock here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from vault.base.errors import Invalid
from vault.crypto import note_keys
from vault.crypto.note_keys import NoteKey
from vault.tlog import checkpoint, note
from vault.tlog.checkpoint import Checkpoint
from vault.tlog.key import ALGORITHM, COSIGNATURE, PLAIN, Kind, Verifier
from vault.tlog.line import LARGEST, Malformed
from vault.tlog.note import Signature

_COUNT: Final = 8
_LABEL: Final = b"subtree/v1\n\x00"
_LONGEST: Final = 255


class Unverified(Invalid):
    """Nobody trusted signed it, or a trusted key did not sign what is there."""


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair under a name."""

    name: str
    kind: Kind
    key: NoteKey

    @property
    def verifier(self) -> Verifier:
        """Its public half."""
        return Verifier(name=self.name, kind=self.kind, public=self.key.public)


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A note that trusted keys signed: `signatures` hold, `others` are of keys nobody here knows."""

    text: str
    signatures: tuple[Signature, ...]
    others: tuple[Signature, ...]


def sign(text: str, signer: Signer, *, at: int) -> Signature:
    """Return a signature of a note's text. `at` is in seconds since 1970; a plain signature does not tell it.

    A cosignature with `at` 0 does not claim to have seen no larger tree. `Malformed` if a cosignature should cover
    what it cannot: anything but a checkpoint and, with ML-DSA, a checkpoint with extensions.
    """
    if ALGORITHM[signer.kind] != signer.key.algorithm or not 0 <= at <= LARGEST:
        raise _unsignable()
    verifier = signer.verifier
    message = _message(text, verifier, at=at)
    time = b"" if signer.kind == PLAIN else at.to_bytes(_COUNT, "big")
    signature = time + note_keys.sign(signer.key, message)
    return Signature(name=signer.name, key_id=verifier.key_id, signature=signature)


def opened(raw: bytes, verifiers: Sequence[Verifier]) -> Opened:
    """Return the note in `raw` once a key of `verifiers` signed it; else `Unverified`, or `Malformed`.

    One signature of a known key that does not hold is enough to refuse. Of several by one key the first counts.
    """
    found = note.read(raw)
    signatures, others = sorted_out(found.text, found.signatures, verifiers=verifiers)
    if not signatures:
        raise Unverified("unsigned_note", "no key that is trusted here signed the note")
    return Opened(text=found.text, signatures=signatures, others=others)


def sorted_out(
    text: str, signatures: Sequence[Signature], *, verifiers: Sequence[Verifier]
) -> tuple[tuple[Signature, ...], tuple[Signature, ...]]:
    """Return the signatures of known keys, all of which hold, and the others; each key and each line once."""
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    if len(known) != len(set(verifiers)):
        raise Malformed("ambiguous_vkey", "two trusted keys share a name and an id")
    good: dict[tuple[str, bytes], Signature] = {}
    others: dict[Signature, None] = {}
    for signature in signatures:
        signed_by = (signature.name, signature.key_id)
        if signed_by not in known:
            others[signature] = None
        elif signed_by not in good:
            if not holds(text, signature, verifier=known[signed_by]):
                raise Unverified("wrong_signature", "a signature of a trusted key does not hold")
            good[signed_by] = signature
    return tuple(good.values()), tuple(others)


def holds(text: str, signature: Signature, *, verifier: Verifier) -> bool:
    """Say whether `verifier` signed the text."""
    time = b"" if verifier.kind == PLAIN else signature.signature[:_COUNT]
    try:
        message = _message(text, verifier, at=int.from_bytes(time, "big"))
    except Malformed:
        return False
    return note_keys.verifies(
        ALGORITHM[verifier.kind], verifier.public, message=message, signature=signature.signature[len(time) :]
    )


def cosigned_at(signature: Signature) -> int:
    """Return the time a cosignature tells, in seconds since 1970; meaningful once it holds."""
    return int.from_bytes(signature.signature[:_COUNT], "big")


def _message(text: str, verifier: Verifier, *, at: int) -> bytes:
    raw = note.encoded(text)
    if verifier.kind == PLAIN:
        return raw
    head = checkpoint.read(text)
    if at > LARGEST:
        raise _unsignable()
    if verifier.kind == COSIGNATURE:
        return f"cosignature/v1\ntime {at}\n".encode() + raw
    return _subtree_message(head, verifier.name.encode(), at=at)


def _subtree_message(head: Checkpoint, name: bytes, *, at: int) -> bytes:
    """Return the `cosigned_message` of the whole tree. It does not cover extensions, so there may be none."""
    origin = head.origin.encode()
    if head.extensions or len(name) > _LONGEST:
        raise _unsignable()
    return b"".join((
        _LABEL,
        bytes([len(name)]), name,
        at.to_bytes(_COUNT, "big"),
        bytes([len(origin)]), origin,
        bytes(_COUNT), head.size.to_bytes(_COUNT, "big"),
        head.root,
    ))  # fmt: skip


def _unsignable() -> Malformed:
    return Malformed("malformed_signature", "this key cannot sign this text, or not in this way or at this time")
