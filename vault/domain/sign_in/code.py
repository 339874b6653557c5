"""Codes and links: their digits, their ages, their tries. What was sent lets somebody in once, or never."""

from __future__ import annotations

from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final, Literal
from unicodedata import category, digit

import msgspec

Way = Literal["code", "link"]
Purpose = Literal["code", "link", "again", "exchange", "point", "denied"]
"""What was sent: a code or link to sign in, a code to show again who it is, one to read to somebody on the line, one to
show whose an address is. A link that somebody denied stays for a while, and holds up the next."""

DIGITS: Final = 6
MOST_TRIES: Final = 5
LASTS: Final[dict[Purpose, timedelta]] = {
    "code": timedelta(minutes=10),
    "link": timedelta(minutes=15),
    "again": timedelta(minutes=10),
    "exchange": timedelta(minutes=10),
    "point": timedelta(minutes=10),
    "denied": timedelta(hours=1),
}
_LONGEST: Final = 40


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """It was not let in: `left` tries remain; with none, or one `too_old`, a new one is needed, from `after` on."""

    left: int = 0
    too_old: bool = False
    after: datetime | None = None


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A code or link as it is kept: nothing of what was sent but a digest under a key."""

    purpose: Purpose
    digest: bytes
    tries: int
    asked_at: datetime
    ends_at: datetime
    device: str

    def refusal(self, now: datetime) -> Wrong | None:
        """Return why it cannot be tried at all any more; none while it can."""
        if self.tries >= MOST_TRIES:
            return Wrong(after=self.ends_at)
        if now >= self.ends_at:
            return Wrong(too_old=True)
        return None

    def missed(self) -> Wrong:
        """Return what whoever tried in vain is told."""
        left = MOST_TRIES - self.tries - 1
        return Wrong(left=left, after=None if left else self.ends_at)

    def is_opened_by(self, digest: bytes) -> bool:
        """Whether this is the digest of what was sent; in constant time."""
        return compare_digest(self.digest, digest)


def digits(chance: bytes) -> str:
    """Return a code from 16 bytes of chance: so many that each code is as likely as any other."""
    return f"{int.from_bytes(chance, 'big') % 10**DIGITS:0{DIGITS}}"


def typed(text: str) -> str:
    """Return a code as people type it: spaces and dashes away, digits of any script; anything else stays wrong."""
    kept = [letter for letter in text[:_LONGEST] if category(letter) not in {"Zs", "Cc", "Cf", "Pd"}]
    return "".join(str(digit(letter, letter)) for letter in kept)


def shown(code: str) -> str:
    """Return a code as it is easiest to read: two groups of three."""
    return f"{code[:3]} {code[3:]}"
