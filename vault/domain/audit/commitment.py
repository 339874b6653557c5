"""Commitments: an entry of the log binds itself to what is sealed beside it, and tells nothing of it.

What is sealed may be erased; the commitment stays, and without the salt it leads nowhere. Whoever opens the seal later
can show that this is what was sealed then, and nothing else.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest
from typing import Final, Literal

import msgspec

from vault.base.errors import Invalid
from vault.base.personal import Personal

What = Literal["details", "reason", "finding"]
"""What may lie sealed beside an entry: what the device showed, the reason that somebody gave for looking, and the words
of what an auditor found."""

MEMBERS: Final[dict[What, str]] = {"details": "details", "reason": "reason_sealed", "finding": "text_sealed"}
"""The member of the entry that holds the commitment to each."""
SALT: Final = 32
SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 500
_HEX: Final = 2 * SALT


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What opens a commitment: the text, and 32 bytes of chance without which nobody finds it by trying."""

    salt: bytes
    text: Personal

    def __repr__(self) -> str:
        return "Opening(personal)"

    @property
    def commitment(self) -> str:
        """SHA-256 of the salt and the UTF-8 text, in hex."""
        return sha256(self.salt + self.text.reveal().encode()).hexdigest()

    @property
    def packed(self) -> bytes:
        """How it is sealed: the salt in hex, and the text."""
        return self.salt.hex().encode() + self.text.reveal().encode()

    def opens(self, commitment: object) -> bool:
        """Whether this is what an entry committed to."""
        return isinstance(commitment, str) and compare_digest(commitment.encode(), self.commitment.encode())


def unpacked(sealed: Personal) -> Opening:
    """Return an opening as it was packed; `ValueError` for what never was."""
    packed = sealed.reveal()
    salt = bytes.fromhex(packed[:_HEX])
    if len(salt) != SALT:
        raise ValueError("an opening begins with its salt")
    return Opening(salt=salt, text=Personal(packed[_HEX:]))


def read_reason(given: Personal) -> Personal:
    """Return the reason that somebody gives for looking, in one line; `Invalid` for one that is no reason yet."""
    line = " ".join(given.reveal().split())
    if not SHORTEST_REASON <= len(line) <= LONGEST_REASON:
        raise Invalid("no_reason", "say why in 10 to 500 letters: the person concerned is shown what you write")
    return Personal(line)
