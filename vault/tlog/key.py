"""The public keys of notes: their kinds, names, ids, and the `vkey` a verifier is configured with.

A name and an id tell which key signed; the id is four bytes and proves nothing. Private halves never enter.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final, Literal

import msgspec

from vault.crypto.note_keys import PUBLIC, Algorithm
from vault.tlog.line import Malformed, decode, encode
from vault.tlog.note import KEY_ID, encoded, is_name

Kind = Literal[0x01, 0x04, 0x06]

PLAIN: Final = 0x01  # Ed25519 over the text (signed-note)
COSIGNATURE: Final = 0x04  # Ed25519 over the text and a time (tlog-cosignature)
COSIGNATURE_ML_DSA: Final = 0x06  # ML-DSA-44 over name, time and tree (tlog-cosignature); a log signs with it too

ALGORITHM: Final[dict[Kind, Algorithm]] = {
    PLAIN: "ed25519",
    COSIGNATURE: "ed25519",
    COSIGNATURE_ML_DSA: "ml-dsa-44",
}

_PLUS: Final = "+"
_PARTS: Final = 3
_KINDS: Final = {bytes([kind]): kind for kind in ALGORITHM}
_ID: Final = re.compile(r"[0-9a-fA-F]{8}")


class Verifier(msgspec.Struct, frozen=True, kw_only=True):
    """A public key under a name. Made only if both can be: `Malformed` otherwise."""

    name: str
    kind: Kind
    public: bytes

    def __post_init__(self) -> None:
        encoded(self.name)
        if not is_name(self.name) or len(self.public) != PUBLIC[ALGORITHM[self.kind]]:
            raise _malformed()

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256 over name, line break, kind and public key."""
        return sha256(f"{self.name}\n".encode() + self._typed).digest()[:KEY_ID]

    @property
    def vkey(self) -> str:
        """The key as verifiers are configured with it: `name+id+base64`."""
        return _PLUS.join((self.name, self.key_id.hex(), encode(self._typed)))

    @property
    def _typed(self) -> bytes:
        return bytes([self.kind]) + self.public


def read_vkey(text: str) -> Verifier:
    """Return the public key behind a `vkey`; `Malformed` for a kind not known here or an id that is not its own."""
    name, key_id, spelled = (text.split(_PLUS, _PARTS - 1) + [""] * _PARTS)[:_PARTS]
    typed = decode(spelled)
    kind = _KINDS.get(typed[:1])
    if kind is None or _ID.fullmatch(key_id) is None:
        raise _malformed()
    verifier = Verifier(name=name, kind=kind, public=typed[1:])
    if verifier.key_id != bytes.fromhex(key_id):
        raise _malformed()
    return verifier


def _malformed() -> Malformed:
    return Malformed("malformed_vkey", "a verifier key is name+id+base64, of Ed25519 or ML-DSA-44")
