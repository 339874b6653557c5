"""Links that confirm a yes: whom a message asked, at which contact point, for what, in which words. In which bytes.

A link is of one asking and ends with it. All it can do is answer what it asks.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from vault.base.duration import Duration
from vault.base.ids import CONTACT_POINT, SUBJECT, ContactPointId, Subject, raw, show

USE: Final = b"confirm"
"""The frozen label of these links."""
LASTS: Final = Duration(minutes=7 * 24 * 60)
"""How long there is to answer where the file does not say how long what is unconfirmed is kept."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_ID, _ASKED, _ENDS, _VERSION, _WORDS = 16, 8, 4, 4, 32
_LATEST: Final = datetime.fromtimestamp(2 ** (8 * _ENDS) - 1, UTC)


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """What a link says. `asked_at` is when its message was asked for, `ends_at` when it ends, to the second.

    `words` is the hash, in hex, of the words of the notice's version that stood in the message.
    """

    subject: Subject
    point: ContactPointId
    purpose: str
    channel: str
    notice: int
    words: str
    asked_at: datetime
    ends_at: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether there was time enough."""
        return now >= self.ends_at


def ending(asked_at: datetime, *, keep: Duration | None) -> datetime:
    """Return until when what was asked can be answered."""
    return min((keep or LASTS).after(asked_at), _LATEST).replace(microsecond=0)


def packed(said: Confirmation) -> bytes:
    """Return the bytes to seal."""
    return b"".join((
        raw(said.subject).bytes,
        raw(said.point).bytes,
        ((said.asked_at - _EPOCH) // _MICROSECOND).to_bytes(_ASKED, "big"),
        int(said.ends_at.timestamp()).to_bytes(_ENDS, "big"),
        said.notice.to_bytes(_VERSION, "big"),
        bytes.fromhex(said.words),
        f"{said.purpose}\0{said.channel}".encode(),
    ))  # fmt: skip


def unpacked(data: bytes) -> Confirmation:
    """Return what was packed. For bytes that were sealed here."""
    parts: list[bytes] = []
    for size in (_ID, _ID, _ASKED, _ENDS, _VERSION, _WORDS):
        parts.append(data[:size])
        data = data[size:]
    subject, point, asked, ends, version, words = parts
    purpose, _, channel = data.decode().partition("\0")
    return Confirmation(
        subject=show(SUBJECT, UUID(bytes=subject)),
        point=show(CONTACT_POINT, UUID(bytes=point)),
        purpose=purpose,
        channel=channel,
        notice=int.from_bytes(version, "big"),
        words=words.hex(),
        asked_at=_EPOCH + int.from_bytes(asked, "big") * _MICROSECOND,
        ends_at=datetime.fromtimestamp(int.from_bytes(ends, "big"), UTC),
    )
