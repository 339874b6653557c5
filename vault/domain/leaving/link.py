"""Withdrawal links: whom a message went to, what for, how and when. What is sealed, and in which bytes.

A link is of a person, or of a contact point: then it speaks for everybody who has that point, as a no about it does.
Good for 24 months from its message on.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal
from uuid import UUID

import msgspec

from vault.base.duration import Duration
from vault.base.ids import SUBJECT, Subject, data, show
from vault.domain.organization import EVERY

About = Literal["person", "point"]

LASTS: Final = Duration(months=24)
_ABOUTS: Final[tuple[About, ...]] = ("person", "point")
_MARKS: Final = {about: bytes((place,)) for place, about in enumerate(_ABOUTS)}
_ID: Final = 16
_TIME: Final = 4
_TEXT: Final = 1 + _ID + _TIME


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """What a link says. `sent_at` is when its message was allowed, to the second.

    Of a person, `subject` is theirs. Of a contact point, it is made of the point's tag, `purpose` is `*` and `channel`
    the kind of contact point.
    """

    about: About
    subject: Subject
    purpose: str
    channel: str
    sent_at: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether its message is too old."""
        return now >= LASTS.after(self.sent_at)


def of_point(tag: Subject, *, kind: str, sent_at: datetime) -> Link:
    """Return the link that stops what is sent to a contact point."""
    return Link(about="point", subject=tag, purpose=EVERY, channel=kind, sent_at=sent_at)


def packed(links: Collection[Link]) -> list[bytes]:
    """Return the bytes to seal of each: whose it is, 16 bytes of id, 4 of seconds since 1970, purpose, 00, channel."""
    return [
        _MARKS[link.about] + own + _rest(link.sent_at, (link.purpose, link.channel))
        for link, own in zip(links, data([link.subject for link in links]), strict=True)
    ]


@lru_cache(maxsize=1024)  # all links of a batch are of one instant
def _rest(instant: datetime, way: tuple[str, str]) -> bytes:
    return int(instant.timestamp()).to_bytes(_TIME, "big") + "\0".join(way).encode()


def unpacked(data: bytes) -> Link:
    """Return what was packed. For bytes that were sealed here."""
    purpose, _, channel = data[_TEXT:].decode().partition("\0")
    return Link(
        about=_ABOUTS[data[0]],
        subject=show(SUBJECT, UUID(bytes=data[1 : 1 + _ID])),
        purpose=purpose,
        channel=channel,
        sent_at=datetime.fromtimestamp(int.from_bytes(data[1 + _ID : _TEXT], "big"), UTC),
    )
