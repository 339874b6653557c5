"""Signed checkpoints and the keys they are believed by: C2SP signed-note, tlog-checkpoint and tlog-cosignature.

Written from the specifications alone. ML-DSA-44 is checked where the installed cryptography knows it; where it does
not, its signatures count for nothing and the report says so.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent_vault.verify.refusal import Refused

try:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
except ImportError:  # cryptography before 48
    KNOWS_ML_DSA = False
else:
    KNOWS_ML_DSA = True

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
ML_DSA: Final = 0x06

_LENGTHS: Final = {ED25519: 32, COSIGNATURE: 32, ML_DSA: 1312}
_NAMES: Final = {ED25519: "Ed25519", COSIGNATURE: "Ed25519 cosignature", ML_DSA: "ML-DSA-44"}
_DASH: Final = "\u2014 "
_ID: Final = 4
_COUNT: Final = 8
_MOST_LINES: Final = 100
_HASH: Final = 32
_VKEY_PARTS: Final = 3
_CHECKPOINT_LINES: Final = 3
_NUMBER: Final = re.compile("0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, kw_only=True)
class Key:
    """A public key under a name."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_ID]

    @property
    def algorithm(self) -> str:
        """What people call it."""
        return _NAMES[self.kind]

    @property
    def is_checkable(self) -> bool:
        """Whether this machine can check its signatures."""
        return self.kind != ML_DSA or KNOWS_ML_DSA


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A signature line, believed by nobody yet."""

    name: str
    id: bytes
    raw: bytes


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What a log says of its tree, with the signatures under it."""

    text: str
    origin: str
    size: int
    root: bytes
    signatures: tuple[Signature, ...]


def read_key(vkey: str) -> Key:
    """Return the key in `name+id+base64`."""
    parts = vkey.strip().split("+", _VKEY_PARTS - 1)
    typed = _decode(parts[-1])
    if len(parts) != _VKEY_PARTS or len(typed) < 1 or len(typed) - 1 != _LENGTHS.get(typed[0]):
        raise Refused("malformed_key", "a key is name+id+base64, of Ed25519 or ML-DSA-44")
    key = Key(name=parts[0], kind=typed[0], public=typed[1:])
    if not key.name or any(letter.isspace() for letter in key.name) or key.id.hex() != parts[1]:
        raise Refused("malformed_key", "the id of a key is not its own")
    return key


def read_checkpoint(raw: bytes, *, size: int | None = None) -> Checkpoint:
    """Return the checkpoint in a note; `size` is that of the tree it should tell of."""
    try:
        found = _read_checkpoint(raw.decode())
    except ValueError:
        raise Refused("malformed_checkpoint", "that is no signed note of name, size and root", size=size) from None
    if size is not None and found.size != size:
        raise Refused("wrong_checkpoint", f"the checkpoint of size {size} says {found.size}", size=size)
    return found


def check_signatures(checkpoint: Checkpoint, keys: Sequence[Key]) -> list[Key]:
    """Return which of `keys` signed the checkpoint. One of their signatures that does not hold refuses it all."""
    signed = []
    for key in keys:
        found = next((one for one in checkpoint.signatures if (one.name, one.id) == (key.name, key.id)), None)
        if found is None or not key.is_checkable:
            continue
        if not _holds(checkpoint, found.raw, key=key):
            raise Refused(
                "wrong_signature",
                f"the {key.algorithm} signature of {key.name} under the checkpoint of size {checkpoint.size} is wrong",
                size=checkpoint.size,
            )
        signed.append(key)
    return signed


def _holds(checkpoint: Checkpoint, raw: bytes, *, key: Key) -> bool:
    try:
        if key.kind == ED25519:
            Ed25519PublicKey.from_public_bytes(key.public).verify(raw, checkpoint.text.encode())
            return True
        at = int.from_bytes(raw[:_COUNT], "big")
        if key.kind == COSIGNATURE:
            message = f"cosignature/v1\ntime {at}\n{checkpoint.text}".encode()
            Ed25519PublicKey.from_public_bytes(key.public).verify(raw[_COUNT:], message)
        else:
            MLDSA44PublicKey.from_public_bytes(key.public).verify(raw[_COUNT:], _subtree(checkpoint, key.name, at=at))
    except (InvalidSignature, ValueError, OverflowError):
        return False
    return True


def _subtree(checkpoint: Checkpoint, name: str, *, at: int) -> bytes:
    """Return what an ML-DSA cosignature covers: who, when, and the whole tree."""
    cosigner, origin = name.encode(), checkpoint.origin.encode()
    return b"".join((
        b"subtree/v1\n\x00",
        bytes([len(cosigner)]), cosigner,
        at.to_bytes(_COUNT, "big"),
        bytes([len(origin)]), origin,
        bytes(_COUNT), checkpoint.size.to_bytes(_COUNT, "big"),
        checkpoint.root,
    ))  # fmt: skip


def _read_checkpoint(whole: str) -> Checkpoint:
    text, between, block = whole.rpartition("\n\n")
    lines = block.split("\n")
    head = text.split("\n")
    if not between or lines.pop() or not 1 <= len(lines) <= _MOST_LINES or len(head) != _CHECKPOINT_LINES:
        raise ValueError
    origin, size, root = head
    if not origin or _NUMBER.fullmatch(size) is None or len(_decode(root)) != _HASH:
        raise ValueError
    return Checkpoint(
        text=text + "\n",
        origin=origin,
        size=int(size),
        root=_decode(root),
        signatures=tuple(_read_signature(line) for line in lines),
    )


def _read_signature(line: str) -> Signature:
    name, _, spelled = line.removeprefix(_DASH).rpartition(" ")
    raw = _decode(spelled)
    if not line.startswith(_DASH) or not name or len(raw) <= _ID:
        raise ValueError
    return Signature(name=name, id=raw[:_ID], raw=raw[_ID:])


def _decode(text: str) -> bytes:
    """Return the bytes behind base64 in its one right spelling, or none."""
    try:
        raw = b64decode(text, validate=True)
    except (Error, ValueError):
        return b""
    return raw if b64encode(raw).decode() == text else b""
